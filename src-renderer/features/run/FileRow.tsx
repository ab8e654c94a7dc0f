import { memo } from 'react';
import type { ItemRow } from '#shared/contract/items.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { useFormat } from '../../app/language.ts';
import { Wer } from '../../ui/Wer.tsx';
import { RowStateText } from './RowStateText.tsx';
import type { RowState } from './rowView.ts';

interface Props {
  readonly id: string;
  readonly index: number;
  readonly top: number;
  readonly row: ItemRow | null;
  readonly state: RowState | null;
  readonly modes: readonly Mode[];
  readonly isSelected: boolean;
  onSelect(index: number, id: number): void;
}

/** One file of the run. `state` is a fresh object every second for the waiting time of retries: compared by what it says. */
export const FileRow = memo(
  function FileRow({ id, index, top, row, state, modes, isSelected, onSelect }: Props) {
    const format = useFormat();
    return (
      // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid handles the keys for its active row
      <div
        id={id}
        className={isSelected ? 'gridRow selected' : 'gridRow'}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={isSelected}
        style={{ transform: `translateY(${top}px)` }}
        onClick={() => row !== null && onSelect(index, row.id)}
        onContextMenu={() => row !== null && onSelect(index, row.id)}
      >
        <span role="gridcell" className="fileCell" title={row?.fileId}>
          {row === null ? '…' : <bdi>{row.fileId}</bdi>}
        </span>
        <span role="gridcell" className="right dim">
          {row?.audioSec == null ? '–' : format.duration(row.audioSec)}
        </span>
        {modes.map((mode) => (
          <span key={mode} role="gridcell" className="right">
            <Wer ratio={row?.tasks.find((task) => task.mode === mode)?.werRatio ?? null} />
          </span>
        ))}
        <span role="gridcell" className="stateCell">
          {state !== null && <RowStateText state={state} />}
        </span>
      </div>
    );
  },
  (before, after) =>
    before.row === after.row &&
    before.index === after.index &&
    before.top === after.top &&
    before.isSelected === after.isSelected &&
    before.modes === after.modes &&
    before.onSelect === after.onSelect &&
    JSON.stringify(before.state) === JSON.stringify(after.state),
);
