import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { createFakeRandom } from '#main/testing/fakeRandom.ts';
import { createMemoryFileStore } from '#main/testing/memoryFileStore.ts';
import { type Database, openDatabase } from '../persistence/database.ts';
import { ClaimedTasks } from './claimedTasks.ts';

let folder: string;
let database: Database;
let clock: FakeClock;
let decoded: string[];
let changes: number;
let runId: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-claimed-'));
  database = await openDatabase(join(folder, 'nightshift.db'));
  clock = new FakeClock();
  decoded = [];
  changes = 0;
  const names = Array.from({ length: 12 }, (_, index) => `${String.fromCharCode(97 + index)}.wav`);
  runId = await database.write('insertRun', {
    name: 'test',
    sources: ['/in'],
    options: RunOptionsSchema.parse({}),
    defaultFolder: folder,
    nowMs: 1,
  });
  const files = names.map((fileId) => ({
    path: `/in/${fileId}`,
    fileId,
    sizeBytes: 10,
    modifiedMs: 5,
    reference: null,
    referencePath: null,
    problemCode: null,
  }));
  await database.write('insertItems', { runId, files });
  const items = await database.read('uninspectedItems', { runId, afterId: 0, count: 100 });
  const facts = { sizeBytes: 10, modifiedMs: 5, container: 'wav', codec: 'pcm', sampleRateHz: 16_000, channels: 1, audioStreams: 1 };
  const inspections = items.map(({ id, path }) => ({ itemId: id, facts: { ...facts, sha256: path, announcedSec: 2 }, problem: null }));
  await database.write('recordInspections', { inspections, nowMs: 1 });
  const work = { modes: [{ mode: 'original' as const, workKey: 'w' }], limit: null, priority: 6, maxRetries: 3 };
  await database.write('planTasks', { runId, type: 'transcribe', ...work, nowMs: 1 });
});

afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

function claimedTasks(queueSize: number): ClaimedTasks {
  const options = RunOptionsSchema.parse({ queueSize });
  return new ClaimedTasks(
    {
      database,
      clock,
      random: createFakeRandom(),
      bootId: 'boot',
      files: { ...createMemoryFileStore(), stat: async () => ({ sizeBytes: 10, modifiedMs: 5, isFile: true, isFolder: false }) },
      decoder: {
        info: async () => ({ route: 'ffmpeg', version: null, path: null }),
        decode: (path) => {
          decoded.push(path);
          return {
            blocks: (async function* () {
              yield Buffer.alloc(64_000);
            })(),
            summary: Promise.resolve({ decodedSec: 1, announcedSec: 2, badPackets: 0, nonFiniteSamples: 0 }),
          };
        },
      },
    },
    { runId, mode: 'original', options, modelName: 'tiny', modelPath: '/tiny' },
    {
      signal: new AbortController().signal,
      mayDecode: () => true,
      onChange: () => (changes += 1),
      onBroken: (error) => {
        throw error;
      },
      release: async ({ taskId, leaseToken }) => {
        await database.write('finishTask', { taskId, leaseToken, nowMs: 1, outcome: { kind: 'released' } });
      },
    },
  );
}

function sqlite<T>(use: (connection: BetterSqlite.Database) => T): T {
  const connection = new BetterSqlite(join(folder, 'nightshift.db'));
  try {
    return use(connection);
  } finally {
    connection.close();
  }
}

function claimedRows(): number {
  return sqlite((connection) => connection.prepare(`SELECT count(*) FROM tasks WHERE status = 'claimed'`).pluck().get() as number);
}

function pathsOf(claimed: ClaimedTasks): string[] {
  const paths: string[] = [];
  for (let next = claimed.take(); next !== null; next = claimed.take()) {
    paths.push(next.task.path);
    next.audio.cancel();
  }
  return paths;
}

test('no more is claimed ahead than the queue may hold', async () => {
  const claimed = claimedTasks(3);
  for (let started = 0; started < 3; started += 1) {
    claimed.fill(8);
    await eventually(() => expect(claimed.isBusy).toBe(false));
    expect(claimedRows()).toBe(3 + started);
    claimed.take()?.audio.cancel();
  }
  await claimed.end();
  expect(claimedRows()).toBe(3);
});

test('what is given back is claimed in the new order, and what was decoded of it is used', async () => {
  const claimed = claimedTasks(1_000);
  claimed.fill(2);
  await eventually(() => expect(changes).toBe(1));
  await clock.advance(50);
  expect(decoded).toEqual(['/in/a.wav', '/in/b.wav']);
  sqlite((connection) => connection.exec(`UPDATE tasks SET rank = -1 WHERE item_id = (SELECT id FROM items WHERE file_id = 'l.wav')`));
  const first = claimed.giveBack();
  expect(claimed.take()).toBeNull();
  await Promise.all([first, claimed.giveBack()]);
  expect(claimedRows()).toBe(0);
  claimed.fill(2);
  await eventually(() => expect(claimed.isBusy).toBe(false));
  expect(pathsOf(claimed).slice(0, 3)).toEqual(['/in/l.wav', '/in/a.wav', '/in/b.wav']);
  await eventually(() => expect(decoded.filter((path) => path === '/in/a.wav' || path === '/in/b.wav')).toHaveLength(2));
  await claimed.end();
});

test('a task that does not come back leaves no audio behind', async () => {
  const claimed = claimedTasks(1_000);
  claimed.fill(1);
  await eventually(() => expect(changes).toBe(1));
  await clock.advance(50);
  expect(decoded).toEqual(['/in/a.wav']);
  await claimed.giveBack();
  sqlite((connection) =>
    connection.exec(`UPDATE tasks SET status = 'cancelled' WHERE item_id = (SELECT id FROM items WHERE file_id = 'a.wav')`),
  );
  claimed.fill(1);
  await eventually(() => expect(claimed.isBusy).toBe(false));
  expect(pathsOf(claimed)[0]).toBe('/in/b.wav');
  await claimed.end();
});
