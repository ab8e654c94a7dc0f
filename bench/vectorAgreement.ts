import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addCounts, NO_WORDS, type NormalizerName } from '#shared/domain/scores.ts';
import { alignWords } from '#main/core/scoring/alignment.ts';
import { editsOf, measurePair, measureWords, poolMetrics, ratesOf } from '#main/core/scoring/metrics.ts';
import { normalizerOf } from '#main/core/scoring/normalizers.ts';
import { scorePair } from '#main/core/scoring/score.ts';
import { splitWords } from '#main/core/scoring/words.ts';
import { bootstrapDifference } from '#main/core/statistics/bootstrap.ts';
import { mapssweSegments } from '#main/core/statistics/mapssweSegments.ts';
import { matchedPairsTest, mcnemarTest, signTest, wilcoxonTest } from '#main/core/statistics/pairedTests.ts';

/** How many rows of a file of vectors our figures agree with, and what those that do not agree have in common. */
export interface Agreement {
  readonly file: string;
  readonly checked: string;
  readonly vectors: number;
  readonly agree: number;
  /** Why the others differ; '' where none does. */
  readonly why: string;
}

interface Expected {
  readonly [name: string]: unknown;
}

interface Vector {
  readonly id: string;
  readonly expect: Expected;
  readonly [name: string]: unknown;
}

/** Ratios were divided in another order: equal but for the last digits. */
function isNear(ours: number | null | undefined, theirs: unknown): boolean {
  if (typeof theirs !== 'number' || typeof ours !== 'number') return (ours ?? null) === (theirs ?? null);
  return Math.abs(ours - theirs) <= 1e-9 * Math.max(1, Math.abs(theirs));
}

function isSame(ours: unknown, theirs: unknown): boolean {
  return JSON.stringify(ours) === JSON.stringify(theirs);
}

/** Every visible vector against our figures; null where the shared data is not there. */
export function vectorAgreement(folder: string): Agreement[] | null {
  if (!existsSync(folder)) return null;
  const rows = <T>(name: string): T[] =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  const count = <T>(file: string, checked: string, vectors: readonly T[], agrees: (vector: T) => boolean, why = ''): Agreement => {
    const agree = vectors.filter(agrees).length;
    return { file, checked, vectors: vectors.length, agree, why: agree === vectors.length ? '' : why };
  };

  const pairs = rows<Vector & { ref: string; hyp: string }>('wer.jsonl');
  const english = rows<{ text: string; expected: string; needs_spelling_list?: boolean; part?: string }>('normalizer-en.jsonl');
  const needsSpelling = (vector: (typeof english)[number]): boolean => vector.needs_spelling_list === true || vector.part === 'spelling';
  const tests = rows<TestVector>('significance.jsonl');
  const texts = tests.filter((vector) => vector.kind === 'text');
  const noSpelling = 'the British-to-American spelling list is left out (whisper-en 1 says so)';
  return [
    count('wer.jsonl', 'edits, WER, CER with and without spaces', pairs, pairAgrees),
    count(
      'wer.jsonl',
      'S, D, I, MER, WIL, WIP where unique',
      pairs.filter(({ expect: { counts_unique: isUnique } }) => isUnique === true),
      splitAgrees,
    ),
    count(
      'wer.jsonl',
      "errors equal to sclite's",
      pairs.filter(({ expect: { sclite } }) => sclite !== undefined),
      ({ ref, hyp, expect: { sclite } }) =>
        editsOf(measureWords(splitWords(ref), splitWords(hyp)).words) === (sclite as { errors: number }).errors,
      'sclite minimises weights of 4/3/3, we minimise edits: its total is never lower',
    ),
    count('corpus.jsonl', 'pooled WER and CER, mean of files', rows<Vector & { pairs: [string, string][] }>('corpus.jsonl'), corpusAgrees),
    count(
      'normalizer-en.jsonl',
      'whisper-en',
      english,
      ({ text, expected }) => normalizerOf('whisper-en').normalize(text) === expected,
      noSpelling,
    ),
    count(
      'normalizer-en.jsonl',
      'whisper-en, rows without the spelling list',
      english.filter((vector) => !needsSpelling(vector)),
      ({ text, expected }) => normalizerOf('whisper-en').normalize(text) === expected,
    ),
    count(
      'normalizer-basic.jsonl',
      'whisper-basic',
      rows<{ text: string; basic: string }>('normalizer-basic.jsonl'),
      ({ text, basic }) => normalizerOf('whisper-basic').normalize(text) === basic,
    ),
    count(
      'significance.jsonl',
      'matched pairs, sign, Wilcoxon, McNemar, bootstrap (counts)',
      tests.filter((vector) => vector.kind === 'counts'),
      countsAgree,
    ),
    count('significance.jsonl', 'MAPSSWE on the given segments (texts)', texts, mapssweAgrees),
    count(
      'significance.jsonl',
      'our own segments equal to those of sctk (texts)',
      texts,
      segmentsAgree,
      'ties that weights of 4/3/3 and of 1/1/1 break differently',
    ),
    ...twoModes(folder, rows),
  ];
}

function pairAgrees({ ref, hyp, expect }: Vector & { ref: string; hyp: string }): boolean {
  const metrics = measureWords(splitWords(ref), splitWords(hyp));
  const { words, characters, charactersNoSpaces } = metrics;
  const rates = ratesOf(metrics);
  const [fewest = 0, most = 0] = expect['hits_range'] as [number, number];
  return (
    words.referenceWords === expect['ref_words'] &&
    editsOf(words) === expect['word_edits'] &&
    words.hits >= fewest &&
    words.hits <= most &&
    characters.edits === expect['char_edits'] &&
    characters.referenceLength === expect['ref_chars'] &&
    charactersNoSpaces.edits === expect['char_edits_no_spaces'] &&
    isNear(rates.wer, expect['wer']) &&
    isNear(rates.cer, expect['cer']) &&
    isNear(rates.cerNoSpaces, expect['cer_no_spaces'])
  );
}

function splitAgrees({ ref, hyp, expect }: Vector & { ref: string; hyp: string }): boolean {
  const metrics = measureWords(splitWords(ref), splitWords(hyp));
  const { hits, substitutions, deletions, insertions } = metrics.words;
  const { mer, wil, wip } = ratesOf(metrics);
  return (
    isSame([hits, substitutions, deletions, insertions], [expect['hits'], expect['sub'], expect['del'], expect['ins']]) &&
    isNear(mer, expect['mer']) &&
    isNear(wil, expect['wil']) &&
    isNear(wip, expect['wip'])
  );
}

function corpusAgrees({ pairs, expect }: Vector & { pairs: [string, string][] }): boolean {
  const corpus = poolMetrics(pairs.map(([reference, hypothesis]) => measurePair(reference, hypothesis, 'none')));
  return (
    isNear(corpus.rates.wer, expect['wer']) &&
    isNear(corpus.rates.cer, expect['cer']) &&
    isNear(corpus.meanOfPairWers, expect['mean_of_file_wers']) &&
    corpus.pairsWithErrors === expect['files_with_errors']
  );
}

interface CountArrays {
  readonly ref_words: number[];
  readonly errors_a: number[];
  readonly errors_b: number[];
}

type Interval = readonly [number, number];

function countsAgree({ expect, ref_words: referenceWords, errors_a: errorsA, errors_b: errorsB }: Vector & CountArrays): boolean {
  const section = (name: string): Expected => (expect[name] ?? {}) as Expected;
  const matched = matchedPairsTest({ errorsA, errorsB });
  const wilcoxon = wilcoxonTest({ errorsA, errorsB });
  const replicates = 10_000;
  const drawn = bootstrapDifference({ referenceWords, errorsA, errorsB, clusters: null, replicates, seed: 1 });
  const isInside = (interval: Interval | null, name: string): boolean => {
    const accept = (section('bootstrap')[name] as Expected)['accept_10000'] as [Interval, Interval];
    return (
      interval !== null &&
      interval.every((end, index) => end >= (accept[index]?.[0] ?? 1) - 1e-12 && end <= (accept[index]?.[1] ?? 0) + 1e-12)
    );
  };
  return (
    isNear(matched.z, section('matched_pairs')['z']) &&
    isNear(matched.p, section('matched_pairs')['p']) &&
    isNear(signTest({ errorsA, errorsB }).p, section('sign_test')['p_ties_dropped']) &&
    isNear(wilcoxon.z, section('wilcoxon')['z_tie_corrected']) &&
    isNear(wilcoxon.p, section('wilcoxon')['p_normal']) &&
    isNear(mcnemarTest({ errorsA, errorsB }).pExact, section('mcnemar')['p_exact']) &&
    isInside(drawn.werA, 'wer_a') &&
    isInside(drawn.werB, 'wer_b') &&
    isInside(drawn.delta, 'delta')
  );
}

type TestVector =
  | (Vector & CountArrays & { readonly kind: 'counts' })
  | (Vector & { readonly kind: 'text'; readonly utterances: TextPair[] });

interface TextPair {
  readonly ref: string;
  readonly hyp_a: string;
  readonly hyp_b: string;
}

function givenSegments({ expect }: Vector): [number, number, number][] {
  return (expect['mapsswe'] as Expected)['segment_list_ref_a_b'] as [number, number, number][];
}

function mapssweAgrees(vector: Vector): boolean {
  const segments = givenSegments(vector);
  const { z, p } = matchedPairsTest({ errorsA: segments.map(([, errors]) => errors), errorsB: segments.map(([, , errors]) => errors) });
  const expected = vector.expect['mapsswe'] as Expected;
  return isNear(z, expected['z']) && isNear(p, expected['p']);
}

function segmentsAgree(vector: Vector & { utterances: TextPair[] }): boolean {
  const steps = (ref: string, hyp: string) => alignWords(splitWords(ref), splitWords(hyp)).steps;
  const ours = vector.utterances
    .flatMap(({ ref, hyp_a: a, hyp_b: b }) => mapssweSegments(steps(ref, a), steps(ref, b)))
    .map(({ referenceWords, errorsA, errorsB }) => [referenceWords, errorsA, errorsB]);
  return isSame(ours, givenSegments(vector));
}

/** Edits of a whole corpus as published, one row for each rule and mode. */
function twoModes(folder: string, rows: <T>(name: string) => T[]): Agreement[] {
  const utterances = rows<{ reference: string; chunked: string; original: string }>('real-two-modes.jsonl');
  const published = JSON.parse(readFileSync(join(folder, 'real-two-modes.expect.json'), 'utf8')) as Readonly<
    Record<string, Readonly<Record<string, number>>>
  >;
  const rules: readonly (readonly [NormalizerName, string])[] = [
    ['simple', 'simple'],
    ['whisper-en', 'whisper_english'],
  ];
  return rules.map(([normalizer, name]) => {
    const differences = (['chunked', 'original'] as const).map((mode) => {
      const pooled = utterances.map((row) => scorePair(row.reference, row[mode], normalizer).counts).reduce(addCounts, NO_WORDS);
      return editsOf(pooled) - (published[name]?.[`${mode}_edits`] ?? 0);
    });
    return {
      file: 'real-two-modes.jsonl',
      checked: `${normalizer}, edits of ${utterances.length} utterances in two modes`,
      vectors: 2,
      agree: differences.filter((difference) => difference === 0).length,
      why: differences.every((difference) => difference === 0)
        ? ''
        : `${differences.map((difference) => `${difference > 0 ? '+' : ''}${difference}`).join(' and ')} edits: the spelling list is left out`,
    };
  });
}
