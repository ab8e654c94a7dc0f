import { addCounts, NO_WORDS, werRatio, type AlignmentStep, type NormalizerName, type WordCounts } from '#shared/domain/scores.ts';
import { alignWords, countLeastEdits } from './alignment.ts';
import { normalizerOf } from './normalizers.ts';
import { splitWords } from './words.ts';

/** Least edits between two sequences of characters, and how long both are. */
export interface CharacterCounts {
  readonly edits: number;
  readonly referenceLength: number;
  readonly hypothesisLength: number;
}

/**
 * What one pair contributes to every figure, as counts that can be added up.
 *
 * Words are what lies between Unicode white space. The characters of a text are those of its words with one space between them:
 * - `characters`: Unicode code points, spaces included (as jiwer counts);
 * - `charactersNoSpaces`: the same without the spaces (as `sclite -c` and most work on Chinese and Japanese);
 * - `graphemes`: what a reader takes for one character (UAX 29, extended clusters), spaces included.
 */
export interface PairMetrics {
  readonly words: WordCounts;
  readonly characters: CharacterCounts;
  readonly charactersNoSpaces: CharacterCounts;
  readonly graphemes: CharacterCounts;
}

/**
 * Measures one pair after normalisation.
 * @param hypothesis null when there is no answer: it is compared as an empty text, so that all words and characters of the reference are deleted.
 */
export function measurePair(reference: string, hypothesis: string | null, normalizer: NormalizerName): PairMetrics {
  const { normalize } = normalizerOf(normalizer);
  return measureWords(splitWords(normalize(reference)), splitWords(normalize(hypothesis ?? '')));
}

/** Measures two texts that are split into words already. */
export function measureWords(reference: readonly string[], hypothesis: readonly string[]): PairMetrics {
  const { counts, steps } = alignWords(reference, hypothesis);
  const left = reference.join(' ');
  const right = hypothesis.join(' ');
  const atMost = editsWordByWord(steps, left.length + right.length > LONG_TEXT);
  const characters = compareCharacters(codePointsOf(left), codePointsOf(right), atMost);
  return {
    words: counts,
    characters,
    charactersNoSpaces: compareCharacters(codePointsOf(reference.join('')), codePointsOf(hypothesis.join('')), atMost),
    graphemes: ONE_POINT_EACH.test(left) && ONE_POINT_EACH.test(right) ? characters : compareGraphemes(left, right, atMost),
  };
}

/** Above this many code units on both sides together, it pays to know closely how many edits are enough. */
const LONG_TEXT = 8_000;

/** Edits of characters when each word is turned into what it is aligned with: enough, but not always the least. */
function editsWordByWord(steps: readonly AlignmentStep[], isLong: boolean): number {
  let edits = 0;
  for (const step of steps) {
    if (step.op === 'deletion') edits += step.reference.length + 1;
    else if (step.op === 'insertion') edits += step.hypothesis.length + 1;
    else if (step.op === 'substitution') {
      edits += isLong
        ? countLeastEdits(codePointsOf(step.reference), codePointsOf(step.hypothesis))
        : Math.max(step.reference.length, step.hypothesis.length);
    }
  }
  return edits;
}

function compareCharacters(reference: Int32Array, hypothesis: Int32Array, atMost: number): CharacterCounts {
  return {
    edits: countLeastEdits(reference, hypothesis, atMost),
    referenceLength: reference.length,
    hypothesisLength: hypothesis.length,
  };
}

function codePointsOf(text: string): Int32Array {
  const points = new Int32Array(text.length);
  let length = 0;
  for (let index = 0; index < text.length; length++) {
    const point = text.codePointAt(index) ?? 0;
    points[length] = point;
    index += point > 0xff_ff ? 2 : 1;
  }
  return points.subarray(0, length);
}

/** The rules of UAX 29 for clusters are the same in every locale that Node has. */
const CLUSTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** In texts of these code points each is a cluster of its own: basic Latin, its supplements and composed Hangul. */
const ONE_POINT_EACH = /^[\u0020-\u007E\u00A1-\u00AC\u00AE-\u02FF\uAC00-\uD7A3]*$/;

function compareGraphemes(reference: string, hypothesis: string, atMost: number): CharacterCounts {
  const ids = new Map<string, number>();
  const numbered = (text: string): Int32Array =>
    Int32Array.from(CLUSTERS.segment(text), ({ segment }) => {
      const known = ids.get(segment);
      if (known !== undefined) return known;
      ids.set(segment, ids.size);
      return ids.size - 1;
    });
  return compareCharacters(numbered(reference), numbered(hypothesis), atMost);
}

/**
 * Ratios of one pair or of pooled counts; all of them fractions ≥ 0.
 * `wer`, `cer…`: edits / length of the reference; above 1 where there are more edits than that; null where the reference is empty.
 * `mer`: (S + D + I) / (H + S + D + I), `wip`: H / reference words × H / hypothesis words, `wil`: 1 − WIP; none of these exceeds 1.
 */
export interface ErrorRates {
  readonly wer: number | null;
  readonly mer: number;
  readonly wip: number;
  readonly wil: number;
  readonly cer: number | null;
  readonly cerNoSpaces: number | null;
  readonly cerGraphemes: number | null;
}

/**
 * Both sides empty is right (MER 0, WIP 1); only one side empty is entirely wrong (MER 1, WIP 0). An empty reference has no WER and no
 * CER, but its insertions are counted where pairs are pooled. Source: Morris, Maier, Green (Interspeech 2004); the empty cases as in
 * `reference/scoring.md` point 5.
 */
export function ratesOf({ words, characters, charactersNoSpaces, graphemes }: PairMetrics): ErrorRates {
  const { hits, substitutions, deletions, insertions, referenceWords } = words;
  const edits = substitutions + deletions + insertions;
  const hypothesisWords = hits + substitutions + insertions;
  const isNothing = referenceWords === 0 && hypothesisWords === 0;
  const wip = isNothing ? 1 : hits === 0 ? 0 : (hits / referenceWords) * (hits / hypothesisWords);
  return {
    wer: werRatio(words),
    mer: isNothing ? 0 : edits / (hits + edits),
    wip,
    wil: 1 - wip,
    cer: cerOf(characters),
    cerNoSpaces: cerOf(charactersNoSpaces),
    cerGraphemes: cerOf(graphemes),
  };
}

function cerOf({ edits, referenceLength }: CharacterCounts): number | null {
  return referenceLength === 0 ? null : edits / referenceLength;
}

export function editsOf({ substitutions, deletions, insertions }: WordCounts): number {
  return substitutions + deletions + insertions;
}

/** Figures of many pairs. */
export interface CorpusMetrics {
  /** Counts of all pairs added up; rates come from these. */
  readonly pooled: PairMetrics;
  readonly rates: ErrorRates;
  readonly pairs: number;
  /** Pairs with at least one word error; a missing word of an empty reference cannot be, an inserted one can. */
  readonly pairsWithErrors: number;
  /** `pairsWithErrors` / `pairs`; null without pairs. */
  readonly sentenceErrorRate: number | null;
  readonly pairsWithoutReference: number;
  /** Mean of the word error rates of the pairs that have one: not the WER of the corpus, and never to be shown as it. */
  readonly meanOfPairWers: number | null;
}

const NO_CHARACTERS: CharacterCounts = { edits: 0, referenceLength: 0, hypothesisLength: 0 };

/** Pools pairs: sums of edits over sums of lengths, insertions on empty references included (`reference/scoring.md` point 1). */
export function poolMetrics(pairs: Iterable<PairMetrics>): CorpusMetrics {
  let words = NO_WORDS;
  let characters = NO_CHARACTERS;
  let charactersNoSpaces = NO_CHARACTERS;
  let graphemes = NO_CHARACTERS;
  let count = 0;
  let pairsWithErrors = 0;
  let pairsWithoutReference = 0;
  let sumOfWers = 0;
  for (const pair of pairs) {
    words = addCounts(words, pair.words);
    characters = addCharacters(characters, pair.characters);
    charactersNoSpaces = addCharacters(charactersNoSpaces, pair.charactersNoSpaces);
    graphemes = addCharacters(graphemes, pair.graphemes);
    count++;
    if (editsOf(pair.words) > 0) pairsWithErrors++;
    const wer = werRatio(pair.words);
    if (wer === null) pairsWithoutReference++;
    else sumOfWers += wer;
  }
  const pooled = { words, characters, charactersNoSpaces, graphemes };
  const withWer = count - pairsWithoutReference;
  return {
    pooled,
    rates: ratesOf(pooled),
    pairs: count,
    pairsWithErrors,
    sentenceErrorRate: count === 0 ? null : pairsWithErrors / count,
    pairsWithoutReference,
    meanOfPairWers: withWer === 0 ? null : sumOfWers / withWer,
  };
}

function addCharacters(left: CharacterCounts, right: CharacterCounts): CharacterCounts {
  return {
    edits: left.edits + right.edits,
    referenceLength: left.referenceLength + right.referenceLength,
    hypothesisLength: left.hypothesisLength + right.hypothesisLength,
  };
}

/** Languages written without spaces between words, or with spaces that writers put as they like: words are a poor unit there. */
const CHARACTER_LANGUAGES: ReadonlySet<string> = new Set(['ko', 'ja', 'zh', 'yue', 'cmn', 'wuu', 'nan']);
const LETTER = /\p{L}/gu;
const EAST_ASIAN_LETTER = /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu;

/** CER is shown first for Korean, Japanese and Chinese. @param language a BCP 47 tag, like `ko-KR` */
export function headlineOfLanguage(language: string): 'wer' | 'cer' {
  return CHARACTER_LANGUAGES.has(language.toLowerCase().split(/[-_]/)[0] ?? '') ? 'cer' : 'wer';
}

/** The same for texts whose language nobody said: CER where more than half of the letters are Hangul, Han or kana. */
export function headlineOfTexts(texts: Iterable<string>): 'wer' | 'cer' {
  let letters = 0;
  let eastAsian = 0;
  for (const text of texts) {
    letters += text.match(LETTER)?.length ?? 0;
    eastAsian += text.match(EAST_ASIAN_LETTER)?.length ?? 0;
  }
  return eastAsian * 2 > letters ? 'cer' : 'wer';
}
