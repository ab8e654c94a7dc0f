/** Where a key takes the active row of a grid, and how it may get there. */
export interface GridPlace {
  readonly active: number;
  readonly total: number;
  /** Height of what is visible and of a row, px. */
  readonly visiblePx: number;
  readonly rowPx: number;
}

/** Row that an arrow, page, Home or End key leads to, within the list; null for other keys and in an empty list. */
export function rowOfKey(key: string, { active, total, visiblePx, rowPx }: GridPlace): number | null {
  const pageRows = Math.max(1, Math.floor(visiblePx / rowPx) - 1);
  const target: Partial<Record<string, number>> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + pageRows,
    PageUp: active - pageRows,
    Home: 0,
    End: total - 1,
  };
  const row = target[key];
  return row === undefined || total === 0 ? null : Math.max(0, Math.min(total - 1, row));
}
