import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareRoutes, COMPARISON_WARNINGS, type Comparison } from '#shared/contract/compare.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { MODES } from '#shared/domain/mode.ts';
import { createCompareDesk } from '#main/core/compare/compareDesk.ts';
import { openWriter } from '#main/core/persistence/connection.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { smallNight } from '#main/testing/reportRows.ts';
import { pairLines, pairObject, warningLine, type ComparedPair } from './compareRunsReport.ts';

/** Streaming and original of a small night, as the runtime compares them. */
async function comparedNight(): Promise<{ comparison: Comparison; compared: ComparedPair }> {
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-compare-'));
  const connection = openWriter(join(folder, 'nightshift.db'));
  try {
    const runId = plantRun(connection, smallNight(), RunOptionsSchema.parse({ modes: [...MODES] }));
    const desk = createCompareDesk(connection);
    const systems = (['streaming', 'original'] as const).map((mode) => ({ runId, mode }));
    const comparison = (await desk({
      route: 'compare.open',
      args: compareRoutes['compare.open'].input.parse({ systems }),
    })) as Comparison;
    const { rows } = compareRoutes['compare.items'].output.parse(
      await desk({ route: 'compare.items', args: compareRoutes['compare.items'].input.parse({ systems, filter: 'disagreement' }) }),
    );
    const [pair] = comparison.pairs;
    if (pair === undefined) throw new Error('no pair');
    return { comparison, compared: { comparison, pair, rows } };
  } finally {
    connection.close();
    await rm(folder, { recursive: true });
  }
}

test('people read the effect first, then how sure it is, then what changed most', async () => {
  const { compared } = await comparedNight();
  expect(pairLines(compared, { top: 1, isOneOfMany: true })).toEqual([
    'A run 1 streaming, B run 1 original: 16 files, normaliser simple 1',
    '  A  WER 22.83 % (95 % interval 16.93 to 34.07), 42 errors in 184 words; 1 failed file counts as 12 deleted words',
    '  B  WER 0.00 % (95 % interval 0.00 to 0.00), 0 errors in 184 words',
    '  B is better by 22.83 points; A − B 22.83 points (95 % interval 16.93 to 34.07)',
    '  MAPSSWE p < 0.001, < 0.001 after Holm (31 segments)',
    '  Wholly right: only A 0, only B 16; McNemar p < 0.001',
    '  Most changed of 16:',
    '    12 → 0 errors in 12 words  103/1/103-1-0003.flac',
  ]);
});

test('a difference that can be chance is not claimed, and too little data is said', async () => {
  const { compared } = await comparedNight();
  const { pair } = compared;
  const unsure = { ...compared, pair: { ...pair, verdict: 'notDistinguishable' as const } };
  const lines = pairLines(unsure, { top: 0, isOneOfMany: false });
  expect(lines[3]).toBe('  B has the lower WER, by 22.83 points; A − B 22.83 points (95 % interval 16.93 to 34.07)');
  expect(lines.at(-1)).toBe('  Not told apart: a difference like this can be chance');
  const few = { ...compared, pair: { ...pair, interval: null, p: null, z: null, mcnemarP: null, verdict: 'notEnoughData' as const } };
  expect(pairLines(few, { top: 0, isOneOfMany: false }).at(-1)).toBe('  Not enough data for an interval or a test: 16 files');
  expect(pairObject(few, 0)).toMatchObject({
    comparison: { is_enough_data: false, verdict: 'not_enough_data', mapsswe: null, mcnemar: null, wer_delta_interval_95: null },
  });
});

test('where the segments cannot be tested, the p value is not called theirs', async () => {
  const { compared } = await comparedNight();
  const alike = { ...compared, pair: { ...compared.pair, z: null } };
  expect(pairLines(alike, { top: 0, isOneOfMany: false })[4]).toBe(
    '  MAPSSWE undefined, all segments differ by the same; bootstrap p < 0.001 (31 segments)',
  );
  const { p, pHolm } = alike.pair;
  expect(pairObject(alike, 0)).toMatchObject({ comparison: { mapsswe: null, bootstrap: { p, p_holm: pHolm } } });
  expect(pairObject(compared, 0)).toMatchObject({ comparison: { mapsswe: { p, p_holm: pHolm }, bootstrap: null } });
});

test('programs read the same figures under the names of a comparison of files', async () => {
  const { compared } = await comparedNight();
  expect(pairObject(compared, 2)).toMatchObject({
    comparison: {
      a: { name: 'run 1 streaming', run: 1, mode: 'streaming', substitutions: 30, deletions: 12, reference_words: 184, failed_files: 1 },
      b: { wer: 0, cer: 0 },
      utterances: 16,
      verdict: 'b_better',
      mapsswe: { segments: 31 },
      changed: [{ id: '103/1/103-1-0003.flac', reference_words: 12, errors_a: 12, errors_b: 0 }, { errors_a: 2 }],
      changed_total: 16,
      normalizer: 'simple',
      normalizer_version: 1,
    },
  });
});

test('every warning is a sentence of its own', async () => {
  const { comparison } = await comparedNight();
  const lines = COMPARISON_WARNINGS.map((code) => warningLine({ code, system: 1, files: 3 }, comparison));
  expect(lines).toEqual([
    '3 files of run 1 original not in all others: not compared',
    '3 files with different references: not compared',
    '3 files of run 1 without a reference: not compared',
    '3 files of run 1 original without an outcome: not compared',
    'Different models: tiny-en',
    'Different languages: detected',
    'Run 1 was scored with simple 1: its stored figures are not those here',
    'Some paced as real time, some as fast as possible: only the words are compared, not the speed',
  ]);
});
