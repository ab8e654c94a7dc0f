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

/** A field for a whole number whose text cannot be used; `canBeEmpty` where nothing is a choice, too. */
export interface InvalidField {
  readonly id: string;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly canBeEmpty: boolean;
}

/** The fields that cannot be used after one of them changed; `isValid` says whether that one can. */
export function withField(invalid: readonly InvalidField[], field: InvalidField, isValid: boolean): readonly InvalidField[] {
  const others = invalid.filter(({ id }) => id !== field.id);
  if (isValid) return others.length === invalid.length ? invalid : others;
  return [...others, field];
}
