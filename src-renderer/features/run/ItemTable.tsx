import { memo, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useTranslation } from 'react-i18next';
import { ITEM_FILTERS, SEARCH_MAX_CHARS } from '#shared/contract/items.ts';
import { useNow } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { useSearchShortcut } from '../../app/shortcuts.ts';
import { rowAt } from '../../state/itemPages.ts';
import { selectItemPages, selectSelectedItemId, type ItemFilter } from '../../state/slices/items.ts';
import { usePanel } from '../../state/store.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { rowOfKey } from '../../ui/gridKeys.ts';
import { MenuArea } from '../../ui/Menu.tsx';
import { useItemMenu } from '../queue/useItemMenu.tsx';
import { FileRow } from './FileRow.tsx';
import type { ListedRun } from './listedRun.ts';
import { queuedItem, rowState } from './rowView.ts';
import { useItemPages } from './useItems.ts';

/** Height of a row, px; a browser ends an element at 33.5 million px, so a million rows fit. */
const ROW_PX = 32;
/** Of a grid that is not laid out yet. */
const USUAL_PX = 320;
const rowElementId = (index: number): string => `fileRow${index}`;

/** All files of a run: one grid of which only what is visible exists. */
export const ItemTable = memo(function ItemTable({ run }: { readonly run: ListedRun }) {
  const { t } = useTranslation();
  const [filter, setFilter] = useState<ItemFilter>('all');
  const [search, setSearch] = useState('');
  const deferredSearch = useDeferredValue(search);
  const query = useMemo(() => ({ runId: run.id, filter, search: deferredSearch.trim() }), [run.id, filter, deferredSearch]);
  const counts = usePanel((state) => state.itemCounts);
  const format = useFormat();
  const searchInput = useRef<HTMLInputElement>(null);
  useSearchShortcut(searchInput);
  const clear = useCallback(() => {
    setFilter('all');
    setSearch('');
  }, []);
  return (
    <div className="tableSide">
      <div className="tools">
        <input
          ref={searchInput}
          type="search"
          className="input"
          placeholder={t('table.search')}
          aria-label={t('table.search')}
          value={search}
          maxLength={SEARCH_MAX_CHARS}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <div className="chips" role="group" aria-label={t('table.filters')}>
          {ITEM_FILTERS.map((name) => {
            const count = counts[name];
            if (name !== 'all' && name !== filter && (count === undefined || count === 0)) return null;
            return (
              <button key={name} type="button" className="chip num" aria-pressed={filter === name} onClick={() => setFilter(name)}>
                {t(`table.${name}`)} {count === undefined ? '' : format.number(count)}
              </button>
            );
          })}
        </div>
      </div>
      <Grid run={run} query={query} onClear={clear} />
    </div>
  );
});

interface GridProps {
  readonly run: ListedRun;
  readonly query: { readonly runId: number; readonly filter: ItemFilter; readonly search: string };
  onClear(): void;
}

function Grid({ run, query, onClear }: GridProps) {
  const { t } = useTranslation();
  const pages = usePanel(selectItemPages(query));
  const selectedId = usePanel(selectSelectedItemId(run.id));
  const selectItem = usePanel((state) => state.selectItem);
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  /** A row that was gone to before it was here: it is selected as soon as it is. */
  const [awaited, setAwaited] = useState<number | null>(null);
  const virtual = useVirtualizer({
    count: pages.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const visible = virtual.getVirtualItems();
  const { error } = useItemPages(query, visible[0]?.index ?? 0, visible.at(-1)?.index ?? 0);
  const { modes } = run;
  const now = useNow(1_000);

  useEffect(() => {
    setActive(0);
    setAwaited(null);
    scroller.current?.scrollTo({ top: 0 });
  }, [query]);
  const firstRow = rowAt(pages, 0);
  useEffect(() => {
    if (selectedId === null && firstRow !== null) selectItem(firstRow.id);
  }, [selectedId, firstRow, selectItem]);

  const awaitedRow = awaited === null ? null : rowAt(pages, awaited);
  useEffect(() => {
    if (awaitedRow === null) return;
    selectItem(awaitedRow.id);
    setAwaited(null);
  }, [awaitedRow, selectItem]);

  const menu = useItemMenu(run.id);
  const activeRow = rowAt(pages, active);
  const queued = activeRow === null ? null : queuedItem(activeRow, run.stopAfterItemId);

  const goTo = (index: number): void => {
    setActive(index);
    virtual.scrollToIndex(index);
    const row = rowAt(pages, index);
    setAwaited(row === null ? index : null);
    if (row !== null) selectItem(row.id);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const visiblePx = scroller.current?.clientHeight ?? USUAL_PX;
    const index = rowOfKey(event.key, { active, total: pages.total, visiblePx, rowPx: ROW_PX });
    if (index === null) return;
    event.preventDefault();
    goTo(index);
  };
  const onSelect = useCallback(
    (index: number, id: number) => {
      setActive(index);
      setAwaited(null);
      selectItem(id);
    },
    [selectItem],
  );

  if (error !== null && pages.pages.size === 0) {
    return (
      <div className="tableError">
        <ErrorNote error={error} />
      </div>
    );
  }
  return (
    <>
      <MenuArea entries={queued === null ? [] : menu.entriesOf([queued])} emptyText={t('queue.files.noActions')}>
        <div
          ref={scroller}
          className="grid"
          role="grid"
          aria-label={t('table.label')}
          aria-rowcount={pages.total + 1}
          aria-colcount={modes.length + 3}
          aria-activedescendant={pages.total > 0 && visible.some(({ index }) => index === active) ? rowElementId(active) : undefined}
          tabIndex={0}
          data-modes={modes.length}
          onKeyDown={onKeyDown}
        >
          <div className="gridRow gridHead" role="row" aria-rowindex={1}>
            <span role="columnheader">{t('table.file')}</span>
            <span role="columnheader" className="right">
              {t('table.length')}
            </span>
            {modes.map((mode) => (
              <span key={mode} role="columnheader" className="right">
                {t(`mode.${mode}`)}
              </span>
            ))}
            <span role="columnheader">{t('table.state')}</span>
          </div>
          {pages.total === 0 && pages.pages.size > 0 && (query.filter !== 'all' || query.search !== '') ? (
            <div className="empty" role="row">
              <div role="gridcell">
                <h2>{t('table.emptyFilter')}</h2>
                <p>{t('table.emptyFilterText')}</p>
                <button type="button" className="button" onClick={onClear}>
                  {t('table.clear')}
                </button>
              </div>
            </div>
          ) : (
            <div className="gridBody" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
              {visible.map(({ index, start }) => {
                const row = rowAt(pages, index);
                return (
                  <FileRow
                    key={index}
                    id={rowElementId(index)}
                    index={index}
                    top={start}
                    row={row}
                    state={row === null ? null : rowState(row, now)}
                    modes={modes}
                    isSelected={row !== null && row.id === selectedId}
                    onSelect={onSelect}
                  />
                );
              })}
            </div>
          )}
        </div>
      </MenuArea>
      {menu.dialog}
    </>
  );
}
