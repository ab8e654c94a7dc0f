import { mkdtemp, rm } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AnyEvent } from '#shared/contract/events.ts';
import type { RunRescorings } from '#shared/contract/rescoring.ts';
import { RunOptionsSchema, type RunOptions } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { normalizerLabel, werRatio, type NormalizerName } from '#shared/domain/scores.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { EventBus } from '#main/core/events.ts';
import { type Connection, openWriter } from '#main/core/persistence/connection.ts';
import { openDatabase } from '#main/core/persistence/database.ts';
import type { StoredReportItem } from '#main/core/persistence/operations/reports.ts';
import { NOTHING_THERE, renderResults, type ResultsInput } from '#main/core/results/resultsDocument.ts';
import { measurePair, poolMetrics, type CorpusMetrics } from '#main/core/scoring/metrics.ts';
import { createScorer, type Scorer } from '#main/core/scoring/scorer.ts';
import { createClock } from '#main/platform/clock.ts';
import { HookedDatabase } from '#main/testing/hookedDatabase.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { answeredResult, failedResult, reportItem, reportRun, smallNight } from '#main/testing/reportRows.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { createRescoringService, type RescoringService } from './rescoringService.ts';

const OPTIONS: RunOptions = RunOptionsSchema.parse({ modes: ['streaming', 'chunked', 'original'] });
const BOTH_CASES = ['Mister Brown paid two pounds.', "It's the colour of Mrs. Smith's café!", 'none'] as const;

let folder: string;
/** Looks past the service. */
let connection: Connection;
let database: HookedDatabase;
let scorer: Scorer;
let events: AnyEvent[];
let rescorings: RescoringService;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-rescoring-'));
  const path = join(folder, 'nightshift.db');
  connection = openWriter(path);
  database = new HookedDatabase(await openDatabase(path));
  scorer = createScorer();
  events = [];
  const bus = new EventBus((error) => {
    throw error;
  });
  bus.subscribe((event) => events.push(event));
  rescorings = createRescoringService({
    database,
    scorer,
    clock: createClock(),
    logger: silentLogger,
    events: bus,
    getRun: async (runId) => {
      const stored = await database.read('storedRun', { runId, nowMs: 0 });
      if (stored === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
      return reportRun(stored);
    },
  });
});

afterEach(async () => {
  await scorer.close();
  await database.close();
  connection.close();
  await rm(folder, { recursive: true });
});

/** Figures of the rows counted here, in the thread of the test. */
function expected(items: readonly StoredReportItem[], mode: Mode, normalizer: NormalizerName): CorpusMetrics {
  return poolMetrics(
    items.flatMap(({ reference, results }) =>
      results
        .filter((result) => result.mode === mode && reference !== null && result.status !== 'cancelled')
        .map((result) => measurePair(reference ?? '', result.answer?.hypothesis ?? null, normalizer)),
    ),
  );
}

function mixedNight(): StoredReportItem[] {
  const items = BOTH_CASES.map((reference, index) =>
    reportItem(index + 100, `mixed/${index}.wav`, reference, [
      answeredResult('streaming', reference, reference.toUpperCase()),
      { ...answeredResult('chunked', reference, 'something else'), status: 'skipped', doneEarlier: true },
      { ...failedResult('original', null), status: 'cancelled', attempts: 0, failedAttempts: 0 },
    ]),
  );
  return [...smallNight(), ...items].map((item, index) => ({ ...item, id: index + 1 }));
}

function rowCount(): unknown {
  return connection.prepare('SELECT count(*) FROM rescoring_counts').pluck().get();
}

test('figures under another normaliser stand beside those of the run', async () => {
  const items = mixedNight();
  const runId = plantRun(connection, items, OPTIONS);
  const [alone] = (await rescorings.list(runId)).rescorings;
  expect(alone).toMatchObject({ id: null, normalizer: 'simple', isCurrent: true });
  expect(alone?.modes.map(({ cerRatio }) => cerRatio)).toEqual([null, null, null]);

  const { rescoring, original, isNew } = await rescorings.create(runId, 'whisper-en');
  expect(isNew).toBe(true);
  for (const [made, normalizer] of [
    [original, 'simple'],
    [rescoring, 'whisper-en'],
  ] as const) {
    expect(made).toMatchObject({ normalizer, normalizerLabel: normalizerLabel(normalizer), isCurrent: true });
    for (const figures of made.modes) {
      const { pooled, rates, pairs } = expected(items, figures.mode, normalizer);
      expect(figures).toMatchObject({
        scored: pairs,
        counts: pooled.words,
        werRatio: rates.wer,
        cerRatio: rates.cer,
        cerNoSpacesRatio: rates.cerNoSpaces,
      });
    }
  }
  expect(rescoring.modes[0]?.counts).not.toEqual(original.modes[0]?.counts);
  // `original` in lower case and `ORIGINAL` are the same to both: what differs is counted file by file.
  expect(rescoring.modes[0]?.changed).toBeGreaterThan(0);
  expect(await rescorings.list(runId)).toEqual({ runId, rescorings: [original, rescoring] });
  expect(events).toEqual([{ name: 'rescorings.changed', payload: { runId, rescorings: [original, rescoring] } }]);
});

test('the same normaliser again gives what is stored', async () => {
  const runId = plantRun(connection, mixedNight(), OPTIONS);
  const first = await rescorings.create(runId, 'whisper-en');
  const rows = rowCount();
  const [second, third] = await Promise.all([rescorings.create(runId, 'whisper-en'), rescorings.create(runId, 'simple')]);
  expect(second).toEqual({ ...first, isNew: false });
  expect(third).toEqual({ rescoring: first.original, original: first.original, isNew: false });
  expect(rowCount()).toBe(rows);
  expect(events).toHaveLength(1);
});

test('figures of an older version of a rule are named so, and are no more those of the rule', async () => {
  const runId = plantRun(connection, mixedNight(), OPTIONS);
  connection
    .prepare('UPDATE tasks SET normalizer_version = 0 WHERE reference_words IS NOT NULL AND id = (SELECT min(id) FROM tasks)')
    .run();
  const older = { normalizer: 'simple', normalizerVersion: 0, normalizerLabel: 'simple 0', isCurrent: false };
  expect((await rescorings.list(runId)).rescorings).toMatchObject([older]);
  const { rescoring, original } = await rescorings.create(runId, 'simple');
  expect(original).toMatchObject(older);
  expect(original.modes[0]?.cerRatio).toBeNull();
  expect(rescoring).toMatchObject({ normalizerLabel: 'simple 1', isCurrent: true });
  expect(rescoring.id).not.toBeNull();
});

test('a run that was not scored gets figures, and none of its own', async () => {
  const items = smallNight().map((item) => ({ ...item, results: item.results.map((result) => ({ ...result, counts: null })) }));
  const runId = plantRun(connection, items, { ...OPTIONS, calculateWer: false });
  const { rescoring, original } = await rescorings.create(runId, 'simple');
  expect(original.modes[0]).toMatchObject({ scored: 0, counts: null, werRatio: null });
  expect(rescoring.modes[0]).toMatchObject({ werRatio: expected(items, 'streaming', 'simple').rates.wer, changed: null });
});

test('what cannot be rescored says why, and leaves nothing', async () => {
  await expect(rescorings.create(999, 'none')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  await expect(rescorings.list(999)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  const bare = plantRun(connection, [reportItem(1, 'a.wav', null, [answeredResult('streaming', null, 'x')])], OPTIONS);
  await expect(rescorings.create(bare, 'none')).rejects.toMatchObject({ code: 'NOTHING_TO_SCORE' });
  const going = plantRun(connection, smallNight(), OPTIONS);
  for (const status of ['preparing', 'ready', 'queued', 'running', 'pausing', 'stopping']) {
    connection.prepare('UPDATE runs SET status = ? WHERE id = ?').run(status, going);
    await expect(rescorings.create(going, 'none')).rejects.toMatchObject({ code: 'RUN_STATE_CONFLICT', data: { status } });
  }
  for (const status of ['paused', 'stopped', 'interrupted']) {
    connection.prepare('UPDATE runs SET status = ? WHERE id = ?').run(status, going);
    await rescorings.create(going, 'none');
  }
  connection.prepare('DELETE FROM runs').run();
  expect(rowCount()).toBe(0);
});

test('a half-made rescoring is never seen, and the next one clears it away', async () => {
  const items = mixedNight();
  const runId = plantRun(connection, items, OPTIONS);
  const whole = await rescorings.create(runId, 'whisper-en');
  const rows = rowCount();
  database.fail('addRescoredCounts', new NightshiftError('DISK_FULL'), { where: ({ entries }) => entries.length < items.length });
  await expect(rescorings.create(runId, 'none')).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(await rescorings.list(runId)).toEqual({ runId, rescorings: [whole.original, whole.rescoring] });
  expect(connection.prepare('SELECT count(*) FROM rescorings').pluck().get()).toBe(3);

  const { rescoring } = await rescorings.create(runId, 'none');
  expect(rescoring.modes[1]?.werRatio).toBe(expected(items, 'chunked', 'none').rates.wer);
  expect(connection.prepare('SELECT count(*) FROM rescorings').pluck().get()).toBe(3);
  expect(rowCount()).toBe((Number(rows) / 2) * 3);
});

test('a run that went on shows its rescoring as one of before, until it is made anew', async () => {
  const items = smallNight();
  const runId = plantRun(connection, items, OPTIONS);
  const before = await rescorings.create(runId, 'none');
  // Retry of the failed file: its task is superseded by a new one, which fails again.
  const failed = Number(connection.prepare(`SELECT id FROM tasks WHERE status = 'failed' AND reference_words IS NOT NULL`).pluck().get());
  const columns = 'run_id, item_id, type, mode, priority, max_retries, status, substitutions, deletions, insertions, hits, reference_words';
  const again = connection.prepare(`INSERT INTO tasks (${columns}) SELECT ${columns} FROM tasks WHERE id = ?`).run(failed).lastInsertRowid;
  connection.prepare('UPDATE tasks SET superseded = 1 WHERE id = ?').run(failed);
  const [own, ...others] = (await rescorings.list(runId)).rescorings;
  // Characters of the run's own figures were counted before, too: they are not those of now.
  expect(own?.modes[0]).toMatchObject({ werRatio: before.original.modes[0]?.werRatio, cerRatio: null });
  expect(others).toHaveLength(1);
  expect(others[0]).toEqual({ ...before.rescoring, isCurrent: false });

  const after = await rescorings.create(runId, 'none');
  expect(after).toMatchObject({ isNew: true, rescoring: { isCurrent: true, modes: before.rescoring.modes } });
  expect(after.rescoring.id).not.toBe(before.rescoring.id);
  expect((await rescorings.list(runId)).rescorings).toHaveLength(2);
  expect(connection.prepare('SELECT count(*) FROM rescoring_counts WHERE task_id = ?').pluck().get(failed)).toBe(0);
  expect(connection.prepare('SELECT count(*) FROM rescoring_counts WHERE task_id = ?').pluck().get(again)).toBe(2);
});

test('a run that is taken up meanwhile is not rescored half before and half after', async () => {
  const runId = plantRun(connection, smallNight(), OPTIONS);
  const held = database.hold('addRescoredCounts', 'before');
  const rescored = rescorings.create(runId, 'none').catch((error: unknown) => error);
  await expect.poll(() => held.isReached).toBe(true);
  connection.prepare(`UPDATE runs SET status = 'running' WHERE id = ?`).run(runId);
  held.release();
  expect(await rescored).toMatchObject({ code: 'RUN_STATE_CONFLICT' });
  expect((await rescorings.list(runId)).rescorings).toHaveLength(1);
});

test('files come page by page, all or only those with other counts', async () => {
  const items = mixedNight();
  const runId = plantRun(connection, items, OPTIONS);
  const { id } = (await rescorings.create(runId, 'whisper-en')).rescoring;
  const rescoringId = id ?? 0;
  const pages = async (onlyChanged: boolean): Promise<RescoredItemRow[]> => {
    const rows: RescoredItemRow[] = [];
    for (let afterTaskId = 0; ;) {
      const page = await rescorings.items({ rescoringId, afterTaskId, count: 7, onlyChanged });
      const last = page.at(-1);
      if (last === undefined) return rows;
      rows.push(...page);
      afterTaskId = last.taskId;
    }
  };
  const all = await pages(false);
  const changed = await pages(true);
  expect(all).toHaveLength(54);
  expect(changed).toEqual(all.filter(({ original, rescored }) => JSON.stringify(original) !== JSON.stringify(rescored)));
  expect(changed.length).toBeGreaterThan(0);
  expect(all.find(({ fileId, mode }) => fileId === 'mixed/0.wav' && mode === 'streaming')).toMatchObject({
    rescored: measurePair(BOTH_CASES[0], BOTH_CASES[0].toUpperCase(), 'whisper-en').words,
  });
});

test('results.json under another normaliser has its counts and its name', async () => {
  const items = mixedNight();
  const runId = plantRun(connection, items, OPTIONS);
  const rows = (await database.read('resultRows', { runId, mode: 'streaming' })).map((row) => ({ ...row, errorDetail: null }));
  const own: ResultsInput = {
    modes: [{ mode: 'streaming', timestampMs: 1, rows }],
    normalizer: 'simple',
    normalizerVersion: 1,
    calculateWer: true,
    model: 'tiny-en',
    pacing: 'asFast',
    language: null,
  };
  const under = await rescorings.rescoredResults(own, runId, 'whisper-en');
  const overallOf = async (input: ResultsInput): Promise<unknown> =>
    (JSON.parse((await renderResults(input, NOTHING_THERE, () => Promise.resolve())).join('')) as Record<string, unknown>)['streaming'];
  const { words } = expected(items, 'streaming', 'whisper-en').pooled;
  expect(await overallOf(under)).toMatchObject({
    overall: {
      normalizer: 'whisper-en',
      normalizer_label: normalizerLabel('whisper-en'),
      num_scored: 19,
      wer: werRatio(words),
      deletions: words.deletions,
    },
  });
  expect(await rescorings.rescoredResults(own, runId, 'simple')).toEqual(own);
  expect(await rescorings.rescoredResults({ ...own, calculateWer: false }, runId, 'none')).toMatchObject({
    calculateWer: true,
    normalizer: 'none',
  });
});

type RescoredItemRow = Awaited<ReturnType<RescoringService['items']>>[number];

test('texts as long as a book go one by one, and the owner keeps turning', async () => {
  const book = (word: string): string => Array.from({ length: 60_000 }, (_, index) => `${word}${index % 997}`).join(' ');
  const items = Array.from({ length: 3 }, (_, index) =>
    reportItem(index + 1, `${index}.wav`, book('a'), [{ ...answeredResult('streaming', null, ''), answer: answerOf(`${book('a')} B.`) }]),
  );
  const runId = plantRun(connection, items, { ...OPTIONS, modes: ['streaming'], calculateWer: false });
  const { rescoring } = await rescorings.create(runId, 'simple');
  expect(rescoring.modes).toMatchObject([{ scored: 3, counts: { insertions: 3, hits: 180_000 } }]);
});

function answerOf(hypothesis: string): StoredReportItem['results'][number]['answer'] {
  return { hypothesis, segmentsJson: '[]', language: null, decodedSec: 1, announcedSec: 1, decodeSec: 0.1, warningCode: null };
}

test('2,620 files in three modes, in the thread', async () => {
  const words = 'the quick brown fox jumps over the lazy dog and runs away from it all on a cold night'.split(' ');
  const items = Array.from({ length: 2_620 }, (_, index) => {
    const reference = words.map((word, at) => `${word}${(index * 7 + at) % 31}`).join(' ');
    const modes: readonly Mode[] = ['streaming', 'chunked', 'original'];
    return reportItem(
      index + 1,
      `${index}.wav`,
      reference,
      modes.map((mode, at) => answeredResult(mode, null, reference.replace(`${at}`, 'X'))),
    );
  });
  const runId = plantRun(connection, items, OPTIONS);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const startedMs = performance.now();
  const { rescoring } = await rescorings.create(runId, 'whisper-en');
  const tookMs = performance.now() - startedMs;
  delays.disable();
  expect(rescoring.modes.map(({ scored }) => scored)).toEqual([2_620, 2_620, 2_620]);
  // At least a turn of the loop for each page: the work itself is in the threads.
  expect(delays.count).toBeGreaterThan((3 * 2_620) / 250);
  if (process.env['NIGHTSHIFT_SHOW_DELAYS'] !== undefined)
    process.stderr.write(`rescored in ${tookMs.toFixed(0)} ms, longest turn ${(delays.max / 1e6).toFixed(1)} ms\n`);
  const all: RunRescorings = await rescorings.list(runId);
  expect(all.rescorings.length).toBeGreaterThan(1);
});
