/** Lines that are kept in view; the same bound as the owner's. */
export const KEPT_LINES = 2_000;

export function withLines(before: readonly string[], more: readonly string[]): readonly string[] {
  return more.length === 0 ? before : [...before, ...more].slice(-KEPT_LINES);
}

/** The lines that hold the text, whatever its case; all of them for an empty one. */
export function linesWith(lines: readonly string[], text: string): readonly string[] {
  const wanted = text.trim().toLowerCase();
  return wanted === '' ? lines : lines.filter((line) => line.toLowerCase().includes(wanted));
}
