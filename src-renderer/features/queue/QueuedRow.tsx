import { memo, type MouseEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { QueuedTask } from '#shared/contract/queue.ts';
import { useFormat } from '../../app/language.ts';
import { PriorityChip } from './PriorityChip.tsx';

interface Props {
  readonly id: string;
  readonly index: number;
  readonly top: number;
  /** null before it is loaded. */
  readonly task: QueuedTask | null;
  /** Time until the next attempt may start; null: now. */
  readonly retryIn: string | null;
  readonly isSelected: boolean;
  readonly isActive: boolean;
  onSelect(index: number, event: MouseEvent): void;
}

/** One queued file. */
export const QueuedRow = memo(
  function QueuedRow({ id, index, top, task, retryIn, isSelected, isActive, onSelect }: Props) {
    const { t } = useTranslation();
    const format = useFormat();
    const classes = ['gridRow'];
    if (isSelected) classes.push('selected');
    if (isActive) classes.push('active');
    if (task?.isHeld === true) classes.push('held');
    if (task?.isStopAfter === true) classes.push('stopAfter');
    const texts: string[] = [];
    if (task?.isHeld === true) texts.push(t('queue.files.held'));
    if (retryIn !== null) texts.push(t('queue.files.retryIn', { wait: retryIn }));
    if (task?.isStopAfter === true) texts.push(t('queue.files.stop'));
    if (task !== null && texts.length === 0) texts.push(t('queue.files.waits'));
    return (
      // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid handles the keys for its active row
      <div
        id={id}
        className={classes.join(' ')}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={isSelected}
        style={{ transform: `translateY(${top}px)` }}
        onClick={(event) => onSelect(index, event)}
        onContextMenu={(event) => onSelect(index, event)}
      >
        <span role="gridcell" className="right faint">
          {format.number(index + 1)}
        </span>
        <span role="gridcell" className="fileCell" title={task?.fileId}>
          {task === null ? '…' : <bdi>{task.fileId}</bdi>}
        </span>
        <span role="gridcell" className="right dim">
          {task?.audioSec == null ? '–' : format.duration(task.audioSec)}
        </span>
        <span role="gridcell">{task !== null && <PriorityChip priority={task.priority} />}</span>
        <span role="gridcell" className="dim">
          {task?.language ?? '–'}
        </span>
        <span role="gridcell" className="stateCell">
          <span className="stateText" title={texts.join(' · ')}>
            {texts.join(' · ')}
          </span>
        </span>
      </div>
    );
  },
  (before, after) =>
    before.task === after.task &&
    before.index === after.index &&
    before.top === after.top &&
    before.isSelected === after.isSelected &&
    before.isActive === after.isActive &&
    before.retryIn === after.retryIn,
);
