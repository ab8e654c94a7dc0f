import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEFAULT_RETENTION } from '#shared/contract/retention.ts';
import { createStorageFolder } from '#main/platform/storageFolder.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { plantTexts } from '#main/testing/plantedTexts.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { checkDatabaseFile } from '../backups/databaseFile.ts';
import { openWriter } from '../persistence/connection.ts';
import { type Database, openDatabase } from '../persistence/database.ts';
import { createRetentionService, type RetentionService } from './retentionService.ts';

let folder: string;
let databasePath: string;
let database: Database;
let retention: RetentionService;
const removed: number[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-clean-'));
  databasePath = join(folder, 'nightshift.db');
  removed.length = 0;
});

afterEach(async () => {
  await retention.close();
  await database.close();
  await rm(folder, { recursive: true });
});

async function open(): Promise<void> {
  database = await openDatabase(databasePath);
  retention = createRetentionService({
    database,
    storage: createStorageFolder(folder),
    clock: new FakeClock(),
    logger: silentLogger,
    rules: () => ({ ...DEFAULT_RETENTION, uploadDays: null, logDays: null, diskGib: null }),
    removeRun: async (runId) => {
      removed.push(runId);
      await database.write('discardRun', { runId, from: 'finished' });
    },
  });
}

async function plantFolder(runId: number): Promise<void> {
  await mkdir(join(folder, 'runs', String(runId), 'report'), { recursive: true });
  await writeFile(join(folder, 'runs', String(runId), 'results.json'), 'x'.repeat(1_000));
}

function rows(table: string): number {
  const connection = openWriter(databasePath);
  const count = connection.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0;
  connection.close();
  return count;
}

test('a cleaned run goes with its rows and its folder; texts that another run points at stay', async () => {
  const [first = 0, second = 0] = plantTexts(databasePath, [
    { own: 450, shared: 30 },
    { own: 20, shared: 30 },
  ]);
  await Promise.all([first, second].map(plantFolder));
  await open();
  const { entries, fileBytes } = await retention.preview({ runCount: 1 });
  expect(entries.map(({ key }) => key)).toEqual([`run:${first}`]);
  expect(fileBytes).toBe(1_000);
  expect(await retention.clean({ runCount: 1 }, [`run:${first}`])).toMatchObject({ left: [], fileBytes: 1_000 });
  expect(removed).toEqual([first]);
  expect(await readdir(join(folder, 'runs'))).toEqual([String(second)]);
  expect([rows('tasks'), rows('items'), rows('attempts'), rows('results'), rows('run_cleanings')]).toEqual([50, 50, 20, 50, 0]);
  expect(checkDatabaseFile(databasePath).isSound).toBe(true);
});

test('only what was named and still may go is removed', async () => {
  const [first = 0, second = 0] = plantTexts(databasePath, [
    { own: 3, shared: 0 },
    { own: 3, shared: 0 },
  ]);
  await open();
  await retention.pin(first, true);
  expect((await retention.usage()).pinnedRuns).toEqual([{ runId: first, name: `planted ${first}` }]);
  expect(await retention.clean({ runCount: 0 }, [`run:${first}`, 'upload:nothing'])).toMatchObject({
    removed: [],
    left: [`run:${first}`, 'upload:nothing'],
  });
  await retention.pin(first, false);
  await retention.clean({ runCount: 0 }, [`run:${first}`]);
  expect(removed).toEqual([first]);
  expect(await database.read('runStatus', { runId: second })).toBe('finished');
  await expect(retention.pin(999, true)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
});

test('a run that is being cleaned away cannot be started, and the next start ends what a killed one began', async () => {
  const [runId = 0] = plantTexts(databasePath, [{ own: 450, shared: 0 }]);
  await plantFolder(runId);
  await open();
  expect(await database.write('beginCleaning', { runId, nowMs: 1 })).toBe(true);
  await database.write('cleanRunRows', { runId, count: 10 });
  await expect(database.write('requeueRun', { runId, from: 'finished', redo: false, nowMs: 2 })).rejects.toMatchObject({
    code: 'DB_FAILED',
  });
  expect(await database.read('runStatus', { runId })).toBe('finished');
  expect(await database.read('runFacts')).toEqual([]);
  retention.open();
  await expect.poll(() => database.read('unfinishedCleanings')).toEqual([]);
  expect([rows('runs'), rows('tasks'), rows('results')]).toEqual([0, 0, 0]);
  expect(await readdir(join(folder, 'runs'))).toEqual([]);
});

test('texts that no run points at go when the rules say so, and only they', async () => {
  plantTexts(databasePath, [{ own: 5, shared: 0 }]);
  const connection = openWriter(databasePath);
  connection.exec(`UPDATE tasks SET result_id = NULL WHERE id % 2 = 0`);
  connection.close();
  await open();
  const { entries } = await retention.preview({ unusedAnswers: true });
  expect(entries).toMatchObject([{ key: 'answers', name: '2' }]);
  await retention.clean({ unusedAnswers: true }, ['answers']);
  expect(rows('results')).toBe(3);
});

test('links in the data folder are not followed', async () => {
  plantTexts(databasePath, []);
  await open();
  const outside = await mkdtemp(join(tmpdir(), 'nightshift-outside-'));
  await writeFile(join(outside, 'precious.wav'), 'x'.repeat(5_000));
  await mkdir(join(folder, 'runs', '1'), { recursive: true });
  await symlink(outside, join(folder, 'runs', '1', 'link'));
  const storage = createStorageFolder(folder);
  const { runs } = await storage.measure();
  expect(runs[0]?.bytes).toBeLessThan(5_000);
  await storage.remove({ kind: 'run', runId: 1 });
  expect(await readdir(outside)).toEqual(['precious.wav']);
  await expect(storage.remove({ kind: 'log', name: '../nightshift.db' })).rejects.toThrow('not a name of ours');
  await rm(outside, { recursive: true });
});
