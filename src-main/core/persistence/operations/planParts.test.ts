import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { type Connection, openWriter } from '../connection.ts';
import { itemWrites } from './items.ts';
import { lifecycleWrites } from './lifecycle.ts';
import { runWrites } from './runs.ts';
import { type PlanRequest, taskWrites } from './tasks.ts';

const OPTIONS = RunOptionsSchema.parse({ modes: ['streaming', 'original'] });
const FILES = 11;
let folder: string;
let connection: Connection;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-plan-'));
  connection = openWriter(join(folder, 'nightshift.db'));
  connection.pragma('synchronous = OFF');
});

afterEach(async () => {
  connection.close();
  await rm(folder, { recursive: true });
});

/** A run that may be started, with one file that can never be done. */
function readyRun(name: string): number {
  const runId = runWrites.insertRun(connection, { name, sources: ['/in'], options: OPTIONS, defaultFolder: '/out', nowMs: 1 });
  const files = Array.from({ length: FILES }, (_, index) => ({
    path: `/in/${index}.wav`,
    fileId: `${index}.wav`,
    sizeBytes: 1,
    modifiedMs: 1,
    reference: 'a',
    referencePath: null,
    problemCode: index === 3 ? ('FILE_EMPTY' as const) : null,
  }));
  itemWrites.insertItems(connection, { runId, files });
  connection.prepare(`UPDATE items SET inspected = 1, sha256 = 'sha-' || file_id WHERE run_id = ? AND problem_code IS NULL`).run(runId);
  runWrites.moveRun(connection, { runId, from: 'preparing', to: 'ready', nowMs: 1 });
  return runId;
}

function planOf(runId: number): PlanRequest {
  const modes = OPTIONS.modes.map((mode) => ({ mode, workKey: `key-${mode}` }));
  return { runId, type: 'transcribe', modes, limit: null, priority: 6, maxRetries: 3, nowMs: 1_000 };
}

/** @param steps how many parts are planned before the start */
function planParts(runId: number, steps: number): { afterItemId: number; count: null; placesBefore: number } {
  let afterItemId = 0;
  let placesBefore = 0;
  for (let step = 0; step < steps; step += 1) {
    const part = { afterItemId, count: 4, placesBefore };
    const last = taskWrites.planPart(connection, { from: 'ready', plan: planOf(runId), part });
    if (last === null) break;
    afterItemId = last;
    placesBefore += 4;
  }
  return { afterItemId, count: null, placesBefore };
}

function start(runId: number, part?: PlanRequest['part']): boolean {
  const plan = part === undefined ? planOf(runId) : { ...planOf(runId), part };
  const model = { name: 'm', path: '', fingerprint: 'f' };
  return lifecycleWrites.startRun(connection, { from: 'ready', options: OPTIONS, model, defaultFolder: '/out', plan });
}

function tasksOf(runId: number): unknown[] {
  return connection
    .prepare(
      `SELECT i.file_id, t.mode, t.status, t.result_key, t.priority, iif(t.status = 'queued', t.rank, NULL) AS rank, t.error_code
       FROM tasks t JOIN items i ON i.id = t.item_id WHERE t.run_id = ? ORDER BY i.id, t.mode`,
    )
    .all(runId);
}

test.each([0, 1, 2, 9])('planned in parts, %i of them before the start, the tasks are those of a start at once', (steps) => {
  const [atOnce, inParts] = [readyRun('at once'), readyRun('in parts')];
  expect(start(atOnce)).toBe(true);
  expect(start(inParts, planParts(inParts, steps))).toBe(true);
  expect(tasksOf(atOnce)).toHaveLength(FILES * 2);
  expect(tasksOf(inParts)).toEqual(tasksOf(atOnce));
  const logged = connection.prepare(`SELECT run_id, count(*) AS n FROM event_log WHERE code = 'fileFailed' GROUP BY run_id`).all();
  expect(logged).toEqual([atOnce, inParts].map((runId) => ({ run_id: runId, n: 2 })));
});

test('what an owner that died had planned is gone at the next start, and a started run keeps its tasks', () => {
  const [started, halfPlanned] = [readyRun('started'), readyRun('half planned')];
  start(started);
  planParts(halfPlanned, 2);
  expect(tasksOf(halfPlanned)).not.toEqual([]);
  lifecycleWrites.recoverOtherBoots(connection, { bootId: 'next', nowMs: 2_000 });
  expect(tasksOf(halfPlanned)).toEqual([]);
  expect(tasksOf(started)).toHaveLength(FILES * 2);
  expect(start(halfPlanned, planParts(halfPlanned, 9))).toBe(true);
  expect(tasksOf(halfPlanned)).toEqual(tasksOf(started));
});

test('nothing is planned for a run that was stopped meanwhile, and what was is dropped in steps; tasks of a started run are not', () => {
  const [stopped, started] = [readyRun('stopped'), readyRun('started')];
  const part = planParts(stopped, 2);
  runWrites.moveRun(connection, { runId: stopped, from: 'ready', to: 'stopped', nowMs: 2_000 });
  const next = { from: 'ready' as const, plan: planOf(stopped), part: { ...part, count: 4 } };
  expect(taskWrites.planPart(connection, next)).toBeNull();
  expect(start(stopped, part)).toBe(false);
  let steps = 1;
  while (taskWrites.dropPlanned(connection, { runId: stopped, count: 5 })) steps += 1;
  expect(tasksOf(stopped)).toEqual([]);
  expect(steps).toBeGreaterThan(1);
  start(started);
  expect(taskWrites.dropPlanned(connection, { runId: started, count: 5 })).toBe(false);
  expect(tasksOf(started)).toHaveLength(FILES * 2);
});
