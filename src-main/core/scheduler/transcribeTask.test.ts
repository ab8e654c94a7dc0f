import { expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { HookedDatabase } from '#main/testing/hookedDatabase.ts';
import { createMemoryFileStore } from '#main/testing/memoryFileStore.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { syntheticSpeech, steadyTone } from '#main/testing/syntheticSpeech.ts';
import type { MediaDecoder } from '../media/mediaDecoder.ts';
import type { Database } from '../persistence/database.ts';
import type { ClaimedTask, DoneResult } from '../persistence/operations/tasks.ts';
import type { AsrSession } from '../servers/adapters/asrAdapter.ts';
import { AudioAhead } from './audioAhead.ts';
import { TaskProgress } from './taskProgress.ts';
import { transcribeTask } from './transcribeTask.ts';

const TASK: ClaimedTask = {
  taskId: 1,
  leaseToken: 'l',
  itemId: 1,
  fileId: 'a.wav',
  path: '/in/a.wav',
  sha256: 'x',
  sizeBytes: 10,
  modifiedMs: 5,
  announcedSec: 5,
  reference: null,
  mode: 'original',
  priority: 6,
  rank: 0,
  language: null,
  maxRetries: 3,
  failedAttempts: 0,
  losses: 0,
  suspiciousAttempts: 0,
  resultKey: 'k',
};

/** A server that takes all audio and returns the text, placed at its beginning. */
function sessionSaying(text: string, endMs: number): AsrSession {
  return {
    hello: { protocol: 'openai', capacity: 1, model: null, instance: null },
    reusable: true,
    close: async () => undefined,
    transcribe: async ({ blocks }) => {
      let bytes = 0;
      for await (const block of blocks) bytes += block.length;
      const segments = text === '' ? [] : [{ startMs: 0, endMs, text, words: [] }];
      return { text, segments, language: null, audioSec: bytes / 64_000, processingSec: 1, decodeSec: null, firstTokenLatencyMs: null };
    },
  };
}

async function attempt(audio: Iterable<Buffer>, session: AsrSession, change: Partial<ClaimedTask> = {}): Promise<DoneResult> {
  const decoder: Pick<MediaDecoder, 'decode'> = {
    decode: () => ({
      blocks: (async function* () {
        yield* audio;
      })(),
      summary: Promise.resolve({ decodedSec: 30, announcedSec: 30, badPackets: 0, nonFiniteSamples: 0 }),
    }),
  };
  const files = { ...createMemoryFileStore(), stat: async () => ({ sizeBytes: 10, modifiedMs: 5, isFile: true, isFolder: false }) };
  const never = new AbortController().signal;
  const database = new HookedDatabase({} as Database);
  const task = { ...TASK, ...change };
  const audioAhead = new AudioAhead({ decoder: decoder as MediaDecoder, files, database }, task, never);
  const progress = new TaskProgress({ database, clock: new FakeClock(), logger: silentLogger }, task);
  return await transcribeTask(task, RunOptionsSchema.parse({}), 'model', audioAhead, session, progress, never);
}

test('speech without text, and a lost end, are tried once more', async () => {
  await expect(attempt(syntheticSpeech(30), sessionSaying('', 0))).rejects.toMatchObject({
    code: 'TEXT_SUSPICIOUS',
    data: { path: '/in/a.wav', detail: expect.stringMatching(/^no text for/) },
  });
  const cut = sessionSaying('one two three four five six', 10_000);
  await expect(attempt(syntheticSpeech(30), cut)).rejects.toMatchObject({ code: 'TEXT_SUSPICIOUS' });
});

test('a text that stays suspicious is kept with a warning, and so is one that may not be tried again', async () => {
  const session = sessionSaying('', 0);
  for (const change of [{ suspiciousAttempts: 1, failedAttempts: 1 }, { maxRetries: 0 }, { failedAttempts: 3 }]) {
    expect(await attempt(syntheticSpeech(30), session, change)).toMatchObject({ hypothesis: '', warningCode: 'TEXT_SUSPICIOUS' });
  }
});

test('enough text, silence, hum and short files are not suspected', async () => {
  const full = await attempt(syntheticSpeech(30), sessionSaying('one two three four five six', 29_500));
  expect(full.warningCode).toBeNull();
  for (const audio of [steadyTone(60, 0), steadyTone(60, 0.05), syntheticSpeech(2), syntheticSpeech(60, 0, 2), []]) {
    expect((await attempt(audio, sessionSaying('', 0))).warningCode).toBeNull();
  }
});
