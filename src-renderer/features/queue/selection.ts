/** Most items that one change may concern. */
export const MAX_SELECTED = 10_000;

/** Which rows of a list are chosen: by id, so that they stay chosen when they move. */
export interface Selection {
  readonly ids: ReadonlySet<number>;
  /** Where a range begins; null: nowhere. */
  readonly anchorId: number | null;
  /** The row the keys go on from. */
  readonly activeId: number | null;
}

export const NOTHING_SELECTED: Selection = { ids: new Set(), anchorId: null, activeId: null };

/** How a row was chosen: alone, in addition to the others or taken away from them, or with all from the anchor to it. */
export type SelectKind = 'only' | 'toggle' | 'range';

export function selectKind({ shiftKey, ctrlKey, metaKey }: Pick<MouseEvent, 'shiftKey' | 'ctrlKey' | 'metaKey'>): SelectKind {
  return shiftKey ? 'range' : ctrlKey || metaKey ? 'toggle' : 'only';
}

/** @param order ids of the rows as they stand */
export function select(before: Selection, order: readonly number[], id: number, kind: SelectKind): Selection {
  if (kind === 'toggle') {
    const ids = new Set(before.ids);
    if (!ids.delete(id) && ids.size < MAX_SELECTED) ids.add(id);
    return { ids, anchorId: id, activeId: id };
  }
  const from = before.anchorId === null ? -1 : order.indexOf(before.anchorId);
  if (kind === 'only' || from < 0) return { ids: new Set([id]), anchorId: id, activeId: id };
  const to = order.indexOf(id);
  const range = order.slice(Math.min(from, to), Math.max(from, to) + 1);
  // The end at the anchor stays where a range is longer than may be chosen.
  const kept = to < from ? range.slice(-MAX_SELECTED) : range.slice(0, MAX_SELECTED);
  return { ids: new Set(kept), anchorId: before.anchorId, activeId: id };
}

export function selectAll(before: Selection, order: readonly number[]): Selection {
  return { ...before, ids: new Set(order.slice(0, MAX_SELECTED)) };
}

/** Without what has left the list; the same object where nothing did. */
export function stillThere(before: Selection, order: readonly number[]): Selection {
  const known = new Set(order);
  const isGone = (id: number | null): boolean => id !== null && !known.has(id);
  if (!isGone(before.activeId) && !isGone(before.anchorId) && [...before.ids].every((id) => known.has(id))) return before;
  return {
    ids: new Set([...before.ids].filter((id) => known.has(id))),
    anchorId: isGone(before.anchorId) ? null : before.anchorId,
    activeId: isGone(before.activeId) ? null : before.activeId,
  };
}

/**
 * The row before which the chosen ones stand after one step up or down; 'last' behind everything, null where there is no way on.
 * Chosen rows that are apart come together.
 */
export function stepTarget(order: readonly number[], chosen: ReadonlySet<number>, step: 'up' | 'down'): number | 'last' | null {
  const rows = order.flatMap((id, index) => (chosen.has(id) ? [index] : []));
  const first = rows[0];
  const last = rows.at(-1);
  if (first === undefined || last === undefined) return null;
  const others = (index: number, direction: 1 | -1): number | undefined => {
    for (let at = index; at >= 0 && at < order.length; at += direction) {
      const id = order[at];
      if (id !== undefined && !chosen.has(id)) return id;
    }
    return undefined;
  };
  if (step === 'up') return others(first - 1, -1) ?? null;
  const passed = others(last + 1, 1);
  if (passed === undefined) return null;
  return others(order.indexOf(passed) + 1, 1) ?? 'last';
}
