import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunSummary } from '#shared/contract/runs.ts';
import { hrefOf } from '../../app/routing.ts';

interface Props {
  readonly run: RunSummary;
  readonly isShown: boolean;
  onKeyDown?(event: KeyboardEvent): void;
}

/** Where the focus is found again after a run was moved. */
export const runLinkId = (runId: number): string => `queueRun${runId}`;

/** The name of a run; its files are shown beside the list. */
export function RunName({ run, isShown, onKeyDown }: Props) {
  const { t } = useTranslation();
  return (
    <a
      id={runLinkId(run.id)}
      className="queueName"
      href={hrefOf({ screen: 'queue', runId: run.id })}
      aria-current={isShown ? 'true' : undefined}
      title={t('queue.show', { name: run.name })}
      draggable={false}
      onKeyDown={onKeyDown}
    >
      {run.name}
    </a>
  );
}
