import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Gate, GateSchema } from '#shared/contract/gate.ts';
import { RunOptionsSchema, type RunSummary } from '#shared/contract/runs.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { EventBus } from '#main/core/events.ts';
import { openWriter } from '#main/core/persistence/connection.ts';
import { type Database, openDatabase } from '#main/core/persistence/database.ts';
import { createClock } from '#main/platform/clock.ts';
import { createFileStore } from '#main/platform/fileStore.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { REPORT_AT_MS, reportFacts, smallNight } from '#main/testing/reportRows.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { GateKeeper } from './gateKeeper.ts';
import { createReportService } from './reportService.ts';

const gate = (min: number): Gate => GateSchema.parse({ version: 1, rules: [{ scope: 'run', metric: 'successRatio', min }] });

let folder: string;
const NO_ESTIMATES = {
  etaSec: null,
  etaLowSec: null,
  etaHighSec: null,
  progressRatio: 0,
  audioMinPerMin: null,
  audioMinPerMinOverall: null,
};

let database: Database;
let events: EventBus;
let keeper: GateKeeper;
/** Verdicts as they were announced. */
let announced: { runId: number; gatePassed: boolean | null }[];

async function get(runId: number): Promise<RunSummary> {
  const run = await database.read('storedRun', { runId, nowMs: 0 });
  if (run === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
  return { ...run, activeWorkers: 0, allowedWorkers: 0, workersReason: null, workersFacts: null, ...NO_ESTIMATES, resultsError: null };
}

/** A data folder with one finished run for each gate, and a keeper that has not begun. */
async function withRuns(...gates: readonly (Gate | null)[]): Promise<number[]> {
  const path = join(folder, 'nightshift.db');
  const connection = openWriter(path);
  const ids = gates.map((rules) =>
    plantRun(connection, smallNight(), RunOptionsSchema.parse({ modes: ['streaming', 'chunked', 'original'], gate: rules })),
  );
  connection.close();
  database = await openDatabase(path);
  events = new EventBus((error) => expect.unreachable(String(error)));
  announced = [];
  events.subscribe((event) => {
    if (event.name === 'run.changed') announced.push({ runId: event.payload.id, gatePassed: event.payload.gatePassed });
  });
  const reports = createReportService({
    database,
    clock: { ...createClock(), nowMs: () => REPORT_AT_MS + 1 },
    files: createFileStore(),
    printer: { printPdf: () => Promise.reject(new NightshiftError('PDF_UNAVAILABLE')) },
    runsFolder: join(folder, 'runs'),
    getRun: get,
    readResults: () => Promise.reject(new NightshiftError('INVARIANT_BROKEN', {})),
    environment: () => Promise.resolve(reportFacts().environment),
  });
  keeper = new GateKeeper({ reports, runs: { get }, database, events, logger: silentLogger });
  return ids;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-gates-'));
});
afterEach(async () => {
  await keeper.close();
  await database.close();
  await rm(folder, { recursive: true });
});

test('runs that finished unjudged are judged by the next owner, those without rules are left alone', async () => {
  const [passing, failing, without] = await withRuns(gate(0.1), gate(1), null);
  keeper.open();
  await expect
    .poll(() => announced)
    .toEqual([
      { runId: passing, gatePassed: true },
      { runId: failing, gatePassed: false },
    ]);
  expect((await get(without ?? 0)).gatePassed).toBeNull();
  expect(await database.read('runsToJudge')).toEqual([]);
});

test('a run is judged when it finishes, and again only after it finished again', async () => {
  const [runId = 0] = await withRuns(gate(0.1));
  const finished = await get(runId);
  await database.write('moveRun', { runId, from: 'finished', to: 'queued', nowMs: 1 });
  keeper.open();
  events.emit('run.changed', await get(runId));
  const finishAgain = async (nowMs: number): Promise<void> => {
    for (const [from, to] of [
      ['queued', 'running'],
      ['running', 'finished'],
    ] as const)
      await database.write('moveRun', { runId, from, to, nowMs });
    events.emit('run.changed', await get(runId));
    events.emit('run.changed', await get(runId));
  };
  const verdicts = (): number => announced.filter(({ gatePassed }) => gatePassed === true).length;
  expect(verdicts()).toBe(0);
  await finishAgain(finished.endedAtMs ?? 0);
  await expect.poll(verdicts, { timeout: 30_000 }).toBe(1);
  await keeper.close();
  expect(verdicts()).toBe(1);
});

test('a verdict asked for is kept with the run and announced', async () => {
  const [runId = 0] = await withRuns(null);
  expect(await keeper.judge(runId, gate(1))).toMatchObject({ valid: false });
  expect(announced).toEqual([{ runId, gatePassed: false }]);
  await expect(keeper.judge(runId + 1, gate(1))).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
});
