import { useState } from 'react';
import { Tabs } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import type { RunSummary } from '#shared/contract/runs.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import { useFormat } from '../../app/language.ts';
import { QueuedGrid } from './QueuedGrid.tsx';
import { useKnownRuns } from './useKnownRuns.ts';
import '../compare/compare.css';

/** The queued files of a run, a tab for each mode. */
export function QueuedFiles({ runId }: { readonly runId: number }) {
  const { t } = useTranslation();
  const [run] = useKnownRuns([runId]);
  if (run === undefined) return <p className="queueFiles card dim">{t('queue.files.choose')}</p>;
  return <ModeTabs run={run} modes={MODES.filter((mode) => run.modes.some((entry) => entry.mode === mode))} />;
}

function ModeTabs({ run, modes }: { readonly run: RunSummary; readonly modes: readonly Mode[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const firstOpen = modes.find((mode) => run.modes.some((entry) => entry.mode === mode && entry.queued > 0));
  const [chosen, setChosen] = useState<Mode | null>(firstOpen ?? modes[0] ?? null);
  if (chosen === null) return <p className="queueFiles card dim">{t('queue.files.none')}</p>;
  return (
    <Tabs.Root
      className="card queueFiles"
      value={chosen}
      onValueChange={(value) => setChosen(modes.find((mode) => mode === value) ?? chosen)}
    >
      <div className="queueFilesHead">
        <h2 className="queueName">{t('queue.files.title', { name: run.name })}</h2>
        <Tabs.List className="compareTabs" aria-label={t('queue.files.modes')}>
          {modes.map((mode) => (
            <Tabs.Trigger key={mode} value={mode} className="compareTab num">
              {t(`mode.${mode}`)} {format.number(run.modes.find((entry) => entry.mode === mode)?.queued ?? 0)}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
      </div>
      {modes.map((mode) => (
        <Tabs.Content key={mode} value={mode} className="queueFilesBody" tabIndex={-1}>
          <QueuedGrid runId={run.id} mode={mode} />
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}
