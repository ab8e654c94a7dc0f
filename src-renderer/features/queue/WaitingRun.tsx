import type { KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { QueuePlace } from '#shared/contract/queue.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { useFormat } from '../../app/language.ts';
import { navigate } from '../../app/routing.ts';
import { MenuButton, type MenuEntry } from '../../ui/Menu.tsx';
import { PriorityChip } from './PriorityChip.tsx';
import { RunName } from './RunName.tsx';
import { usePauseText } from './usePauseText.ts';
import type { QueueActions } from './useQueueActions.ts';
import type { RunDrag } from './useRunDrag.ts';

interface Props {
  readonly run: RunSummary;
  readonly isShown: boolean;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly isStopAfter: boolean;
  readonly drag: RunDrag;
  readonly actions: QueueActions;
  onPlace(where: QueuePlace): void;
  onStep(direction: 'up' | 'down'): void;
  onKeyDown(event: KeyboardEvent): void;
  onEdit(): void;
  onCancel(): void;
}

/** One waiting run with its menu. */
export function WaitingRun({ run, isShown, isFirst, isLast, isStopAfter, drag, actions, ...on }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const pauseText = usePauseText();
  const toDo = t('queue.tasksToDo', { count: run.totals.queued, number: format.number(run.totals.queued) });
  const entries: MenuEntry[] = [
    { key: 'top', text: t('queue.toTop'), onSelect: () => on.onPlace('top') },
    { key: 'next', text: t('queue.next'), onSelect: () => on.onPlace('next') },
    { key: 'up', text: t('queue.up'), shortcut: 'Alt+↑', isDisabled: isFirst, onSelect: () => on.onStep('up') },
    { key: 'down', text: t('queue.down'), shortcut: 'Alt+↓', isDisabled: isLast, onSelect: () => on.onStep('down') },
    { key: 'last', text: t('queue.last'), onSelect: () => on.onPlace('last') },
    null,
    { key: 'priority', text: t('queue.priority'), onSelect: on.onEdit },
    {
      key: 'stop',
      text: t(isStopAfter ? 'queue.noStopAfter' : 'queue.stopAfter'),
      onSelect: () => actions.stopAfter(isStopAfter ? null : run.id),
    },
    { key: 'open', text: t('queue.open'), onSelect: () => navigate({ screen: 'run', runId: run.id }) },
    null,
    { key: 'aside', text: t('queue.setAside'), onSelect: () => actions.pauseRun(run.id) },
    { key: 'cancel', text: t('queue.cancelRun'), isDanger: true, onSelect: on.onCancel },
  ];
  const classes = ['queueRow'];
  if (drag.draggedId === run.id) classes.push('dragged');
  if (drag.beforeId === run.id) classes.push('dropBefore');
  if (isLast && drag.beforeId === 'end') classes.push('dropAfter');
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- what the mouse drags, keys and the menu move, too
    <li
      className={classes.join(' ')}
      data-shown={isShown}
      draggable
      onDragStart={(event) => drag.onStart(event, run.id)}
      onDragOver={(event) => drag.onOver(event, run.id)}
      onDrop={drag.onDrop}
      onDragEnd={drag.onEnd}
    >
      <span className="queueGrip" aria-hidden="true" title={t('queue.drag', { name: run.name })}>
        ⠿
      </span>
      <RunName run={run} isShown={isShown} onKeyDown={on.onKeyDown} />
      <PriorityChip priority={run.options.priority} />
      <span className="dim num queueToDo">{[toDo, ...pauseText(run)].join(' · ')}</span>
      <MenuButton entries={entries} label={t('queue.more', { name: run.name })} className="button quiet icon">
        <span aria-hidden="true">⋯</span>
      </MenuButton>
    </li>
  );
}
