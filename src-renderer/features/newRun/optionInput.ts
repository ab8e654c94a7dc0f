import type { Mode } from '#shared/domain/mode.ts';

/** The modes with one switched; the last one stays, because a run needs one. */
export function toggleMode(modes: readonly Mode[], mode: Mode): Mode[] {
  if (!modes.includes(mode)) return [...modes, mode];
  return modes.length === 1 ? [...modes] : modes.filter((other) => other !== mode);
}

/** What a field for a whole number holds: null when empty, undefined when it cannot be used. */
export function wholeNumber(text: string, min: number, max: number): number | null | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (!/^\d{1,15}$/.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return value >= min && value <= max ? value : undefined;
}
