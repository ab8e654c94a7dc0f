import { SPACE, splitOnSpaces, wholeWord, WORD_END } from './whisperCharacters.ts';

/** A number that is being read: whole as long as it can be added to, a text once digits were put side by side or it has a decimal point. */
type Pending = bigint | string | null;

const ONES_IN_ORDER = [
  ...['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen'],
  ...['fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
];
const TENS_IN_ORDER = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const THOUSANDS_IN_ORDER = [
  ...['thousand', 'million', 'billion', 'trillion', 'quadrillion', 'quintillion', 'sextillion', 'septillion', 'octillion'],
  ...['nonillion', 'decillion'],
];

interface Suffixed {
  readonly value: bigint;
  readonly suffix: string;
}

const ZEROS: ReadonlySet<string> = new Set(['o', 'oh', 'zero']);
const ONES = new Map(ONES_IN_ORDER.map((name, index) => [name, BigInt(index + 1)]));
const TENS = new Map(TENS_IN_ORDER.map((name, index) => [name, BigInt((index + 2) * 10)]));
const MULTIPLIERS = new Map([['hundred', 100n], ...THOUSANDS_IN_ORDER.map((name, index) => [name, 1_000n ** BigInt(index + 1)] as const)]);

const IRREGULAR_ORDINALS: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  twelve: 'twelfth',
};
const ORDINAL_SUFFIXES: Readonly<Record<string, string>> = { one: 'st', two: 'nd', three: 'rd' };

const ONES_SUFFIXED = new Map<string, Suffixed>([
  ['zeroth', { value: 0n, suffix: 'th' }],
  ...[...ONES].flatMap(([name, value]): [string, Suffixed][] => [
    [name === 'six' ? 'sixes' : `${name}s`, { value, suffix: 's' }],
    [IRREGULAR_ORDINALS[name] ?? `${name}${name.endsWith('t') ? 'h' : 'th'}`, { value, suffix: ORDINAL_SUFFIXES[name] ?? 'th' }],
  ]),
]);
const TENS_SUFFIXED = new Map(
  [...TENS].flatMap(([name, value]): [string, Suffixed][] => [
    [name.replace('y', 'ies'), { value, suffix: 's' }],
    [name.replace('y', 'ieth'), { value, suffix: 'th' }],
  ]),
);
const MULTIPLIERS_SUFFIXED = new Map(
  [...MULTIPLIERS].flatMap(([name, value]): [string, Suffixed][] => [
    [`${name}s`, { value, suffix: 's' }],
    [`${name}th`, { value, suffix: 'th' }],
  ]),
);
const SIGNS = new Map([
  ['minus', '-'],
  ['negative', '-'],
  ['plus', '+'],
  ['positive', '+'],
]);
const CURRENCIES = new Map([
  ['pound', '£'],
  ['pounds', '£'],
  ['euro', '€'],
  ['euros', '€'],
  ['dollar', '$'],
  ['dollars', '$'],
  ['cent', '¢'],
  ['cents', '¢'],
]);
const PREFIXES: ReadonlySet<string> = new Set([...SIGNS.values(), ...CURRENCIES.values()]);
const DECIMALS: ReadonlySet<string> = new Set([...ONES.keys(), ...TENS.keys(), ...ZEROS]);
const NUMBER_WORDS: ReadonlySet<string> = new Set([
  ...[...ZEROS, ...ONES.keys(), ...ONES_SUFFIXED.keys(), ...TENS.keys(), ...TENS_SUFFIXED.keys(), ...MULTIPLIERS.keys()],
  ...[...MULTIPLIERS_SUFFIXED.keys(), ...SIGNS.keys(), ...CURRENCIES.keys(), 'per', 'percent', 'and', 'double', 'triple', 'point'],
]);

const DIGITS = /^\p{Nd}+(?:\.\p{Nd}+)?$/u;

/**
 * Spoken English numbers as digits, as the published Whisper normaliser does it, with its ways of reading what is ambiguous: `one two three` is 123, `o`
 * and `oh` are 0, `nineteen ninety` is 1990, and a lone 1 is written `one` again. Expects lower case without punctuation but `. % $ ¢ € £`.
 * Behaviour of `EnglishNumberNormalizer` in openai/whisper (MIT).
 */
export function writeNumbers(text: string): string {
  return joinCents(new NumberReader(splitOnSpaces(separate(text))).read().join(' '));
}

const AND_A_HALF = new RegExp(wholeWord(`and${SPACE}+a${SPACE}+half`), 'u');
const BEFORE_SUFFIX = new RegExp(`([0-9])${SPACE}+(st|nd|rd|th|s)${WORD_END}`, 'gu');

/** `two and a half` as `two point five`, and letters apart from digits unless they are the ending of an ordinal or a plural. */
function separate(text: string): string {
  const segments = text.split(AND_A_HALF);
  const parts: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const lastWord = splitOnSpaces(segment).at(-1);
    if (lastWord === undefined) continue;
    parts.push(segment);
    if (index < segments.length - 1) parts.push(DECIMALS.has(lastWord) || MULTIPLIERS.has(lastWord) ? 'point five' : 'and a half');
  }
  return parts
    .join(' ')
    .replaceAll(/([a-z])([0-9])/g, '$1 $2')
    .replaceAll(/([0-9])([a-z])/g, '$1 $2')
    .replaceAll(BEFORE_SUFFIX, '$1$2');
}

const WHOLE_AND_CENTS = new RegExp(`([€£$])([0-9]+) (?:and )?¢([0-9]{1,2})${WORD_END}`, 'gu');
/** Whatever stands after the 0, as in the original. */
const CENTS_ONLY = new RegExp(`[€£$]0.([0-9]{1,2})${WORD_END}`, 'gu');
const LONE_ONE = new RegExp(wholeWord('1(s?)'), 'gu');

/** `$2 and ¢7` as `$2.07`, `$0.07` as `¢7`, `1` as `one`. */
function joinCents(text: string): string {
  return text
    .replaceAll(WHOLE_AND_CENTS, (_, currency: string, whole: string, cents: string) => `${currency}${whole}.${cents.padStart(2, '0')}`)
    .replaceAll(CENTS_ONLY, (_, cents: string) => `¢${String(Number(cents))}`)
    .replaceAll(LONE_ONE, 'one$1');
}

class NumberReader {
  readonly #words: readonly string[];
  readonly #out: string[] = [];
  #value: Pending = null;
  #prefix = '';

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  read(): string[] {
    for (let index = 0; index < this.#words.length; index++) {
      const taken = this.#take(this.#words[index] ?? '', this.#words[index - 1] ?? '', this.#words[index + 1] ?? '');
      if (taken === 'withNext') index++;
    }
    this.#flush();
    return this.#out;
  }

  /** @param before @param next empty where there is none */
  #take(word: string, before: string, next: string): 'alone' | 'withNext' {
    const isNextNumber = NUMBER_WORDS.has(next) || DIGITS.test(next);
    const hasPrefix = PREFIXES.has(word.charAt(0));
    const withoutPrefix = hasPrefix ? word.slice(1) : word;
    if (DIGITS.test(withoutPrefix)) this.#digits(word, withoutPrefix, hasPrefix);
    else if (!NUMBER_WORDS.has(word)) this.#plain(word);
    else if (ZEROS.has(word)) this.#value = `${textOf(this.#value)}0`;
    else if (ONES.has(word)) this.#value = this.#withOnes(ONES.get(word) ?? 0n, before);
    else if (ONES_SUFFIXED.has(word)) {
      const { value, suffix } = ONES_SUFFIXED.get(word) ?? { value: 0n, suffix: '' };
      this.#emit(`${this.#withOnes(value, before)}${suffix}`);
    } else if (TENS.has(word)) this.#value = this.#withTens(TENS.get(word) ?? 0n);
    else if (TENS_SUFFIXED.has(word)) {
      const { value, suffix } = TENS_SUFFIXED.get(word) ?? { value: 0n, suffix: '' };
      this.#emit(`${this.#withTens(value)}${suffix}`);
    } else if (MULTIPLIERS.has(word)) this.#value = this.#multiplied(MULTIPLIERS.get(word) ?? 1n);
    else if (MULTIPLIERS_SUFFIXED.has(word)) {
      const { value, suffix } = MULTIPLIERS_SUFFIXED.get(word) ?? { value: 1n, suffix: '' };
      this.#emit(`${this.#multiplied(value)}${suffix}`);
    } else if (SIGNS.has(word)) {
      this.#flush();
      if (isNextNumber) this.#prefix = SIGNS.get(word) ?? '';
      else this.#emit(word);
    } else if (CURRENCIES.has(word)) {
      if (this.#value === null) this.#emit(word);
      else {
        this.#prefix = CURRENCIES.get(word) ?? '';
        this.#flush();
      }
    } else if (word === 'percent' && this.#value !== null) this.#emit(`${this.#value}%`);
    else if (word === 'per' && this.#value !== null && next === 'cent') {
      this.#emit(`${this.#value}%`);
      return 'withNext';
    } else if (word === 'percent' || word === 'per' || !isNextNumber) this.#plain(word);
    else return this.#special(word, before, next);
    return 'alone';
  }

  /** `and`, `double`, `triple` and `point` before something that can be a number. */
  #special(word: string, before: string, next: string): 'alone' | 'withNext' {
    if (word === 'and') {
      if (!MULTIPLIERS.has(before)) this.#plain(word);
      return 'alone';
    }
    if (word === 'point') {
      if (DECIMALS.has(next) || DIGITS.test(next)) this.#value = `${textOf(this.#value)}.`;
      return 'alone';
    }
    if (!ONES.has(next) && !ZEROS.has(next)) {
      this.#plain(word);
      return 'alone';
    }
    this.#value = `${textOf(this.#value)}${String(ONES.get(next) ?? 0n).repeat(word === 'double' ? 2 : 3)}`;
    return 'withNext';
  }

  #digits(word: string, withoutPrefix: string, hasPrefix: boolean): void {
    if (typeof this.#value === 'string' && this.#value.endsWith('.')) {
      this.#value += word;
      return;
    }
    this.#flush();
    if (hasPrefix) this.#prefix = word.charAt(0);
    const fraction = toFraction(withoutPrefix);
    this.#value =
      fraction !== null && fraction.numerator % fraction.denominator === 0n ? fraction.numerator / fraction.denominator : withoutPrefix;
  }

  #plain(word: string): void {
    this.#flush();
    this.#emit(word);
  }

  #flush(): void {
    if (this.#value !== null) this.#emit(String(this.#value));
  }

  #emit(text: string): void {
    this.#out.push(`${this.#prefix}${text}`);
    this.#prefix = '';
    this.#value = null;
  }

  #withOnes(ones: bigint, before: string): bigint | string {
    const value = this.#value;
    if (value === null) return ones;
    if (typeof value === 'string' || ONES.has(before)) {
      const text = String(value);
      return TENS.has(before) && ones < 10n ? `${text.slice(0, -1)}${ones}` : `${text}${ones}`;
    }
    return value % (ones < 10n ? 10n : 100n) === 0n ? value + ones : `${value}${ones}`;
  }

  #withTens(tens: bigint): bigint | string {
    const value = this.#value;
    if (value === null) return tens;
    return typeof value === 'bigint' && value % 100n === 0n ? value + tens : `${value}${tens}`;
  }

  #multiplied(multiplier: bigint): bigint {
    const value = this.#value;
    if (value === null) return multiplier;
    if (typeof value === 'string') {
      const fraction = toFraction(value);
      if (fraction !== null) {
        const product = fraction.numerator * multiplier;
        if (product % fraction.denominator === 0n) return product / fraction.denominator;
      }
      this.#flush();
      return multiplier;
    }
    return (value / 1_000n) * 1_000n + (value % 1_000n) * multiplier;
  }
}

/** Nothing for no number and for 0, which the original takes for none here. */
function textOf(value: Pending): string {
  return value === null || value === 0n ? '' : String(value);
}

const FRACTION = /^(?=[0-9]|\.[0-9])([0-9]*)(?:\.([0-9]*))?$/;

/** Exact value of a decimal text, whose digits may be of any script; null where it is none (`1.2.3`). */
function toFraction(text: string): { readonly numerator: bigint; readonly denominator: bigint } | null {
  const ascii = text.replaceAll(/[^\P{Nd}0-9]/gu, (digit) => String(digitValue(digit)));
  const match = FRACTION.exec(ascii);
  if (match === null) return null;
  const [, whole = '', decimals = ''] = match;
  return { numerator: BigInt(`${whole}${decimals}`), denominator: 10n ** BigInt(decimals.length) };
}

/** Digits of a script lie together in runs of ten from 0 to 9 (The Unicode Standard, 4.6). */
function digitValue(digit: string): number {
  const point = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(point - before - 1))) before++;
  return before % 10;
}
