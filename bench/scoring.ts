import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

/** How long texts take to compare, beside NIST's sclite where it is installed (Debian: sctk); and real output of two modes, scored again. */
const REPEATS = Number(process.argv[2] ?? 5);
/** On the path, or where Debian puts it. */
const SCLITE = ['/usr/lib/sctk/bin/sclite'].find((path) => existsSync(path)) ?? 'sclite';
const REAL = join(import.meta.dirname, '..', '..', 'shared', 'data', 'scoring', 'real-two-modes');

interface Pair {
  readonly id: string;
  readonly reference: readonly string[];
  readonly hypothesis: readonly string[];
}

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
function pair(id: string, words: number): Pair {
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

function medianMs(work: () => void): number {
  work();
  return median(
    Array.from({ length: REPEATS }, () => {
      const startMs = performance.now();
      work();
      return performance.now() - startMs;
    }),
  );
}

const utterances = Array.from({ length: 2_620 }, (_, index) => pair(`s${index % 40}_${index}`, 20));
const long = [pair('s0_0', 10_000)];

const folder = await mkdtemp(join(tmpdir(), 'nightshift-bench-'));
try {
  console.log(await machineFacts(folder));
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
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** CPU time of sclite is compared with ours: both do the alignment once; reading and writing its files is in sclite's figure. */
async function measure(name: string, pairs: readonly Pair[]): Promise<void> {
  let edits = 0;
  const alignMs = medianMs(() => {
    edits = 0;
    for (const { reference, hypothesis } of pairs) edits += editsOf(alignWords(reference, hypothesis).counts);
  });
  const allMs = medianMs(() => {
    for (const { reference, hypothesis } of pairs) measureWords(reference, hypothesis);
  });
  console.log(
    `${name}: words aligned in ${alignMs.toFixed(1)} ms (${edits} errors); words, characters and graphemes in ${allMs.toFixed(1)} ms`,
  );

  const trn = (side: 'reference' | 'hypothesis'): string => pairs.map((one) => `${one[side].join(' ')} (${one.id})\n`).join('');
  const reference = join(folder, 'ref.trn');
  const hypothesis = join(folder, 'hyp.trn');
  await writeFile(reference, trn('reference'));
  await writeFile(hypothesis, trn('hypothesis'));
  const before = process.resourceUsage === undefined ? null : childCpuMs();
  const ended = spawnSync(
    SCLITE,
    ['-r', reference, 'trn', '-h', hypothesis, 'trn', '-i', 'rm', '-s', '-e', 'utf-8', '-o', 'rsum', 'stdout'],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  if (ended.error !== undefined || ended.status !== 0) {
    console.log(`  sclite: not measured (${ended.error?.message ?? `it ended with ${String(ended.status)}`})`);
    return;
  }
  const scliteMs = childCpuMs() - (before ?? 0);
  const errors = /\|\s*Sum\s*\|[^|]*\|([^|]*)\|/.exec(ended.stdout)?.[1]?.trim().split(/\s+/)[4] ?? '?';
  console.log(
    `  sclite: ${scliteMs.toFixed(0)} ms of CPU (${errors} errors by its weights): ${(scliteMs / alignMs).toFixed(0)} × our time for words, ${(scliteMs / allMs).toFixed(1)} × for all`,
  );
}

/** User and system time of ended children, from /proc; wall time since the start where there is none. */
function childCpuMs(): number {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    // Clock ticks, 100 a second on Linux: fields 16 and 17 of proc(5), counted from the third.
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return performance.now();
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
