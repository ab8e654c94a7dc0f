import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import type { Database } from '../persistence/database.ts';
import type { ClaimedTask } from '../persistence/operations/tasks.ts';
import type { SettledPart } from '../servers/adapters/asrAdapter.ts';
import { TaskProgress } from './taskProgress.ts';

const CHECKPOINT = {
  samples: 30 * 16_000,
  segments: [{ startMs: 0, endMs: 31_000, text: 'before', words: [] }],
  language: 'en',
  processingSec: 3,
  decodeSec: 2,
  firstTokenLatencyMs: 70,
};

let clock: FakeClock;
let written: { operation: string; fromSec?: number; untilSec?: number; words?: string[] }[];
let progress: TaskProgress;

beforeEach(() => {
  clock = new FakeClock();
  written = [];
  const database = {
    write: async (operation: string, row: { fromSamples?: number; samples?: number; segments?: { text: string }[] }) => {
      if (row.fromSamples === undefined || row.samples === undefined) return written.push({ operation });
      const words = row.segments?.map(({ text }) => text) ?? [];
      return written.push({ operation, fromSec: row.fromSamples / 16_000, untilSec: row.samples / 16_000, words });
    },
  };
  const task: Pick<ClaimedTask, 'taskId' | 'leaseToken' | 'resultKey'> = { taskId: 1, leaseToken: 'l', resultKey: 'k' };
  progress = new TaskProgress({ database: database as unknown as Database, clock, logger: silentLogger }, task as ClaimedTask);
});

function part(untilSec: number): SettledPart {
  const word = { word: `w${untilSec}`, startMs: untilSec * 1_000 - 500, endMs: untilSec * 1_000, confidence: null };
  return {
    samples: untilSec * 16_000,
    segments: [{ startMs: word.startMs, endMs: word.endMs, text: word.word, words: [word] }],
    language: 'de',
    processingSec: 1,
    decodeSec: 0.5,
    firstTokenLatencyMs: 200,
  };
}

test('a row tells only what is new, at most every five seconds and for ten seconds of audio', async () => {
  progress.startFrom({ decoder: 'd', checkpoint: null });
  progress.settled(part(20));
  expect(written).toEqual([]);
  await clock.advance(5_000);
  progress.settled(part(40));
  expect(written).toEqual([{ operation: 'addCheckpoint', fromSec: 0, untilSec: 40, words: ['w20', 'w40'] }]);
  progress.settled(part(45));
  progress.keep();
  expect(written).toHaveLength(1);
  progress.settled(part(60));
  progress.keep();
  expect(written[1]).toEqual({ operation: 'addCheckpoint', fromSec: 40, untilSec: 60, words: ['w45', 'w60'] });
  expect(progress.finalSec).toBe(60);
});

test('a short file has no rows, whatever becomes of it', async () => {
  progress.startFrom({ decoder: null, checkpoint: null });
  await clock.advance(60_000);
  progress.settled(part(20));
  progress.keep();
  progress.forget();
  expect(written).toEqual([]);
});

test('a doubted text is forgotten with its rows', () => {
  progress.startFrom({ decoder: 'd', checkpoint: CHECKPOINT });
  progress.forget();
  progress.settled(part(60));
  progress.keep();
  expect(written).toEqual([{ operation: 'dropCheckpoint' }]);
});

test('times and figures of what follows a checkpoint are those of the whole file', () => {
  progress.startFrom({ decoder: 'd', checkpoint: CHECKPOINT });
  expect(progress.finalSec).toBe(30);
  const { segments, ...figures } = part(10);
  expect(progress.whole({ ...figures, segments, text: 'w10', audioSec: 12 })).toMatchObject({
    text: 'before w10',
    segments: [{ endMs: 31_000 }, { startMs: 39_500, endMs: 40_000, words: [{ startMs: 39_500, endMs: 40_000 }] }],
    language: 'en',
    audioSec: 42,
    processingSec: 4,
    decodeSec: 2.5,
    firstTokenLatencyMs: 70,
  });
  expect(progress.whole({ ...figures, segments: [], text: '', audioSec: 0 })).toMatchObject({
    text: 'before',
    segments: [{ endMs: 30_000 }],
  });
});

test('an attempt has got further once a row says so, not by what it took over', () => {
  progress.startFrom({ decoder: 'd', checkpoint: CHECKPOINT });
  expect(progress.hasAdvanced).toBe(false);
  progress.settled(part(5));
  progress.keep();
  expect(progress.hasAdvanced).toBe(false);
  progress.settled(part(20));
  progress.keep();
  expect(progress.hasAdvanced).toBe(true);
});
