import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareRoutes, type ComparedSystem } from '#shared/contract/compare.ts';
import type { Sample } from '#shared/contract/resources.ts';
import type { RouteInput, RouteOutput } from '#shared/contract/routes.ts';
import { RunOptionsSchema, type RunOptions } from '#shared/contract/runs.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import { openWriter, type Connection } from '#main/core/persistence/connection.ts';
import { readingWrites } from '#main/core/persistence/operations/readings.ts';
import type { StoredReportItem, StoredReportResult } from '#main/core/persistence/operations/reports.ts';
import { BOOTSTRAP_SEED } from '#main/core/statistics/bootstrap.ts';
import { compareSystems } from '#main/core/scoring/compareSystems.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { answeredResult, failedResult, reportItem, smallNight } from '#main/testing/reportRows.ts';
import { buildSample } from '#main/testing/runBuilders.ts';
import { createCompareDesk } from './compareDesk.ts';
import type { CompareQuestion, CompareRoute } from './compareMessages.ts';

let folder: string;
let connection: Connection;
let desk: ReturnType<typeof createCompareDesk>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-compare-'));
  connection = openWriter(join(folder, 'nightshift.db'));
  desk = createCompareDesk(connection);
});

afterEach(async () => {
  connection.close();
  await rm(folder, { recursive: true });
});

/** Asks as the router would: input and output are checked against the contract. */
async function ask<R extends CompareRoute>(route: R, input: RouteInput<R>): Promise<RouteOutput<R>> {
  const args = compareRoutes[route].input.parse(input);
  const answer = await desk({ route, args } as CompareQuestion);
  expect(compareRoutes[route].output.parse(answer)).toEqual(answer);
  return answer as RouteOutput<R>;
}

function plant(items: readonly StoredReportItem[], options: Partial<RunOptions> = {}): number {
  return plantRun(connection, items, RunOptionsSchema.parse({ modes: [...MODES], ...options }));
}

function modesOf(runId: number, modes: readonly Mode[] = MODES): ComparedSystem[] {
  return modes.map((mode) => ({ runId, mode }));
}

/** One file answered in streaming mode. */
function spoken(
  id: number,
  fileId: string,
  reference: string | null,
  heard: string,
  sha256: string | null = `sha-${id}`,
): StoredReportItem {
  return reportItem(id, fileId, reference, [answeredResult('streaming', reference, heard)], sha256);
}

const STREAMING: Partial<RunOptions> = { modes: ['streaming'] };

describe('the modes of a small night', () => {
  let systems: ComparedSystem[];

  beforeEach(() => {
    systems = modesOf(plant(smallNight()));
  });

  test('are compared on the files that have a reference; a failed one counts as deleted words', async () => {
    const comparison = await ask('compare.open', { systems });
    expect(comparison).toMatchObject({ files: 16, referenceWords: 184, normalizer: 'simple', pacing: 'asFast', headlineRate: 'wer' });
    const [streaming, chunked, original] = comparison.systems;
    expect(streaming).toMatchObject({
      files: 20,
      scoredFiles: 16,
      failedFiles: 1,
      failedWords: 12,
      counts: { substitutions: 30, deletions: 12, insertions: 0, hits: 142, referenceWords: 184 },
    });
    expect(streaming?.werRatio).toBeCloseTo(42 / 184, 12);
    expect(streaming?.scoredWerRatio).toBeCloseTo(42 / 184, 12);
    expect(chunked?.werRatio).toBeCloseTo(8 / 184, 12);
    expect(original).toMatchObject({ werRatio: 0, cerRatio: 0, failedFiles: 0 });
    expect(comparison.warnings).toEqual([{ code: 'withoutReference', system: 0, files: 4 }]);
  });

  test('have the differences and tests of the comparison of two systems', async () => {
    const { pairs } = await ask('compare.open', { systems });
    expect(pairs.map(({ a, b }) => [a, b])).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
    const utterances = smallNight().flatMap(({ fileId, reference, results: [first, second] }) =>
      reference === null
        ? []
        : [
            {
              id: fileId,
              speaker: fileId,
              reference,
              hypothesisA: first?.answer?.hypothesis ?? null,
              hypothesisB: second?.answer?.hypothesis ?? null,
            },
          ],
    );
    const expected = compareSystems(utterances, { normalizer: 'simple', replicates: null, seed: BOOTSTRAP_SEED, isClustered: false });
    expect(pairs[0]?.difference).toBeCloseTo(expected.werDelta ?? 0, 12);
    expect(pairs[0]).toMatchObject({
      interval: expected.bootstrap?.delta,
      z: expected.mapsswe?.z,
      p: expected.mapsswe?.p,
      mcnemarP: expected.mcnemar?.pExact,
      onlyACorrect: expected.mcnemar?.onlyACorrect,
      onlyBCorrect: expected.mcnemar?.onlyBCorrect,
      verdict: 'bBetter',
    });
    for (const { p, pHolm } of pairs) expect(pHolm).toBeGreaterThanOrEqual(p ?? 1);
  });

  test('are told with the largest difference first, above 0 whichever system is named first', async () => {
    const { headline } = await ask('compare.open', { systems: systems.toReversed() });
    expect(headline.findings.map(({ better, worse }) => [better, worse])).toEqual([
      [0, 2],
      [1, 2],
      [0, 1],
    ]);
    for (const { difference, interval, z } of headline.findings) {
      expect(difference).toBeGreaterThan(interval[0]);
      expect(interval[1]).toBeGreaterThan(difference);
      expect(interval[0]).toBeGreaterThan(0);
      expect(z ?? 1).toBeGreaterThan(0);
    }
    expect(headline).toMatchObject({ notDistinguishable: [], notEnoughData: [] });
  });

  test('speakers and folders add up to the whole', async () => {
    const { speakers, folders, systems: compared } = await ask('compare.open', { systems });
    expect(speakers.map(({ name }) => name)).toEqual(['100', '101', '102', '103', '104', '105', '106', '107']);
    for (const [place, { counts, speakerWerRatios }] of compared.entries()) {
      const errors = counts.substitutions + counts.deletions + counts.insertions;
      expect(speakers.reduce((sum, { referenceWords }, index) => sum + referenceWords * (speakerWerRatios[index] ?? 0), 0)).toBeCloseTo(
        errors,
      );
      expect(folders.reduce((sum, { referenceWords, werRatios }) => sum + referenceWords * (werRatios[place] ?? 0), 0)).toBeCloseTo(errors);
    }
  });

  test('drawing speakers widens what rests on few of them', async () => {
    const byFile = await ask('compare.open', { systems });
    const bySpeaker = await ask('compare.open', { systems, clusterBy: 'speaker' });
    expect(bySpeaker.clusterBy).toBe('speaker');
    expect(bySpeaker.systems[0]?.werRatio).toBe(byFile.systems[0]?.werRatio);
    expect(bySpeaker.systems[0]?.werInterval).not.toEqual(byFile.systems[0]?.werInterval);
  });

  test('every filter finds as many files as its chip says, in pages without a gap', async () => {
    const { chips } = await ask('compare.open', { systems });
    expect(chips).toEqual({ all: 16, disagreement: 16, worse: [16, 0, 0], deletions: 8, insertions: 0, substitutions: 15, failed: 1 });
    for (const filter of ['all', 'disagreement', 'deletions', 'insertions', 'substitutions', 'failed'] as const) {
      expect((await ask('compare.items', { systems, filter })).total).toBe(chips[filter]);
    }
    for (const [system, total] of chips.worse.entries()) {
      expect((await ask('compare.items', { systems, filter: 'worse', system })).total).toBe(total);
    }
    const all = (await ask('compare.items', { systems })).rows;
    const pages = await Promise.all([0, 5, 10, 15].map((offset) => ask('compare.items', { systems, offset, limit: 5 })));
    expect(pages.flatMap(({ rows }) => rows)).toEqual(all);
    expect(all).toHaveLength(16);
  });

  test('an error of one system is found where it was made', async () => {
    const { topErrors } = await ask('compare.open', { systems });
    const [first] = topErrors.deletions;
    expect(first).toEqual({ reference: 'brown', hypothesis: null, counts: [0, 2, 0], total: 2 });
    const error = { reference: 'brown', hypothesis: null };
    const { rows, total } = await ask('compare.items', { systems, error });
    expect(total).toBe(2);
    for (const { systems: cells } of rows) expect(cells[1]?.errors).toBe(1);
    expect((await ask('compare.items', { systems, error, system: 0 })).total).toBe(0);
    expect((await ask('compare.items', { systems, error: { reference: 'nobody', hypothesis: 'said' } })).total).toBe(0);
  });

  test('rows are sorted, searched and cut down to a speaker or folder', async () => {
    const { rows } = await ask('compare.items', { systems });
    expect(rows[0]).toMatchObject({ fileId: '103/1/103-1-0003.flac', difference: 1, systems: [{ status: 'failed', errors: 12 }, {}, {}] });
    const differences = rows.map(({ difference }) => difference ?? -1);
    expect(differences).toEqual(differences.toSorted((left, right) => right - left));
    const byPath = (await ask('compare.items', { systems, sort: 'path' })).rows.map(({ fileId }) => fileId);
    expect(byPath).toEqual(byPath.toSorted());
    expect((await ask('compare.items', { systems, sort: 'path', isReversed: true })).rows.map(({ fileId }) => fileId)).toEqual(
      byPath.toReversed(),
    );
    const byWer = (await ask('compare.items', { systems, sort: 'wer', sortSystem: 1 })).rows.map((row) => row.systems[1]?.werRatio ?? -1);
    expect(byWer).toEqual(byWer.toSorted((left, right) => right - left));
    expect((await ask('compare.items', { systems, speaker: '103' })).rows.map(({ speaker }) => speaker)).toEqual(['103', '103']);
    expect((await ask('compare.items', { systems, folder: '103' })).total).toBe(2);
    expect((await ask('compare.items', { systems, search: ' 103-1-0003.FLAC' })).total).toBe(1);
  });

  test('a file shows each alignment with times, and why it failed', async () => {
    const [failed, answered] = (await ask('compare.items', { systems })).rows;
    const item = await ask('compare.item', { systems, key: failed?.key ?? 0 });
    expect(item.systems[0]).toMatchObject({ status: 'failed', hypothesis: null, timesOf: null, error: { code: 'MEDIA_CORRUPT' } });
    expect(item.systems[0]?.steps.every(({ op, startSec }) => op === 'deletion' && startSec === null)).toBe(true);
    expect(item.systems[2]).toMatchObject({ status: 'done', timesOf: 'words', werRatio: 0, error: null });
    expect(item.systems[2]?.steps[1]).toEqual({ op: 'hit', reference: 'that', hypothesis: 'that', startSec: 0.3, endSec: 0.58 });
    const other = await ask('compare.item', { systems, key: answered?.key ?? 0 });
    expect(other.systems[0]?.steps.filter(({ op }) => op === 'substitution').map(({ hypothesis }) => hypothesis)).toEqual(['wrong', 'bad']);
    await expect(ask('compare.item', { systems, key: 4_242 })).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
  });

  test('the words of the vocabulary count once', async () => {
    const [streaming, , original] = (await ask('compare.open', { systems })).systems;
    expect(original?.vocabulary).toEqual({ words: 58, recognisedOnce: 58, recognisedAlways: 58, accuracyRatio: 1 });
    expect(streaming?.vocabulary.recognisedAlways).toBeLessThan(streaming?.vocabulary.recognisedOnce ?? 0);
    expect(streaming?.vocabulary.accuracyRatio).toBeCloseTo((streaming?.vocabulary.recognisedOnce ?? 0) / 58, 12);
  });
});

test('a vocabulary tells a word that is known from one that is always right', async () => {
  const items = [spoken(1, 'a.wav', 'red red blue', 'red bed blue'), spoken(2, 'b.wav', 'green', 'grin')];
  const systems = [plant(items, STREAMING), plant(items, STREAMING)].flatMap((runId) => modesOf(runId, ['streaming']));
  const [first] = (await ask('compare.open', { systems })).systems;
  expect(first?.vocabulary).toEqual({ words: 3, recognisedOnce: 2, recognisedAlways: 1, accuracyRatio: 2 / 3 });
});

test('another normaliser gives other figures; those of the run are named beside them', async () => {
  const items = [spoken(1, 'a.wav', 'It cost twenty one dollars', 'it cost 21 dollars')];
  const systems = [plant(items, STREAMING), plant(items, { ...STREAMING, normalizer: 'none' })].flatMap((runId) =>
    modesOf(runId, ['streaming']),
  );
  const simple = await ask('compare.open', { systems });
  const whisper = await ask('compare.open', { systems, normalizer: 'whisper-en' });
  expect(simple).toMatchObject({ normalizer: 'simple', normalizerLabel: 'simple 1' });
  expect(simple.systems.map(({ runNormalizer }) => runNormalizer)).toEqual(['simple 1', 'none 1']);
  expect(simple.systems.map(({ werRatio }) => werRatio)).toEqual([0.4, 0.4]);
  expect(whisper.systems.map(({ werRatio }) => werRatio)).toEqual([0, 0]);
});

describe('files of two runs', () => {
  async function matched(
    first: readonly StoredReportItem[],
    second: readonly StoredReportItem[],
  ): Promise<[string[], RouteOutput<'compare.open'>]> {
    const systems = [plant(first, STREAMING), plant(second, STREAMING)].flatMap((runId) => modesOf(runId, ['streaming']));
    const comparison = await ask('compare.open', { systems });
    const { rows } = await ask('compare.items', { systems, sort: 'path' });
    const names = rows.map(({ itemIds }) =>
      itemIds
        .map((itemId) => connection.prepare<[number], { file_id: string }>('SELECT file_id FROM items WHERE id = ?').get(itemId)?.file_id)
        .join(' = '),
    );
    return [names, comparison];
  }

  test('are the same by content, wherever they lie', async () => {
    const [names, { warnings }] = await matched(
      [spoken(1, 'old/a.wav', 'one', 'one', 'A'), spoken(2, 'old/b.wav', 'two', 'two', 'B')],
      [spoken(1, 'b.wav', 'two', 'too', 'B'), spoken(2, 'a.wav', 'one', 'won', 'A'), spoken(3, 'c.wav', 'three', 'three', 'C')],
    );
    expect(names).toEqual(['old/a.wav = a.wav', 'old/b.wav = b.wav']);
    expect(warnings).toEqual([{ code: 'filesNotCommon', system: 1, files: 1 }]);
  });

  test('of one content are told apart by their paths, and each is used once', async () => {
    const [names] = await matched(
      [spoken(1, 'x.wav', 'one', 'one', 'A'), spoken(2, 'y.wav', 'one', 'one', 'A'), spoken(3, 'z.wav', 'one', 'one', 'A')],
      [spoken(1, 'y.wav', 'one', 'one', 'A'), spoken(2, 'x.wav', 'one', 'one', 'A')],
    );
    expect(names).toEqual(['x.wav = x.wav', 'y.wav = y.wav']);
  });

  test('of one content take no partner that is surer of another, whatever the order', async () => {
    const texts = ['one', 'two', 'three'];
    const first = plant(
      texts.map((text, index) => spoken(index + 1, `${text}.wav`, text, text, 'same')),
      STREAMING,
    );
    const second = plant(
      ['two', 'three', 'one'].map((text, index) => spoken(index + 1, text === 'two' ? 'two.wav' : `moved/${text}.wav`, text, 'x', 'same')),
      STREAMING,
    );
    const systems = [first, second].flatMap((runId) => modesOf(runId, ['streaming']));
    const { files, warnings } = await ask('compare.open', { systems });
    expect({ files, warnings }).toEqual({ files: 3, warnings: [] });
  });

  test('of another content are the same by path and reference', async () => {
    const [names] = await matched(
      [spoken(1, 'a.wav', 'one', 'one', 'A'), spoken(2, 'b.wav', 'two', 'two', null), spoken(3, 'c.wav', 'three', 'three', 'C')],
      [spoken(1, 'a.wav', 'one', 'one', 'A2'), spoken(2, 'b.wav', 'two', 'two', 'B'), spoken(3, 'c.wav', 'four', 'four', 'C2')],
    );
    expect(names).toEqual(['a.wav = a.wav', 'b.wav = b.wav']);
  });

  test('whose references differ by more than the normaliser takes away are told and left out', async () => {
    const [names, { warnings }] = await matched(
      [spoken(1, 'a.wav', 'one', 'one', 'A'), spoken(2, 'b.wav', 'Two.', 'two', 'B')],
      [spoken(1, 'a.wav', 'eleven', 'one', 'A'), spoken(2, 'b.wav', 'two', 'two', 'B')],
    );
    expect(names).toEqual(['b.wav = b.wav']);
    expect(warnings).toEqual([{ code: 'differentReferences', system: null, files: 1 }]);
  });

  test('paced and unpaced runs are compared in words and never in speed', async () => {
    const items = [spoken(1, 'a.wav', 'one', 'one')];
    const fast = modesOf(plant(items, STREAMING), ['streaming']);
    const paced = modesOf(plant(items, { ...STREAMING, pacing: 'realTime' }), ['streaming']);
    const mixed = await ask('compare.open', { systems: [...fast, ...paced] });
    expect(mixed).toMatchObject({ pacing: 'mixed', warnings: [{ code: 'mixedPacing' }] });
    for (const { costs } of mixed.systems) expect(Object.values(costs).every((value) => value === null)).toBe(true);
    const again = modesOf(plant(items, { ...STREAMING, pacing: 'realTime' }), ['streaming']);
    const [first] = (await ask('compare.open', { systems: [...paced, ...again] })).systems;
    expect(first?.costs).toMatchObject({ rtf: null, finalLatencyMs: { p50: 0 }, firstTokenMs: { p50: 250 } });
    expect(first?.costs.decodeRtf?.p95).toBeCloseTo(0.1, 9);
  });

  test('a run whose figures are of an older version of its rule is named', async () => {
    const items = [spoken(1, 'a.wav', 'one', 'one')];
    const [first, second] = [plant(items, STREAMING), plant(items, STREAMING)];
    connection.prepare('UPDATE tasks SET normalizer_version = 0 WHERE run_id = ?').run(second);
    const compared = await ask('compare.open', { systems: [first, second].flatMap((runId) => modesOf(runId, ['streaming'])) });
    expect(compared.warnings).toEqual([{ code: 'olderNormalizer', system: 1, files: null }]);
    expect(compared.systems.map(({ runNormalizer }) => runNormalizer)).toEqual(['simple 1', 'simple 0']);
    expect(compared.normalizerLabel).toBe('simple 1');
  });

  test('different models and languages are named', async () => {
    const items = [spoken(1, 'a.wav', 'one', 'one')];
    const first = plant(items, STREAMING);
    const second = plant(items, { ...STREAMING, language: 'ko' });
    connection.prepare(`UPDATE runs SET model_name = 'large' WHERE id = ?`).run(second);
    const { warnings } = await ask('compare.open', { systems: [first, second].flatMap((runId) => modesOf(runId, ['streaming'])) });
    expect(warnings.map(({ code }) => code)).toEqual(['differentModels', 'differentLanguages']);
  });
});

test('what a mode cost comes from its own stretch of the readings', async () => {
  const runId = plant(smallNight());
  const sample = (atMs: number, gpus: Sample['gpus']): void => {
    readingWrites.recordSamples(connection, { runId, samples: [buildSample({ atMs, gpus })] });
  };
  const gpu = (utilizationPercent: number | null, memoryUsedBytes: number, index = 0): Sample['gpus'][number] => ({
    index,
    name: 'Test GPU',
    utilizationPercent,
    memoryUsedBytes,
    memoryTotalBytes: null,
    temperatureC: null,
    powerW: null,
  });
  const MB = 1024 * 1024;
  connection.prepare(`UPDATE run_modes SET started_at_ms = 1000, ended_at_ms = 3000 WHERE mode = 'streaming'`).run();
  connection.prepare(`UPDATE run_modes SET started_at_ms = 5000, ended_at_ms = 7000 WHERE mode = 'chunked'`).run();
  for (let atMs = 1_000; atMs <= 3_000; atMs += 1_000) sample(atMs, [gpu(50, 100 * MB), gpu(100, 20 * MB, 1)]);
  sample(4_000, [gpu(100, 900 * MB)]);
  sample(6_000, []);
  const [streaming, chunked, original] = (await ask('compare.open', { systems: modesOf(runId) })).systems;
  expect(streaming?.costs.gpuMemoryPeakMb).toBe(120);
  // Two seconds at one and a half cards.
  expect(streaming?.costs.gpuBusyHours).toBeCloseTo(3 / 3_600, 12);
  expect(chunked?.costs).toMatchObject({ gpuMemoryPeakMb: null, gpuBusyHours: null });
  expect(original?.costs).toMatchObject({ gpuMemoryPeakMb: null, audioSecPerSec: null, firstTokenMs: null });
  const audioSec = smallNight()
    .filter(({ reference }) => reference !== null)
    .reduce((sum, { results }) => sum + (results[0]?.answer?.decodedSec ?? 0), 0);
  expect(streaming?.costs.audioSecPerSec).toBeCloseTo(audioSec / 2, 9);
});

test('pages stay as they were opened until the comparison is opened again', async () => {
  const open: StoredReportResult = { ...failedResult('chunked', 'two'), status: 'queued', errorCode: null };
  const items = [
    reportItem(1, 'a.wav', 'one', [answeredResult('streaming', 'one', 'one'), answeredResult('chunked', 'one', 'won')]),
    reportItem(2, 'b.wav', 'two', [answeredResult('streaming', 'two', 'two'), open]),
  ];
  const systems = modesOf(plant(items), ['streaming', 'chunked']);
  const before = await ask('compare.open', { systems });
  expect(before).toMatchObject({
    files: 1,
    warnings: [
      { code: 'filesNotCommon', system: 0, files: 1 },
      { code: 'withoutOutcome', system: 1, files: 1 },
    ],
  });
  connection.prepare(`UPDATE tasks SET status = 'failed', ended_at_ms = 9 WHERE status = 'queued'`).run();
  expect((await ask('compare.items', { systems })).total).toBe(1);
  expect((await ask('compare.open', { systems })).files).toBe(2);
  expect((await ask('compare.items', { systems })).total).toBe(2);
});

describe('nothing to compare', () => {
  test('no such run or mode', async () => {
    const runId = plant([spoken(1, 'a.wav', 'one', 'one')], STREAMING);
    await expect(ask('compare.open', { systems: modesOf(99) })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND', data: { runId: 99 } });
    await expect(ask('compare.open', { systems: modesOf(runId, ['streaming', 'original']) })).rejects.toMatchObject({
      code: 'NOTHING_TO_COMPARE',
      data: { reason: 'modeNotRun', runId, mode: 'original' },
    });
    await expect(ask('compare.trend', { runId: 99 })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  test('no references, and no file in common', async () => {
    const without = plant([spoken(1, 'a.wav', null, 'one')], STREAMING);
    const one = plant([spoken(1, 'a.wav', 'one', 'one', 'A')], STREAMING);
    const two = plant([spoken(1, 'b.wav', 'two', 'two', 'B')], STREAMING);
    const streaming = (...runIds: number[]): ComparedSystem[] => runIds.flatMap((runId) => modesOf(runId, ['streaming']));
    await expect(ask('compare.open', { systems: streaming(one, without) })).rejects.toMatchObject({
      code: 'NOTHING_TO_COMPARE',
      data: { reason: 'noReferences', runId: without },
    });
    await expect(ask('compare.open', { systems: streaming(one, two) })).rejects.toMatchObject({
      code: 'NOTHING_TO_COMPARE',
      data: { reason: 'noCommonFiles' },
    });
    await expect(ask('compare.trend', { runId: without })).rejects.toMatchObject({ data: { reason: 'noReferences' } });
  });

  test('the same system twice, one system, or seven are refused by the contract', () => {
    const { input } = compareRoutes['compare.open'];
    expect(input.safeParse({ systems: [...modesOf(1), ...modesOf(1)] }).success).toBe(false);
    expect(input.safeParse({ systems: modesOf(1, ['streaming']) }).success).toBe(false);
    expect(input.safeParse({ systems: [...modesOf(1), ...modesOf(2), ...modesOf(3)] }).success).toBe(false);
  });
});

describe('the trend over runs of the same data', () => {
  const ten = (heard: (word: string) => string): StoredReportItem[] =>
    Array.from({ length: 10 }, (_, index) => spoken(index + 1, `${index}.wav`, `word ${index}`, heard(`word ${index}`)));

  test('counts a file that could not be read, and therefore has no hash, by its path as deleted words', async () => {
    const unread = reportItem(11, 'unread.wav', 'two words', [failedResult('streaming', 'two words')], null);
    const readable = spoken(12, 'unread.wav', 'two words', 'two words');
    const runs = [plant([...ten((text) => text), unread], STREAMING), plant([...ten((text) => text), readable], STREAMING)];
    plant([...ten((text) => text), { ...unread, fileId: 'elsewhere.wav' }], STREAMING);
    for (const runId of runs) {
      const { points } = await ask('compare.trend', { runId });
      expect(
        points.map(({ modes: [mode] }) => [mode?.files, mode?.failedFiles, mode?.counts.referenceWords, mode?.counts.deletions]),
      ).toEqual([
        [11, 1, 22, 2],
        [11, 0, 22, 0],
        [10, 0, 20, 0],
      ]);
    }
  });

  test('has runs with the same files, more files, or nearly all of them, in the order of time', async () => {
    const first = plant(
      ten((text) => text),
      STREAMING,
    );
    const superset = plant([...ten(() => 'wrong'), spoken(99, 'more.wav', 'more', 'wrong')], STREAMING);
    const nine = plant(ten((text) => text).slice(1), STREAMING);
    plant(ten((text) => text).slice(2), STREAMING);
    plant(
      ten((text) => text).map((item) => ({ ...item, reference: `${item.reference ?? ''} else` })),
      STREAMING,
    );
    connection.prepare('UPDATE runs SET started_at_ms = 5 WHERE id = ?').run(nine);
    const trend = await ask('compare.trend', { runId: first });
    expect(trend).toMatchObject({ normalizer: 'simple', files: 10 });
    expect(trend.points.map(({ runId, commonFiles, overlapRatio }) => ({ runId, commonFiles, overlapRatio }))).toEqual([
      { runId: nine, commonFiles: 9, overlapRatio: 0.9 },
      { runId: first, commonFiles: 10, overlapRatio: 1 },
      { runId: superset, commonFiles: 10, overlapRatio: 1 },
    ]);
    const [, , wrong] = trend.points;
    // Ten files of two words, all heard as one wrong word; the file only this run has is left out.
    expect(wrong?.modes).toMatchObject([
      { mode: 'streaming', files: 10, failedFiles: 0, counts: { referenceWords: 20, hits: 0 }, werRatio: 1 },
    ]);
    expect(wrong?.modes[0]?.werInterval).toEqual([1, 1]);
  });

  test('leaves out a mode that was stopped early, and counts equal files once', async () => {
    const items = ten((text) => text);
    const [copied] = items;
    const runId = plant([...items, ...(copied === undefined ? [] : [{ ...copied, fileId: 'copy.wav' }])], STREAMING);
    expect((await ask('compare.trend', { runId })).points[0]?.modes).toMatchObject([{ files: 10, counts: { referenceWords: 20 } }]);
    connection.prepare(`UPDATE tasks SET status = 'cancelled' WHERE id > (SELECT min(id) + 7 FROM tasks)`).run();
    expect((await ask('compare.trend', { runId })).points).toMatchObject([{ runId, overlapRatio: 1, modes: [] }]);
  });

  test('is of one normaliser, and follows a run that goes on', async () => {
    const items = [spoken(1, 'a.wav', 'It is', 'it is')];
    const runId = plant(items, STREAMING);
    expect((await ask('compare.trend', { runId, normalizer: 'none' })).points[0]?.modes[0]?.werRatio).toBe(0.5);
    expect((await ask('compare.trend', { runId })).points[0]?.modes[0]?.werRatio).toBe(0);
    connection.prepare(`UPDATE tasks SET status = 'failed', result_id = NULL, ended_at_ms = 9`).run();
    expect((await ask('compare.trend', { runId })).points[0]?.modes[0]).toMatchObject({ failedFiles: 1, werRatio: 1, werInterval: null });
  });
});
