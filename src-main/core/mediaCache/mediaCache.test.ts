import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { createCacheFolder } from '#main/platform/cacheFolder.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { type Database, openDatabase } from '../persistence/database.ts';
import { AudioCache } from './audioCache.ts';
import { createMediaCache, forgetFiles } from './mediaCache.ts';

let folder: string;
let database: Database;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-facts-'));
  database = await openDatabase(join(folder, 'nightshift.db'));
});

afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

const pathOf = (index: number): string => `/in/${String(index).padStart(4, '0')}.wav`;

/** Looks at files of a run of their own. */
async function look(indexes: readonly number[], nowMs: number): Promise<number> {
  const options = RunOptionsSchema.parse({});
  const runId = await database.write('insertRun', { name: 'r', sources: ['/in'], options, defaultFolder: '/out', nowMs });
  const files = indexes.map((index) => ({
    path: pathOf(index),
    fileId: pathOf(index),
    sizeBytes: 10,
    modifiedMs: 5,
    reference: null,
    referencePath: null,
    problemCode: null,
  }));
  await database.write('insertItems', { runId, files });
  const items = await database.read('uninspectedItems', { runId, afterId: 0, count: 10_000 });
  const form = { container: 'wav', codec: 'pcm', sampleRateHz: 16_000, channels: 1, audioStreams: 1, announcedSec: 2 };
  const inspections = items.map(({ id, path }) => ({
    itemId: id,
    facts: { sha256: `sha of ${path}`, sizeBytes: 10, modifiedMs: 5, ...form },
    problem: null,
  }));
  await database.write('recordInspections', { inspections, nowMs });
  return runId;
}

async function known(indexes: readonly number[]): Promise<number[]> {
  const items = indexes.map((index) => ({ id: index, path: pathOf(index), sizeBytes: 10, modifiedMs: 5 }));
  return Object.keys(await database.read('knownFacts', { items })).map(Number);
}

test('files not looked at for longest are forgotten first, in many steps; a run that finds them again counts as a look', async () => {
  const all = Array.from({ length: 1_300 }, (_, index) => index + 1);
  await look(all, 1_000);
  await look([1, 2, 3], 2_000);
  expect(await forgetFiles(database, 1_300)).toBe(0);
  expect(await forgetFiles(database, 100)).toBe(1_200);
  expect(await database.read('knownFileCount')).toBe(100);
  expect(await known([1, 2, 3, 4, 1_203, 1_204, 1_300])).toEqual([1, 2, 3, 1_204, 1_300]);
});

test('emptying forgets every file', async () => {
  await look([1, 2], 1_000);
  const audio = new AudioCache({
    files: createCacheFolder(join(folder, 'audio')),
    disks: { space: async () => null },
    logger: silentLogger,
    dataDir: folder,
    maxBytes: () => 1_000,
  });
  const cache = createMediaCache({ audio, database });
  expect(await cache.usage()).toEqual({ audioBytes: 0, audioFiles: 0, knownFiles: 2 });
  expect(await cache.empty()).toEqual({ audioBytes: 0, audioFiles: 0, knownFiles: 2 });
  expect(await known([1, 2])).toEqual([]);
});

test('a file is decoded again while another of its modes has not begun', async () => {
  const runId = await look([1], 1_000);
  const modes = (['streaming', 'chunked'] as const).map((mode) => ({ mode, workKey: mode }));
  await database.write('planTasks', { runId, type: 'transcribe', modes, limit: null, priority: 6, maxRetries: 3, nowMs: 1 });
  const claim = async (mode: 'streaming' | 'chunked') => {
    const [task] = await database.write('claimTasks', { runId, mode, count: 1, nowMs: 1, bootId: 'b', leasePrefix: mode });
    if (task === undefined) throw new Error('nothing to claim');
    return task;
  };
  const first = await claim('streaming');
  expect(await database.read('laterDecode', { taskId: first.taskId, itemId: first.itemId })).toBe(runId);
  const second = await claim('chunked');
  expect(await database.read('laterDecode', { taskId: first.taskId, itemId: first.itemId })).toBe(runId);
  await database.write('beginAttempt', { taskId: second.taskId, leaseToken: second.leaseToken, nowMs: 1, serverInstance: null });
  expect(await database.read('laterDecode', { taskId: first.taskId, itemId: first.itemId })).toBeNull();
});
