import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addCounts, NO_WORDS, werRatio, type NormalizerName, type WordCounts } from '#shared/domain/scores.ts';
import { alignWords } from '#main/core/scoring/alignment.ts';
import { compareSystems } from '#main/core/scoring/compareSystems.ts';
import { editsOf, measureWords } from '#main/core/scoring/metrics.ts';
import { normalizerOf } from '#main/core/scoring/normalizers.ts';
import { scorePair } from '#main/core/scoring/score.ts';
import { splitWords } from '#main/core/scoring/words.ts';
import { bootstrapDifference } from '#main/core/statistics/bootstrap.ts';
import { createSeededRandom } from '#main/core/statistics/seededRandom.ts';
import { machineFacts } from './machine.ts';
import { median } from './median.ts';
import { findSclite, runSclite, type WordPair } from './sclite.ts';
import { vectorAgreement } from './vectorAgreement.ts';

/**
 * How long texts take to compare, beside NIST's sclite where it is installed (Debian: sctk); how many of the shared vectors our figures agree with; and real output of two
 * modes, scored again.
 */
const REPEATS = Number(process.argv[2] ?? 5);
const VECTORS = join(import.meta.dirname, '..', '..', 'shared', 'data', 'scoring');
const REAL = join(VECTORS, 'real-two-modes');

const random = createSeededRandom(2026);
const VOCABULARY = Array.from({ length: 4_000 }, (_, index) => {
  const letters = 'etaoinshrdlucmwfgypbvk';
  let word = '';
  for (let rest = index + 7; rest > 0; rest = Math.floor(rest / letters.length)) word += letters.charAt(rest % letters.length);
  return `${word}${letters.charAt(index % 5)}`;
});

function word(): string {
  return VOCABULARY[random.index(VOCABULARY.length)] ?? 'word';
}

/** About one word in eight is wrong: replaced, left out, or followed by another. */
function pair(id: string, words: number): WordPair {
  const reference = Array.from({ length: words }, word);
  const hypothesis = reference.flatMap((spoken) => {
    switch (random.index(24)) {
      case 0:
        return [word()];
      case 1:
        return [];
      case 2:
        return [spoken, word()];
      default:
        return [spoken];
    }
  });
  return { id, reference, hypothesis };
}

interface Spent {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Median of several times, after one that does not count. */
function timed(work: () => void): Spent {
  work();
  const spent = Array.from({ length: REPEATS }, () => {
    const startMs = performance.now();
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return { wallMs: performance.now() - startMs, cpuMs: (user + system) / 1_000 };
  });
  return { wallMs: median(spent.map(({ wallMs }) => wallMs)), cpuMs: median(spent.map(({ cpuMs }) => cpuMs)) };
}

function medianMs(work: () => void): number {
  return timed(work).wallMs;
}

const utterances = Array.from({ length: 2_620 }, (_, index) => pair(`s${index % 40}_${index}`, 20));
const long = [pair('s0_0', 10_000)];
const sclite = findSclite();

const folder = await mkdtemp(join(tmpdir(), 'nightshift-bench-'));
try {
  console.log(await machineFacts(folder));
  if (sclite === null) console.log('sclite is not installed (Debian: sctk): times without a ratio');
  await measure('2,620 pairs of 20 words', utterances);
  await measure('one pair of 10,000 words', long);

  const words = Float64Array.from(utterances, ({ reference }) => reference.length);
  const errors = Float64Array.from(utterances, ({ reference, hypothesis }) => editsOf(alignWords(reference, hypothesis).counts));
  const bootstrapMs = medianMs(() => {
    bootstrapDifference({
      referenceWords: words,
      errorsA: errors,
      errorsB: errors.toReversed(),
      clusters: null,
      replicates: 10_000,
      seed: 1,
    });
  });
  console.log(`bootstrap: 10,000 draws of 2,620 utterances in ${bootstrapMs.toFixed(0)} ms`);
  rescore();
  showAgreement();
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** sclite does the alignment once and prints a summary; its start and its files are in its figures, ours are of texts in memory. */
async function measure(name: string, pairs: readonly WordPair[]): Promise<void> {
  let edits = 0;
  const words = timed(() => {
    edits = 0;
    for (const { reference, hypothesis } of pairs) edits += editsOf(alignWords(reference, hypothesis).counts);
  });
  const all = timed(() => {
    for (const { reference, hypothesis } of pairs) measureWords(reference, hypothesis);
  });
  const shown = ({ wallMs, cpuMs }: Spent): string => `${wallMs.toFixed(1)} ms (CPU ${cpuMs.toFixed(1)} ms)`;
  console.log(`${name}: words aligned in ${shown(words)}, ${edits} errors; words, characters and graphemes in ${shown(all)}`);
  if (sclite === null) return;
  const { wallMs, cpuMs, errors } = await runSclite(sclite, folder, pairs);
  const ratio = (theirs: number | null, ours: number): string => (theirs === null ? '–' : `${(theirs / ours).toFixed(1)} ×`);
  console.log(
    `  sclite: ${wallMs.toFixed(0)} ms (CPU ${cpuMs === null ? '–' : `${cpuMs.toFixed(0)} ms`}), ${errors} errors by its weights; ` +
      `its time is ${ratio(wallMs, words.wallMs)} ours for words (CPU ${ratio(cpuMs, words.cpuMs)}), ${ratio(wallMs, all.wallMs)} for all (CPU ${ratio(cpuMs, all.cpuMs)})`,
  );
}

function showAgreement(): void {
  const rows = vectorAgreement(VECTORS);
  if (rows === null) {
    console.log('agreement with the shared vectors: not measured, no shared data');
    return;
  }
  console.log('agreement with the shared vectors:');
  for (const { file, checked, vectors, agree, why } of rows) {
    const flagged = agree === vectors ? '' : `; ${vectors - agree} differ: ${why}`;
    console.log(`  ${file.padEnd(22)} ${`${agree}/${vectors}`.padStart(9)}  ${checked}${flagged}`);
  }
}

function rescore(): void {
  if (!existsSync(`${REAL}.jsonl`)) {
    console.log('real output of two modes: not measured, no shared data');
    return;
  }
  const rows = readFileSync(`${REAL}.jsonl`, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { id: string; speaker: string; reference: string; chunked: string; original: string });
  const expected = JSON.parse(readFileSync(`${REAL}.expect.json`, 'utf8')) as Readonly<
    Record<'simple' | 'whisper_english', { chunked_wer: number; original_wer: number }>
  >;
  const pooled = (normalizer: NormalizerName, mode: 'chunked' | 'original'): WordCounts =>
    rows.map((row) => scorePair(row.reference, row[mode], normalizer).counts).reduce(addCounts, NO_WORDS);
  const shown = (ratio: number | null): string => (ratio === null ? '–' : `${(ratio * 100).toFixed(2)} %`);
  for (const [normalizer, published] of [
    ['simple', expected.simple],
    ['whisper-en', expected.whisper_english],
  ] as const) {
    let figures: readonly [WordCounts, WordCounts] = [NO_WORDS, NO_WORDS];
    const ms = medianMs(() => {
      figures = [pooled(normalizer, 'chunked'), pooled(normalizer, 'original')];
    });
    console.log(
      `real output, ${rows.length} utterances, ${normalizer}: chunked ${shown(werRatio(figures[0]))} (published ${shown(published.chunked_wer)}), ` +
        `original ${shown(werRatio(figures[1]))} (published ${shown(published.original_wer)}); both in ${ms.toFixed(0)} ms`,
    );
  }
  const ms = medianMs(() => {
    compareSystems(
      rows.map(({ id, speaker, reference, chunked, original }) => ({
        id,
        speaker,
        reference,
        hypothesisA: chunked,
        hypothesisB: original,
      })),
      { normalizer: 'simple', replicates: 10_000, seed: 1, isClustered: false },
    );
  });
  console.log(`real output, compared with every test: ${ms.toFixed(0)} ms`);
  const { normalize } = normalizerOf('whisper-en');
  const longText = rows.map(({ chunked }) => chunked).join(' ');
  const normalizeMs = medianMs(() => {
    splitWords(normalize(longText));
  });
  console.log(`whisper-en over one text of ${splitWords(longText).length} words: ${normalizeMs.toFixed(0)} ms`);
}
