import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ReportModelSchema, type ReportModel } from '#shared/contract/reports.ts';
import type { Sample } from '#shared/contract/resources.ts';
import type { StoredReportItem } from '#main/core/persistence/operations/reports.ts';
import { compareSystems } from '#main/core/scoring/compareSystems.ts';
import { answeredResult, failedResult, reportFacts, reportItem, reportRun, smallNight } from '#main/testing/reportRows.ts';
import { BOOTSTRAP_SEED, replicatesFor } from '#main/core/statistics/bootstrap.ts';
import { readingOfSample } from '#main/core/resources/readings.ts';
import { ReportBuilder, type ReportFacts } from './reportBuilder.ts';
import { reportHtml } from './writers/html.ts';
import { reportMarkdown } from './writers/markdown.ts';

function modelOf(items: readonly StoredReportItem[], facts: ReportFacts = reportFacts(), samples: readonly Sample[] = []): ReportModel {
  const builder = new ReportBuilder(facts);
  for (const item of items) builder.addItem(item);
  for (const sample of samples) builder.addReading(readingOfSample(sample));
  return builder.finish();
}

function sample(atMs: number, changes: Partial<Sample> = {}): Sample {
  return {
    atMs,
    cpuPercent: 50,
    memoryUsedBytes: 8 * 1024 ** 3,
    memoryTotalBytes: 32 * 1024 ** 3,
    ownRssBytes: 256 * 1024 ** 2,
    diskFreeBytes: 100 * 1024 ** 3,
    diskTotalBytes: 500 * 1024 ** 3,
    gpus: [],
    servers: [],
    ...changes,
  };
}

describe('a small night', () => {
  const model = modelOf(smallNight());

  test('is a valid model, the same each time (vitest --update writes the file anew)', async () => {
    expect(ReportModelSchema.parse(model)).toEqual(model);
    expect(modelOf(smallNight())).toEqual(model);
    await expect(`${JSON.stringify(model, null, 2)}\n`).toMatchFileSnapshot(
      join(import.meta.dirname, 'fixtures', 'small-night.model.json'),
    );
  });

  test('outcomes reconcile', () => {
    // 20 files in 3 modes; one fails in streaming, the four without a transcript fail in original.
    expect(model.outcome).toMatchObject({ total: 60, done: 55, failed: 5, cancelled: 0, notReached: 0, recovered: 1 });
    expect(model.outcome.successRatio).toBeCloseTo(55 / 60, 12);
    for (const mode of model.modes) expect(mode.done + mode.failed + mode.cancelled + mode.notReached).toBe(mode.files);
    const results = model.failures.reduce((sum, failure) => sum + failure.results, 0);
    expect(results).toBe(model.outcome.failed);
  });

  test('rates are pooled, a failed file counts as deleted', () => {
    const [streaming, chunked, original] = model.modes;
    // 184 words; 15 answered files with two substitutions each, 12 words of the failed one.
    expect(streaming?.counts).toEqual({ substitutions: 30, deletions: 12, insertions: 0, hits: 142, referenceWords: 184 });
    expect(streaming?.werRatio).toBeCloseTo(42 / 184, 12);
    expect(streaming?.averageAccuracy).toBeCloseTo(1 - 42 / 184, 12);
    expect(streaming).toMatchObject({ scored: 16, scoredFailed: 1 });
    expect(chunked?.werRatio).toBeCloseTo(8 / 184, 12);
    expect(original?.werRatio).toBe(0);
    // Answered files alone for the quality score: failing is already in the success rate.
    expect(streaming?.quality?.accuracy).toBeCloseTo(1 - 30 / 172, 12);
  });

  test('folders and speakers add up to the whole', () => {
    for (const groups of [model.folders, model.speakers]) {
      const errors = groups.reduce((sum, { cells }) => {
        const counts = cells.find(({ mode }) => mode === 'streaming')?.counts;
        return sum + (counts == null ? 0 : counts.substitutions + counts.deletions + counts.insertions);
      }, 0);
      expect(errors).toBe(42);
    }
    expect(model.speakers.map(({ name }) => name)).toEqual(['100', '101', '102', '103', '104', '105', '106', '107']);
    expect(model.folders.at(-1)).toMatchObject({ name: 'odd', cells: [{ counts: null }, { counts: null }, { counts: null, failed: 4 }] });
  });

  test('says what the comparison of two systems says', () => {
    const utterances = smallNight()
      .filter(({ reference }) => reference !== null)
      .map(({ fileId, reference, results: [a, b] }) => ({
        id: fileId,
        speaker: fileId,
        reference: reference ?? '',
        hypothesisA: a?.answer?.hypothesis ?? null,
        hypothesisB: b?.answer?.hypothesis ?? null,
      }));
    const options = { normalizer: 'simple', replicates: replicatesFor(16), seed: BOOTSTRAP_SEED, isClustered: false } as const;
    const direct = compareSystems(utterances, options);
    expect(model.comparisons[0]).toMatchObject({
      a: 'streaming',
      b: 'chunked',
      pairs: 16,
      difference: direct.werDelta,
      interval: direct.bootstrap?.delta,
      z: direct.mapsswe?.z,
      p: direct.mapsswe?.p,
      mcnemarP: direct.mcnemar?.pExact,
      verdict: 'bBetter',
    });
    expect(model.modes[0]?.werInterval).toEqual(direct.bootstrap?.werA);
  });

  test('p values are corrected for the number of comparisons', () => {
    for (const { p, pHolm } of model.comparisons) expect(pHolm ?? 0).toBeGreaterThanOrEqual(p ?? 1);
    expect(Math.max(...model.comparisons.map(({ p, pHolm }) => (pHolm ?? 0) / (p ?? 1)))).toBeGreaterThan(1);
  });

  test('the worst file comes first with what was lost in it', () => {
    const [worst] = model.worstFiles;
    expect(worst).toMatchObject({ fileId: '103/1/103-1-0003.flac', mode: 'streaming', werRatio: 1, errors: 12 });
    expect(worst?.diff.every(({ op, hypothesis }) => op === 'deletion' && hypothesis === null)).toBe(true);
    const rates = model.worstFiles.map(({ werRatio }) => werRatio ?? 0);
    expect(rates).toEqual(rates.toSorted((left, right) => right - left));
  });
});

test('a run without any result has no rates and no ratio', () => {
  const model = modelOf([]);
  expect(ReportModelSchema.parse(model)).toEqual(model);
  expect(model.outcome).toMatchObject({ total: 0, successRatio: null, meanEndToEndSec: null });
  expect(model.modes.map(({ werRatio, werInterval, quality, rtfs }) => ({ werRatio, werInterval, quality, rtfs }))).toEqual(
    Array.from({ length: 3 }, () => ({ werRatio: null, werInterval: null, quality: null, rtfs: null })),
  );
  expect(model.comparisons.map(({ verdict }) => verdict)).toEqual(['notEnoughData', 'notEnoughData', 'notEnoughData']);
  expect(model.resources).toMatchObject({ samples: 0, cpuPercent: null, series: [] });
});

test('without references there is speed and quality, and no error rate', () => {
  const model = modelOf([reportItem(1, 'a.wav', null, [answeredResult('streaming', null, 'hello world')])]);
  expect(model.modes[0]).toMatchObject({ done: 1, werRatio: null, cerRatio: null, counts: null, quality: { score: 100, accuracy: null } });
  expect(model.modes[0]?.rtf).toBeCloseTo(0.2, 12);
  expect(model.worstFiles).toEqual([]);
});

test('words where nothing was said are among the worst, by their number', () => {
  const lost = reportItem(1, 'lost.wav', 'one two', [answeredResult('streaming', 'one two', 'no')]);
  const silent = reportItem(2, 'silent.wav', '', [answeredResult('streaming', '', 'five words that nobody said')]);
  const quiet = reportItem(3, 'quiet.wav', '', [answeredResult('streaming', '', '')]);
  const { worstFiles } = modelOf([lost, silent, quiet]);
  expect(worstFiles.map(({ fileId, werRatio, errors, referenceWords }) => ({ fileId, werRatio, errors, referenceWords }))).toEqual([
    { fileId: 'silent.wav', werRatio: null, errors: 5, referenceWords: 0 },
    { fileId: 'lost.wav', werRatio: 1, errors: 2, referenceWords: 2 },
  ]);
});

test('a run that does not score has no rates although there are references', () => {
  const model = modelOf(smallNight(), reportFacts(reportRun({}, { calculateWer: false })));
  expect(model.modes.map(({ werRatio, scored }) => [werRatio, scored])).toEqual([
    [null, 0],
    [null, 0],
    [null, 0],
  ]);
});

test('stored figures of an older version of the rule are shown as such, and tests are made with one rule', () => {
  const doubled = smallNight().map((item) => ({
    ...item,
    results: item.results.map((result) => ({
      ...result,
      counts: result.counts === null ? null : { ...result.counts, insertions: result.counts.insertions + 1 },
    })),
  }));
  const older = modelOf(doubled, reportFacts({ ...reportRun(), normalizerVersion: 0 }));
  const now = modelOf(smallNight(), reportFacts());
  expect(older.run).toMatchObject({ normalizer: 'simple 0', ownNormalizer: null, newerNormalizer: 'simple 1' });
  expect(now.run).toMatchObject({ normalizer: 'simple 1', newerNormalizer: null });
  expect(older.modes[0]?.counts).not.toEqual(now.modes[0]?.counts);
  expect(older.comparisons).toEqual(now.comparisons);
  for (const text of [reportHtml(older, 'en'), reportMarkdown(older, 'en')]) expect(text).toContain('an older version than simple 1');
  expect(reportHtml(now, 'en')).not.toContain('an older version');
});

test('under another normaliser every figure is counted anew, and the verdict on the own ones is left out', () => {
  const capitals = (text: string): string => text.replaceAll(/\b\w/g, (letter) => letter.toUpperCase());
  const items = smallNight().map((item) => ({ ...item, reference: item.reference === null ? null : capitals(item.reference) }));
  const verdict = { name: 'g', valid: true, warnings: [], checks: [], judgedAtMs: 5 };
  const rescored = modelOf(items, reportFacts(reportRun(), { rescoredWith: 'none', verdict }));
  const unscored = items.map((item) => ({ ...item, results: item.results.map((result) => ({ ...result, counts: null })) }));
  const scoredSo = modelOf(unscored, reportFacts(reportRun({}, { normalizer: 'none' })));
  expect(rescored.modes[0]?.counts?.hits).toBe(0);
  expect(rescored).toEqual({
    ...scoredSo,
    run: { ...scoredSo.run, normalizer: 'none 1', ownNormalizer: 'simple 1', options: reportRun().options },
  });
  expect(modelOf(items, reportFacts(reportRun({}, { calculateWer: false }), { rescoredWith: 'none' }))).toMatchObject({
    modes: rescored.modes,
    run: { normalizer: 'none 1', ownNormalizer: null },
  });
});

test('too few files are not compared', () => {
  const model = modelOf(smallNight().slice(0, 5));
  expect(model.comparisons[0]).toMatchObject({ pairs: 5, interval: null, z: null, p: null, pHolm: null, verdict: 'notEnoughData' });
  expect(model.comparisons[0]?.difference).not.toBeNull();
  expect(model.modes[0]?.werInterval).toBeNull();
});

test('by speaker, eight speakers of sixteen files are drawn', () => {
  const byFile = modelOf(smallNight());
  const bySpeaker = modelOf(smallNight(), reportFacts(reportRun(), { clusterBySpeaker: true }));
  expect(bySpeaker.intervals.clusteredBySpeaker).toBe(true);
  expect(bySpeaker.modes[0]?.werInterval).not.toEqual(byFile.modes[0]?.werInterval);
  expect(bySpeaker.modes[0]?.werRatio).toBe(byFile.modes[0]?.werRatio);
});

test('the reading of a Korean run begins with characters', () => {
  const items = [
    reportItem(1, 'a.wav', '안녕하세요 반갑습니다', [answeredResult('streaming', '안녕하세요 반갑습니다', '안녕하세요 반갑습니다')]),
  ];
  expect(modelOf(items).headline).toBe('cer');
  expect(modelOf(items, reportFacts(reportRun({}, { language: 'en' }))).headline).toBe('wer');
});

describe('paced and unpaced', () => {
  const paced = answeredResult('streaming', 'one two', 'one two', { audioSec: 4, processingSec: 4.6 });

  test('a paced run has latencies and no throughput', () => {
    const model = modelOf([reportItem(1, 'a.wav', 'one two', [paced])], reportFacts(reportRun({}, { pacing: 'realTime' })));
    expect(model.modes[0]?.finalLatencyMs?.p50).toBeCloseTo(600, 6);
    expect(model.outcome.filesPerHour).toBeNull();
  });
  test('an unpaced run has throughput and no final latency', () => {
    const model = modelOf([reportItem(1, 'a.wav', 'one two', [paced])]);
    expect(model.modes[0]?.finalLatencyMs).toBeNull();
    // One file in 50 minutes.
    expect(model.outcome.filesPerHour).toBeCloseTo(1.2, 12);
  });
  test('the whole-file mode has no first token', () => {
    expect(modelOf(smallNight()).modes.map(({ firstTokenMs }) => firstTokenMs?.p50 ?? null)).toEqual([250, 250, null]);
  });
});

test('the time of a result is divided into the server, the way to it, and the file', () => {
  const near = (value: number): unknown => expect.closeTo(value, 9) as unknown;
  const slow = answeredResult('streaming', null, 'a b', { audioSec: 10, processingSec: 3, endToEndSec: 3.5 });
  const quick = answeredResult('streaming', null, 'a b', { audioSec: 10, processingSec: 1, endToEndSec: 1.1 });
  const unknown = { ...slow, endToEndSec: null };
  const { modes } = modelOf([slow, quick, unknown].map((result, index) => reportItem(index + 1, `${index}.wav`, null, [result])));
  expect(modes[0]?.stageSecs).toEqual({ count: 2, serverDecoding: near(1), sendingAndWaiting: near(1), fileAndStorage: near(0.3) });
  expect(modes[1]?.stageSecs).toBeNull();
});

test('results of an earlier run are done, and are no throughput of this one', () => {
  const earlier = answeredResult('streaming', 'a b', 'a b', { status: 'skipped', doneEarlier: true, attempts: 0 });
  const { outcome, modes } = modelOf([reportItem(1, 'a.wav', 'a b', [earlier])]);
  expect(outcome).toMatchObject({ done: 1, doneEarlier: 1, filesPerHour: 0 });
  expect(modes[0]).toMatchObject({ werRatio: 0, endToEndSecs: null, notReached: 0 });
});

test('what was cancelled or not reached is counted and not scored', () => {
  const open = { ...failedResult('streaming', 'a b', null), counts: null, errorData: {} };
  const { outcome, modes, failures } = modelOf([
    reportItem(1, 'a.wav', 'a b', [{ ...open, status: 'queued' }]),
    reportItem(2, 'b.wav', 'a b', [{ ...open, status: 'cancelled' }]),
  ]);
  expect(outcome).toMatchObject({ total: 2, done: 0, failed: 0, cancelled: 1, notReached: 1, successRatio: null });
  expect(modes[0]).toMatchObject({ scored: 0, werRatio: null });
  expect(failures).toEqual([]);
});

describe('resources', () => {
  test('means, peaks and what was not measured', () => {
    const gpu = {
      index: 0,
      name: 'G',
      utilizationPercent: 80,
      memoryUsedBytes: 1024 ** 3,
      memoryTotalBytes: null,
      temperatureC: null,
      powerW: null,
    };
    const { resources, environment } = modelOf([], reportFacts(), [
      sample(1_000, { cpuPercent: null }),
      sample(2_000, { cpuPercent: 20, gpus: [gpu] }),
      sample(3_000, { cpuPercent: 60, gpus: [{ ...gpu, utilizationPercent: 40 }] }),
    ]);
    expect(resources).toMatchObject({
      samples: 3,
      cpuPercent: { mean: 40, max: 60 },
      ownMemoryMb: { mean: 256, max: 256 },
      diskFreeMinMb: 100 * 1024,
      gpus: [{ index: 0, utilizationPercent: { mean: 60, max: 80 }, memoryUsedMb: { mean: 1024, max: 1024 }, powerW: null }],
    });
    expect(resources.series.map(({ atSec, cpuPercent, gpuPercent }) => [atSec, cpuPercent, gpuPercent])).toEqual([
      [0, null, null],
      [1, 20, 80],
      [2, 60, 40],
    ]);
    expect(environment.gpus).toEqual(['G']);
  });

  test('a night is drawn in at most 240 points, and a pause is a gap', () => {
    const night = Array.from({ length: 4_000 }, (_, index) => sample(index * 1_000 + (index >= 2_000 ? 2_000_000 : 0)));
    const { series } = modelOf([], reportFacts(), night).resources;
    expect(series).toHaveLength(240);
    expect(series.filter(({ cpuPercent }) => cpuPercent === null).length).toBeGreaterThan(60);
    expect(series[0]?.cpuPercent).toBe(50);
    expect(series.at(-1)).toMatchObject({ cpuPercent: 50, atSec: 5_999 });
  });
});
