import { NightshiftError } from '#shared/errors/nightshiftError.ts';

/** Values of flags: each reads the text of one and throws INPUT_INVALID with the flag in `field` and "expected X, got Y" in `detail`. */

export function invalid(field: string, expected: string, got: string): NightshiftError {
  return new NightshiftError('INPUT_INVALID', { field, detail: `expected ${expected}, got "${got}"` });
}

export function wholeNumber(field: string, min: number, max: number): (text: string) => number {
  const expected = max === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${min}` : `a whole number from ${min} to ${max}`;
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw invalid(field, expected, text);
    return value;
  };
}

export function decimalNumber(field: string, min: number, max: number, unit: string): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw invalid(field, `a number of ${unit} from ${min} to ${max}`, text);
    return value;
  };
}

export function oneOf<T extends string>(
  field: string,
  values: readonly T[],
  fold: (text: string) => string = (text) => text.toLowerCase(),
): (text: string) => T {
  return (text) => {
    const found = values.find((value) => value === fold(text));
    if (found === undefined) throw invalid(field, `one of ${values.join(', ')}`, text);
    return found;
  };
}

export function fail(field: string, expected: string, got: string): never {
  throw invalid(field, expected, got);
}

export function notEmpty(field: string, expected: string): (text: string) => string {
  return (text) => (text.trim() === '' ? fail(field, expected, text) : text);
}
