import { memo, useRef, useState, type KeyboardEvent } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useTranslation } from 'react-i18next';
import type { Mode } from '#shared/domain/mode.ts';
import { useNow } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { rowOfKey } from '../../ui/gridKeys.ts';
import { MenuArea } from '../../ui/Menu.tsx';
import { QueuedRow } from './QueuedRow.tsx';
import { QueuedTools } from './QueuedTools.tsx';
import { stepTarget } from './selection.ts';
import { useItemMenu } from './useItemMenu.tsx';
import { useQueuedTasks } from './useQueuedTasks.ts';
import { useSelection } from './useSelection.ts';
import '../run/run.css';

const ROW_PX = 32;
/** Of a grid that is not laid out yet. */
const USUAL_PX = 320;
const rowElementId = (index: number): string => `queuedRow${index}`;

/** Queued files of a mode in the order of their start: one grid of which only what is visible exists, with the actions for chosen rows. */
export const QueuedGrid = memo(function QueuedGrid({ runId, mode }: { readonly runId: number; readonly mode: Mode }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(1_000);
  const scroller = useRef<HTMLDivElement>(null);
  const [lastWanted, setLastWanted] = useState(0);
  const list = useQueuedTasks(runId, mode, lastWanted);
  const virtual = useVirtualizer({
    count: list.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    onChange: ({ range }) => setLastWanted((range?.endIndex ?? 0) + 12),
  });
  const menu = useItemMenu(runId);
  const { order, selection, activeIndex, chosen, ...choose } = useSelection(list, (index) => virtual.scrollToIndex(index));

  const onKeyDown = (event: KeyboardEvent): void => {
    const ids = [...selection.ids];
    if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      event.preventDefault();
      const target = stepTarget(order, selection.ids, event.key === 'ArrowUp' ? 'up' : 'down');
      if (target === null) return;
      choose.follow();
      menu.actions.place(ids, target === 'last' ? 'last' : { beforeId: target });
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.code === 'KeyA') {
      event.preventDefault();
      choose.all();
      return;
    }
    if (event.key === 'Delete' && ids.length > 0) {
      event.preventDefault();
      menu.actions.remove(ids);
      return;
    }
    if (event.key === ' ' && activeIndex !== null) {
      event.preventDefault();
      choose.at(activeIndex, 'toggle');
      return;
    }
    const visiblePx = scroller.current?.clientHeight ?? USUAL_PX;
    const index = rowOfKey(event.key, { active: activeIndex ?? -1, total: list.total, visiblePx, rowPx: ROW_PX });
    if (index === null || event.altKey) return;
    event.preventDefault();
    setLastWanted((wanted) => Math.max(wanted, index));
    virtual.scrollToIndex(index);
    choose.at(index, event.shiftKey ? 'range' : event.ctrlKey || event.metaKey ? 'active' : 'only');
  };
  const visible = virtual.getVirtualItems();
  const isActiveShown = activeIndex !== null && visible.some(({ index }) => index === activeIndex);
  if (list.error !== null && list.tasks.length === 0) return <ErrorNote error={list.error} />;
  return (
    <>
      <QueuedTools list={list} chosen={chosen} menu={menu} onMove={choose.follow} />
      <MenuArea entries={menu.entriesOf(chosen)} emptyText={t('queue.files.none')}>
        <div
          ref={scroller}
          className="grid queuedGrid"
          role="grid"
          aria-label={t('queue.files.grid')}
          aria-describedby="queuedHelp"
          aria-multiselectable="true"
          aria-rowcount={list.total + 1}
          aria-colcount={6}
          aria-activedescendant={isActiveShown ? rowElementId(activeIndex) : undefined}
          tabIndex={0}
          onKeyDown={onKeyDown}
        >
          <div className="gridRow gridHead" role="row" aria-rowindex={1}>
            <span role="columnheader" className="right">
              {t('queue.files.place')}
            </span>
            <span role="columnheader">{t('queue.files.file')}</span>
            <span role="columnheader" className="right">
              {t('queue.files.length')}
            </span>
            <span role="columnheader">{t('queue.files.priority')}</span>
            <span role="columnheader">{t('queue.files.language')}</span>
            <span role="columnheader">{t('queue.files.state')}</span>
          </div>
          {list.isLoaded && list.total === 0 ? (
            <div className="empty" role="row">
              <div role="gridcell">{t('queue.files.none')}</div>
            </div>
          ) : (
            <div className="gridBody" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
              {visible.map(({ index, start }) => {
                const task = list.tasks[index] ?? null;
                const waitSec = task?.notBeforeMs == null ? 0 : Math.ceil((task.notBeforeMs - now) / 1000);
                return (
                  <QueuedRow
                    key={index}
                    id={rowElementId(index)}
                    index={index}
                    top={start}
                    task={task}
                    retryIn={waitSec > 0 ? format.countdown(waitSec) : null}
                    isSelected={task !== null && selection.ids.has(task.itemId)}
                    isActive={index === activeIndex}
                    onSelect={choose.byMouse}
                  />
                );
              })}
            </div>
          )}
        </div>
      </MenuArea>
      <p className="faint queueHint" id="queuedHelp">
        {t('queue.files.help')}
      </p>
      {menu.dialog}
    </>
  );
});
