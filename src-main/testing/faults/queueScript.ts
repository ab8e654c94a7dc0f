import { RunOptionsSchema } from '#shared/contract/runs.ts';
import type { Database } from '../../core/persistence/database.ts';
import type { TaskOutcome } from '../../core/persistence/operations/tasks.ts';

const NOW_MS = 1_767_225_600_000;
const FILES = 4;
const LEASE = 'boot-1-a';

/** One write of the queue, the same every time. */
type Step = (database: Database) => Promise<unknown>;

const RESULT = {
  hypothesis: 'one two',
  segments: [],
  language: null,
  model: 'tiny',
  decodedSec: 2,
  announcedSec: 2,
  processingSec: 0.5,
  decodeSec: null,
  firstTokenLatencyMs: null,
  warningCode: null,
};
const ERROR = { code: 'SERVER_BAD_RESPONSE', data: {} } as const;
const OUTCOMES: readonly TaskOutcome[] = [
  { kind: 'done', result: RESULT, counts: null },
  { kind: 'retry', error: ERROR, notBeforeMs: NOW_MS + 5_000, priority: 7 },
  { kind: 'failed', error: ERROR, counts: null },
  { kind: 'requeue', error: ERROR, notBeforeMs: NOW_MS, isLoss: true },
];
const options = RunOptionsSchema.parse({});
const run = { runId: 1, nowMs: NOW_MS };

/** A short life of a run, one commit for each step. */
export const QUEUE_STEPS: readonly Step[] = [
  (database) => database.write('recordBoot', { bootId: 'boot-1', pid: 1, host: 'library', nowMs: NOW_MS }),
  (database) => database.write('recoverOtherBoots', { bootId: 'boot-1', nowMs: NOW_MS }),
  (database) => database.write('insertRun', { name: 'a', sources: ['/in'], options, defaultFolder: '/out', nowMs: NOW_MS }),
  (database) => database.write('insertItems', { runId: 1, files: Array.from({ length: FILES }, (_, file) => scanned(file)) }),
  (database) => database.write('recordInspections', { inspections: Array.from({ length: FILES }, (_, file) => inspected(file)), nowMs: 1 }),
  (database) => database.write('moveRun', { ...run, from: 'preparing', to: 'ready' }),
  (database) =>
    database.write('startRun', {
      from: 'ready',
      options,
      model: { name: 'tiny', path: '', fingerprint: 'tiny' },
      defaultFolder: '/out',
      plan: { ...run, type: 'transcribe', modes: [{ mode: 'streaming', workKey: 'w' }], limit: null, priority: 6, maxRetries: 3 },
    }),
  (database) => database.write('beginQueueChange', { ...run, change: 'itemsHeld' }),
  (database) => database.write('holdTasks', { runId: 1, changeId: 1, taskIds: [4], isHeld: true }),
  (database) => database.write('endQueueChange', { changeId: 1, count: 1 }),
  (database) => database.write('undoTasks', { changeId: 1, afterTaskId: 0, count: 10 }),
  (database) => database.write('endUndo', { changeId: 1, nowMs: NOW_MS }),
  (database) => database.write('enterRun', run),
  (database) => database.write('moveMode', { ...run, mode: 'streaming', status: 'running' }),
  (database) => database.write('claimTasks', { ...run, mode: 'streaming', count: FILES, bootId: 'boot-1', leasePrefix: LEASE }),
  ...OUTCOMES.flatMap((outcome, file): Step[] => {
    const lease = { taskId: file + 1, leaseToken: `${LEASE}-${file + 1}`, nowMs: NOW_MS };
    return [
      (database) => database.write('beginAttempt', { ...lease, serverInstance: null }),
      (database) => database.write('finishTask', { ...lease, outcome }),
    ];
  }),
  (database) => database.write('moveRun', { ...run, from: 'running', to: 'pausing' }),
  (database) => database.write('moveRun', { ...run, from: 'pausing', to: 'paused' }),
  (database) => database.write('requeueRun', { ...run, from: 'paused', redo: false, pausedBy: null }),
  (database) => database.write('cancelRun', { ...run, from: 'queued' }),
];

function scanned(file: number): {
  path: string;
  fileId: string;
  sizeBytes: number;
  modifiedMs: number;
  reference: string;
  referencePath: null;
  problemCode: null;
} {
  const fileId = `${file}.wav`;
  return { path: `/in/${fileId}`, fileId, sizeBytes: 10, modifiedMs: 5, reference: 'one two', referencePath: null, problemCode: null };
}

function inspected(file: number): {
  itemId: number;
  facts: {
    sha256: string;
    sizeBytes: number;
    modifiedMs: number;
    container: string;
    codec: string;
    sampleRateHz: number;
    channels: number;
    audioStreams: number;
    announcedSec: number;
  };
  problem: null;
} {
  const facts = { container: 'wav', codec: 'pcm', sampleRateHz: 16_000, channels: 1, audioStreams: 1, announcedSec: 2 };
  return { itemId: file + 1, facts: { ...facts, sha256: `sha-${file}`, sizeBytes: 10, modifiedMs: 5 }, problem: null };
}
