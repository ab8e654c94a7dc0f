import { Fragment, memo, useCallback, useEffect, useState, type KeyboardEvent, type RefObject } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useTranslation } from 'react-i18next';
import type { ComparisonRow } from '#shared/contract/compare.ts';
import { useFormat } from '../../app/language.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { rowOfKey } from '../../ui/gridKeys.ts';
import { Wer } from '../../ui/Wer.tsx';
import { fileName } from '../run/inspectorView.ts';
import { resorted, sortDirection, type Sorting } from './filesView.ts';
import { rowAt } from './offsetPages.ts';
import type { ShownSystem } from './systemNames.ts';
import { useComparedFiles, type ComparisonQuestion, type FilesView } from './useComparison.ts';

const ROW_PX = 32;
/** Of a grid that is not laid out yet. */
const USUAL_PX = 320;
/** Least widths, px: three systems fit beside the pane in a window of 1,024 px. */
const FILE_PX = 160;
const CELL_PX = 76;
const DIFFERENCE_PX = 96;
const rowElementId = (index: number): string => `comparedRow${index}`;

interface Props {
  readonly gridRef: RefObject<HTMLDivElement | null>;
  readonly question: ComparisonQuestion;
  readonly view: FilesView;
  readonly version: string;
  readonly systems: readonly ShownSystem[];
  readonly sorting: Sorting;
  onSort(sorting: Sorting): void;
  onSelect(key: number | null): void;
  /** Enter on a row. */
  onOpen(): void;
  onClear(): void;
}

/** The compared files: one grid of which only what is visible exists, filled by pages. */
export function FilesGrid({ gridRef, question, view, version, systems, sorting, onSort, onSelect, onOpen, onClear }: Props) {
  const { t } = useTranslation();
  const [active, setActive] = useState(0);
  const [range, setRange] = useState({ first: 0, last: 0 });
  const { pages, isCurrent, error } = useComparedFiles(question, view, version, range.first, range.last);
  const total = pages.total ?? 0;
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => gridRef.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const visible = virtual.getVirtualItems();
  const first = visible[0]?.index ?? 0;
  const last = visible.at(-1)?.index ?? 0;
  useEffect(() => setRange({ first, last }), [first, last]);
  useEffect(() => {
    setActive(0);
    gridRef.current?.scrollTo({ top: 0 });
  }, [view, gridRef]);
  const activeKey = rowAt(pages, active)?.key ?? null;
  useEffect(() => {
    // A row that is still on its way leaves the last one in the pane; an empty list has none.
    if (activeKey !== null || total === 0) onSelect(activeKey);
  }, [activeKey, total, onSelect]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      onOpen();
      return;
    }
    const visiblePx = gridRef.current?.clientHeight ?? USUAL_PX;
    const row = rowOfKey(event.key, { active, total, visiblePx, rowPx: ROW_PX });
    if (row === null) return;
    event.preventDefault();
    setActive(row);
    virtual.scrollToIndex(row);
  };
  const select = useCallback((index: number) => setActive(index), []);

  if (error !== null) {
    return (
      <div className="compareTableError">
        <ErrorNote error={error} />
      </div>
    );
  }
  // Shares of the width and not of the contents: every row is a grid of its own, and all must have the same columns.
  const columns = {
    gridTemplateColumns: `minmax(${FILE_PX}px, 1fr) repeat(${systems.length}, minmax(${CELL_PX}px, 0.16fr)) ${DIFFERENCE_PX}px`,
    minWidth: FILE_PX + systems.length * CELL_PX + DIFFERENCE_PX,
  };
  const head = (text: string, sort: Sorting['sort'], sortSystem = 0) => {
    const direction = sortDirection(sorting, sort, sortSystem);
    return (
      <span role="columnheader" className={sort === 'path' ? '' : 'right'} aria-sort={direction}>
        <button type="button" className="compareSort" title={text} onClick={() => onSort(resorted(sorting, sort, sortSystem))}>
          {text}
          <span aria-hidden="true">{direction === undefined ? '' : direction === 'ascending' ? ' ↑' : ' ↓'}</span>
        </button>
      </span>
    );
  };
  return (
    <div
      ref={gridRef}
      className="compareGrid"
      role="grid"
      aria-label={t('comparison.table')}
      aria-rowcount={total + 1}
      aria-colcount={systems.length + 2}
      aria-busy={!isCurrent}
      aria-activedescendant={total > 0 && visible.some(({ index }) => index === active) ? rowElementId(active) : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className="compareRow compareGridHead" role="row" aria-rowindex={1} style={columns}>
        {head(t('comparison.file'), 'path')}
        {systems.map((system, place) => (
          <Fragment key={`${system.runId} ${system.mode}`}>{head(system.name, 'wer', place)}</Fragment>
        ))}
        {head(t('comparison.difference'), 'difference')}
      </div>
      {pages.total === 0 ? (
        <div className="empty" role="row">
          <div role="gridcell">
            <h2>{t('comparison.empty')}</h2>
            <p>{t('comparison.emptyText')}</p>
            <button type="button" className="button" onClick={onClear}>
              {t('comparison.clear')}
            </button>
          </div>
        </div>
      ) : (
        <div className="compareGridBody" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {visible.map(({ index, start }) => (
            <Row
              key={index}
              index={index}
              top={start}
              row={rowAt(pages, index)}
              template={columns.gridTemplateColumns}
              minWidth={columns.minWidth}
              systemCount={systems.length}
              isSelected={index === active}
              onSelect={select}
            />
          ))}
        </div>
      )}
    </div>
  );
}

/** Where there is no room the folders give way: the name tells the files apart. */
function FileId({ fileId }: { readonly fileId: string }) {
  const name = fileName(fileId);
  return (
    <>
      <bdi className="compareFolder">{fileId.slice(0, fileId.length - name.length)}</bdi>
      <bdi className="compareEllipsis">{name}</bdi>
    </>
  );
}

interface RowProps {
  readonly index: number;
  readonly top: number;
  readonly row: ComparisonRow | null;
  readonly template: string;
  readonly minWidth: number;
  readonly systemCount: number;
  readonly isSelected: boolean;
  onSelect(index: number): void;
}

const Row = memo(function Row({ index, top, row, template, minWidth, systemCount, isSelected, onSelect }: RowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid handles the keys for its active row
    <div
      id={rowElementId(index)}
      className={isSelected ? 'compareRow selected' : 'compareRow'}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      style={{ transform: `translateY(${top}px)`, gridTemplateColumns: template, minWidth }}
      onClick={() => onSelect(index)}
    >
      <span role="gridcell" className="compareFile" title={row?.fileId}>
        {row === null ? '…' : <FileId fileId={row.fileId} />}
      </span>
      {Array.from({ length: systemCount }, (_, place) => {
        const system = row?.systems[place];
        return (
          <span key={place} role="gridcell" className="right">
            {system?.status === 'failed' && (
              <span className="compareFailed" title={t('comparison.rowFailed')}>
                <span aria-hidden="true">✕ </span>
                <span className="srOnly">{t('comparison.rowFailed')} </span>
              </span>
            )}
            <Wer ratio={system?.werRatio ?? null} />
          </span>
        );
      })}
      <span role="gridcell" className="right num">
        {row?.difference == null ? '–' : format.points(row.difference, 1)}
      </span>
    </div>
  );
});
