import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtInProfile } from '#shared/contract/profiles.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { type Mode, MODES } from '#shared/domain/mode.ts';
import { createMediaDecoder } from '#main/core/media/decoderClient.ts';
import type { MediaDecoder } from '#main/core/media/mediaDecoder.ts';
import { type Database, openDatabase } from '#main/core/persistence/database.ts';
import type { DoneResult } from '#main/core/persistence/operations/tasks.ts';
import type { AsrAdapter, AsrSession } from '#main/core/servers/adapters/asrAdapter.ts';
import { createNightshiftAdapter } from '#main/core/servers/adapters/nightshift/nightshiftAdapter.ts';
import { profileFor, testPorts } from '#main/core/servers/adapters/conformance.suite.ts';
import { adapterFor } from '#main/core/servers/adapters/registry.ts';
import { createClock } from '#main/platform/clock.ts';
import { createFileStore } from '#main/platform/fileStore.ts';
import { createSpawner } from '#main/platform/spawner.ts';
import { startOpenaiStandIn, startWhisperCppStandIn } from '#main/testing/asrStandIns/httpStandIn.ts';
import { spokenNumbers } from '#main/testing/asrStandIns/spokenNumbers.ts';
import { startSherpaOfflineStandIn, startVoskStandIn } from '#main/testing/asrStandIns/wsDialects.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { decodeSampleClips } from '#main/testing/sampleClips.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { startSpeechServer } from '#main/testing/speechServerProcess.ts';
import { wavBytes } from '#main/testing/wavBytes.ts';
import { AudioAhead } from './audioAhead.ts';
import { LEAST_KEPT_SEC } from './startOfFile.ts';
import { TaskProgress } from './taskProgress.ts';
import { transcribeTask } from './transcribeTask.ts';

checkLeaks();

const clock = createClock();
const OPTIONS = RunOptionsSchema.parse({ chunkSec: 20, windowSec: 4, language: 'en' });
/** How an attempt ends early: asked to, by the death of the server, by that of the owner, who writes nothing more. */
const ENDS = ['abort', 'server', 'owner'] as const;
type EarlyEnd = (typeof ENDS)[number];

interface Server {
  adapter: AsrAdapter;
  url: string;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

let folder: string;
let database: Database;
let decoder: MediaDecoder;
let fixture: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-resume-'));
  database = await openDatabase(join(folder, 'nightshift.db'));
  decoder = createMediaDecoder({
    spawner: createSpawner(),
    clock,
    logger: silentLogger,
    settings: () => ({ route: 'auto', ffmpegPath: null }),
  });
  fixture = join(folder, 'long.wav');
  const silence = new Float32Array(1.3 * 16_000);
  const parts = (await decodeSampleClips()).flatMap(({ audio }) => [
    new Float32Array(audio.buffer.slice(audio.byteOffset, audio.byteOffset + audio.length)),
    silence,
  ]);
  const samples = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    samples.set(part, offset);
    offset += part.length;
  }
  await writeFile(fixture, wavBytes(samples));
});

afterAll(async () => {
  await decoder.close();
  await database.close();
  await rm(folder, { recursive: true });
});

/** A number in [0, 1) that is the same in each run of the test. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A queue of one file. @returns its run */
async function plan(path: string, mode: Mode, work: string | null = null): Promise<number> {
  const facts = await decoder.inspect(path);
  const { sizeBytes, modifiedMs } = facts;
  const runId = await database.write('insertRun', { name: 'long', sources: [folder], options: OPTIONS, defaultFolder: folder, nowMs: 1 });
  const file = { path, fileId: basename(path), sizeBytes, modifiedMs, reference: null, referencePath: null, problemCode: null };
  await database.write('insertItems', { runId, files: [file] });
  const [item] = await database.read('uninspectedItems', { runId, afterId: 0, count: 1 });
  await database.write('recordInspections', { inspections: [{ itemId: item?.id ?? 0, facts, problem: null }], nowMs: 1 });
  const tasks = { modes: [{ mode, workKey: work ?? `${mode}-${runId}` }], limit: null, priority: 6, maxRetries: 0 };
  await database.write('planTasks', { runId, type: 'transcribe', ...tasks, nowMs: 1 });
  return runId;
}

let boots = 0;

interface Try {
  readonly runId: number;
  readonly taskId: number;
  /** null: it went back to the queue. */
  readonly result: DoneResult | null;
  /** Audio that the server was sent, and audio that need not be sent again, seconds. */
  readonly sentSec: number;
  readonly startSec: number;
  readonly finalSec: number;
}

/** One attempt as the scheduler makes it, which ends early when so much of the file is final. */
async function attempt(
  runId: number,
  mode: Mode,
  server: Server,
  end: { how: EarlyEnd; atSec: number } | null,
  changedKey: string | null = null,
): Promise<Try> {
  const bootId = `boot-${(boots += 1)}`;
  const claim = { runId, mode, count: 1, nowMs: Date.now() + 3_600_000, bootId, leasePrefix: bootId };
  const [claimed] = await database.write('claimTasks', claim);
  if (claimed === undefined) throw new Error('nothing to claim');
  const task = { ...claimed, resultKey: changedKey ?? claimed.resultKey };
  const lease = { taskId: task.taskId, leaseToken: task.leaseToken };
  await database.write('beginAttempt', { ...lease, nowMs: 1, serverInstance: null });
  const stop = new AbortController();
  // Each place is written as if the last row were old: an owner that is killed has rows then.
  let nowMs = 0;
  const progress = new TaskProgress(
    { database, logger: silentLogger, clock: { ...clock, nowMs: () => 1, monotonicMs: () => (nowMs += 2_000) } },
    task,
  );
  const audio = new AudioAhead({ decoder, files: createFileStore(), database }, task, stop.signal);
  const session = await server.adapter.connect(server.url, stop.signal);
  let sentBytes = 0;
  let isDead = false;
  const watched: AsrSession = {
    hello: session.hello,
    reusable: false,
    close: () => session.close(),
    transcribe: (request) =>
      session.transcribe({
        ...request,
        blocks: counted(request.blocks, (bytes) => {
          sentBytes += bytes;
        }),
        onSettled: (part) => {
          if (isDead) return;
          request.onSettled?.(part);
          if (end === null || progress.finalSec < end.atSec) return;
          isDead = end.how === 'owner';
          if (end.how === 'server') void server.kill();
          else stop.abort();
        },
      }),
  };
  const facts = async (result: DoneResult | null): Promise<Try> => ({
    runId,
    taskId: task.taskId,
    result,
    sentSec: sentBytes / 64_000,
    startSec: ((await audio.start).checkpoint?.samples ?? 0) / 16_000,
    finalSec: progress.finalSec,
  });
  try {
    const result = await transcribeTask(task, OPTIONS, 'tiny', audio, watched, progress, stop.signal);
    await database.write('finishTask', { ...lease, nowMs: 1, outcome: { kind: 'done', result, counts: null } });
    return await facts(result);
  } catch (error) {
    if (end === null) throw error;
    if (end.how === 'owner') await database.write('recoverOtherBoots', { bootId: `${bootId}-next`, nowMs: 1 });
    else {
      progress.keep();
      await database.write('finishTask', { ...lease, nowMs: 1, outcome: { kind: 'released' } });
    }
    return await facts(null);
  } finally {
    audio.cancel();
    await session.close().catch(() => undefined);
  }
}

async function* counted(blocks: AsyncIterable<Buffer>, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const block of blocks) {
    onBytes(block.length);
    yield block;
  }
}

async function startOurs(mode: Mode): Promise<Server> {
  let running = await startSpeechServer(mode);
  let restarting: Promise<void> | null = null;
  const adapter = createNightshiftAdapter(builtInProfile('original', 8_001), { clock });
  const server: Server = {
    // A dead one is back when it is asked for the next time.
    adapter: {
      connect: async (_url, signal) => {
        await restarting;
        return await adapter.connect(running.url, signal);
      },
    },
    url: '',
    kill: async () => {
      if (restarting !== null) return await restarting;
      process.kill(running.child.pid, 'SIGKILL');
      restarting = running.child.exited.then(async () => {
        running = await startSpeechServer(mode);
        restarting = null;
      });
      await restarting;
    },
    stop: async () => {
      await restarting;
      await running.stop();
    },
  };
  return server;
}

/** Cuts a file at places of its audio, one interruption after another, until it is through. */
async function cutAndCompare(path: string, mode: Mode, server: Server, cuts: number, ends: readonly EarlyEnd[]): Promise<void> {
  const whole = (await attempt(await plan(path, mode), mode, server, null)).result;
  if (whole === null) throw new Error('not through');
  const random = seeded(path.length + cuts);
  const report = { cuts: 0, resumed: 0, repeatedSec: 0 };
  for (let cut = 0; cut < cuts; cut += 1) {
    const runId = await plan(path, mode);
    const how = ends[cut % ends.length] ?? 'abort';
    // Every other file is cut twice.
    const places = [random() * 0.6, ...(cut % 2 === 0 ? [0.65 + random() * 0.3] : [])];
    let result: DoneResult | null = null;
    let reachedSec = 0;
    let taskId = 0;
    for (const place of [...places, null]) {
      const end = place === null ? null : { how, atSec: place * whole.decodedSec };
      const tried: Try = await attempt(runId, mode, server, end);
      ({ result, taskId } = tried);
      if (tried.startSec > 0) report.resumed += 1;
      report.repeatedSec += Math.max(0, reachedSec - tried.startSec);
      reachedSec = tried.finalSec;
      expect(tried.sentSec).toBeLessThanOrEqual(whole.decodedSec - tried.startSec + 0.001);
      if (result !== null) break;
      report.cuts += 1;
    }
    expect(result?.hypothesis).toBe(whole.hypothesis);
    expect(result?.segments).toEqual(whole.segments);
    expect(result).toMatchObject({ decodedSec: whole.decodedSec, language: whole.language, warningCode: whole.warningCode });
    expect(await kept(taskId)).toEqual([]);
  }
  expect(report.resumed).toBeGreaterThan(0);
  process.stdout.write(
    `${basename(path)} ${mode}: ${report.cuts} cuts, ${report.resumed} resumed, ${(report.repeatedSec / report.cuts).toFixed(1)} s repeated per cut\n`,
  );
}

/** Places that are kept of a task, seconds, whatever they belong to. */
async function kept(taskId: number): Promise<number[]> {
  const connection = new BetterSqlite(join(folder, 'nightshift.db'), { readonly: true });
  const rows = connection.prepare('SELECT samples FROM checkpoints WHERE task_id = ? ORDER BY samples').all(taskId);
  connection.close();
  return (rows as { samples: number }[]).map(({ samples }) => samples / 16_000);
}

describe.each(MODES)('our own server, %s', (mode) => {
  let server: Server;
  beforeAll(async () => {
    server = await startOurs(mode);
  });
  afterAll(() => server.stop());

  test('a file cut anywhere, also twice, by a stop or the death of server or owner, has the words and times of one that was not', async () => {
    await cutAndCompare(fixture, mode, server, 9, ENDS);
  }, 400_000);

  const data = resolve('../shared/data');
  const LONG = [
    'tiny-asr/long/long-60s.flac',
    'tiny-asr/long/long-300s.flac',
    'speech/long/chapter-1089-134686.mp3',
    'speech/long/chapter-237-126133.opus',
    'speech/long/voxpopuli-en-000.ogg',
  ].map((name) => join(data, name));
  const isThere = LONG.every((path) => existsSync(path));
  test.skipIf(!isThere).each(LONG)(
    `the long file %s${isThere ? '' : ' (skipped: no shared data)'}`,
    async (path) => {
      await cutAndCompare(path, mode, server, 4, ['abort', 'owner']);
    },
    400_000,
  );
});

const STAND_INS = { openai: startOpenaiStandIn, 'whisper-cpp': startWhisperCppStandIn, 'sherpa-offline': startSherpaOfflineStandIn };

describe.each(['openai', 'whisper-cpp', 'sherpa-offline'] as const)('a server that is asked piece by piece, %s', (protocol) => {
  test.each(['original', 'chunked'] as const)('%s', async (mode) => {
    const standIn = await STAND_INS[protocol]('normal');
    try {
      const server = { adapter: adapterFor(profileFor({ protocol, profile: {} }), testPorts), url: standIn.url, kill: noop, stop: noop };
      await cutAndCompare(await numbersFile(170), mode, server, 6, ['abort', 'owner']);
    } finally {
      await standIn.close();
    }
  });
});

test('a server that says nothing of its state is sent the whole file again', async () => {
  const standIn = await startVoskStandIn('normal');
  try {
    const path = await numbersFile(60);
    const server = {
      adapter: adapterFor(profileFor({ protocol: 'vosk', profile: {} }), testPorts),
      url: standIn.url,
      kill: noop,
      stop: noop,
    };
    const tried = await attempt(await plan(path, 'streaming'), 'streaming', server, null);
    expect(tried.result?.hypothesis.split(' ')).toHaveLength(60);
    expect([tried.sentSec, tried.finalSec]).toEqual([60, 0]);
  } finally {
    await standIn.close();
  }
});

test('the same work begun again in another run goes on where the interrupted one was; a file that somebody is at is left alone', async () => {
  const server = await startOurs('chunked');
  try {
    const interrupted = await plan(fixture, 'chunked', 'the same work');
    const first = await attempt(interrupted, 'chunked', server, { how: 'owner', atSec: 50 });
    const places = await kept(first.taskId);
    const again = await attempt(await plan(fixture, 'chunked', 'the same work'), 'chunked', server, { how: 'abort', atSec: 70 });
    expect([again.startSec, await kept(first.taskId)]).toEqual([Math.max(...places), []]);
    await database.write('claimTasks', { runId: again.runId, mode: 'chunked', count: 1, nowMs: 2e12, bootId: 'x', leasePrefix: 'x' });
    const beside = await attempt(await plan(fixture, 'chunked', 'the same work'), 'chunked', server, null);
    expect(beside.startSec).toBe(0);
    expect((await kept(again.taskId)).length).toBeGreaterThan(0);
  } finally {
    await server.stop();
  }
});

test('what belongs to other parameters is not used, and gives way to what is new', async () => {
  const server = await startOurs('chunked');
  try {
    const runId = await plan(fixture, 'chunked');
    const first = await attempt(runId, 'chunked', server, { how: 'abort', atSec: 40 });
    expect(Math.max(...(await kept(first.taskId)))).toBeGreaterThan(first.finalSec - LEAST_KEPT_SEC);
    const other = await attempt(runId, 'chunked', server, { how: 'abort', atSec: 20 }, 'other parameters');
    expect(other.startSec).toBe(0);
    const places = await kept(other.taskId);
    expect(places.length).toBeGreaterThan(0);
    expect(Math.max(...places)).toBeLessThanOrEqual(other.finalSec);
    const again = await attempt(runId, 'chunked', server, null);
    expect([again.startSec, await kept(again.taskId)]).toEqual([0, []]);
  } finally {
    await server.stop();
  }
});

async function noop(): Promise<void> {
  // A stand-in is neither killed nor stopped here.
}

async function numbersFile(seconds: number): Promise<string> {
  const path = join(folder, `numbers-${seconds}.wav`);
  const audio = Buffer.concat([...spokenNumbers(seconds)]);
  await writeFile(path, wavBytes(new Float32Array(audio.buffer, audio.byteOffset, audio.length / 4), { bits: 32 }));
  return path;
}
