import { useCallback, useEffect, useMemo, useRef, useState, type MouseEvent } from 'react';
import type { QueuedTask } from '#shared/contract/queue.ts';
import type { QueuedList } from './queueLoader.ts';
import { NOTHING_SELECTED, select, selectAll, selectKind, stillThere, type Selection, type SelectKind } from './selection.ts';

interface Selecting {
  readonly order: readonly number[];
  readonly selection: Selection;
  /** Row the keys go on from; null: none yet. */
  readonly activeIndex: number | null;
  readonly chosen: readonly QueuedTask[];
  /** `active` moves there without choosing. A row that is not loaded yet is chosen when it is. */
  at(index: number, kind: SelectKind | 'active'): void;
  /** A click; a click for the menu keeps what is chosen when it is on one of it. */
  byMouse(index: number, event: MouseEvent): void;
  all(): void;
  /** After the next change of the list, the active row is brought into view. */
  follow(): void;
}

/** What is chosen in a list that changes under the reader: what has left is no longer chosen, and the row that took its place becomes the active one. */
export function useSelection(list: QueuedList, scrollTo: (index: number) => void): Selecting {
  const [selection, setSelection] = useState(NOTHING_SELECTED);
  const [awaited, setAwaited] = useState<{ readonly index: number; readonly kind: SelectKind | 'active' } | null>(null);
  const isFollowing = useRef(false);
  const lastIndex = useRef(0);
  const order = useMemo(() => list.tasks.map(({ itemId }) => itemId), [list.tasks]);
  const indexOf = useMemo(() => new Map(order.map((id, index) => [id, index])), [order]);
  const activeIndex = selection.activeId === null ? null : (indexOf.get(selection.activeId) ?? null);

  const apply = (id: number, kind: SelectKind | 'active'): void =>
    setSelection((before) => (kind === 'active' ? { ...before, activeId: id } : select(before, order, id, kind)));
  const at = (index: number, kind: SelectKind | 'active'): void => {
    const id = order[index];
    setAwaited(id === undefined ? { index, kind } : null);
    if (id !== undefined) apply(id, kind);
  };
  const now = { apply, at, scrollTo, activeIndex, order, ids: selection.ids };
  const latest = useRef(now);
  useEffect(() => {
    latest.current = now;
    if (activeIndex !== null) lastIndex.current = activeIndex;
  });

  useEffect(() => {
    setSelection((before) => {
      const kept = stillThere(before, order);
      if (kept.activeId !== null || before.activeId === null) return kept;
      return { ...kept, activeId: order[Math.min(lastIndex.current, order.length - 1)] ?? null };
    });
    const { activeIndex: shown } = latest.current;
    if (isFollowing.current && shown !== null) latest.current.scrollTo(shown);
    isFollowing.current = false;
  }, [order]);

  const byMouse = useCallback((index: number, event: MouseEvent) => {
    const { order: ids, ids: chosenIds } = latest.current;
    const isMenu = event.type === 'contextmenu';
    latest.current.at(index, isMenu ? (chosenIds.has(ids[index] ?? -1) ? 'active' : 'only') : selectKind(event));
  }, []);

  const awaitedId = awaited === null ? undefined : order[awaited.index];
  useEffect(() => {
    if (awaited === null || awaitedId === undefined) return;
    latest.current.apply(awaitedId, awaited.kind);
    setAwaited(null);
  }, [awaited, awaitedId]);

  const chosen = useMemo(
    () => [...selection.ids].flatMap((id) => list.tasks[indexOf.get(id) ?? -1] ?? []),
    [selection.ids, list.tasks, indexOf],
  );
  return {
    order,
    selection,
    activeIndex,
    chosen,
    at,
    byMouse,
    all: () => setSelection((before) => selectAll(before, order)),
    follow: () => {
      isFollowing.current = true;
    },
  };
}
