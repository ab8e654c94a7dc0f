import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AnyEvent, RunStep } from '#shared/contract/events.ts';
import { RunOptionsSchema, type RunOptions, type RunSummary } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { createFakeRandom } from '#main/testing/fakeRandom.ts';
import { createMemoryFileStore } from '#main/testing/memoryFileStore.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { EventBus } from '../events.ts';
import type { DecodeSummary, MediaDecoder } from '../media/mediaDecoder.ts';
import { type Database, openDatabase } from '../persistence/database.ts';
import { createResultsWriter } from '../results/resultsWriter.ts';
import { createScorer, type Scorer } from '../scoring/scorer.ts';
import type { AsrSession, Transcription } from '../servers/asrAdapter.ts';
import { RunController } from './runController.ts';
import type { SpeechServers } from './speechServers.ts';

/** What happens to one file at one try; the last entry is repeated. */
type Script = readonly ('ok' | 'hold' | 'serverDies' | ErrorCode)[];

let folder: string;
let database: Database;
let scorer: Scorer;
let clock: FakeClock;
let night: Night;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-runs-'));
  database = await openDatabase(join(folder, 'nightshift.db'));
  scorer = createScorer();
  clock = new FakeClock();
  night = new Night('boot-1');
});

afterEach(async () => {
  night.release();
  await night.controller.close(0);
  await scorer.close();
  await database.close();
  await rm(folder, { recursive: true });
});

/** The real queue on a real database, with servers and decoder that do what the script says. */
class Night {
  readonly controller: RunController;
  readonly events: AnyEvent[] = [];
  readonly scripts = new Map<string, Script>();
  readonly brokenModes = new Map<Mode, ErrorCode>();
  readonly tries: string[] = [];
  capacity = 2;
  mostAtOnce = 0;
  #atOnce = 0;
  #gone: Mode | null = null;
  #holds: (() => void)[] = [];
  partial = new Set<string>();
  fileNames: readonly string[] = ['a.wav', 'b.wav', 'c.wav'];

  constructor(bootId: string) {
    const files = createMemoryFileStore();
    const bus = new EventBus((error) => {
      throw error;
    });
    bus.subscribe((event) => this.events.push(event));
    this.controller = new RunController({
      database,
      clock,
      random: createFakeRandom(),
      logger: silentLogger,
      files: { ...files, stat: async () => ({ sizeBytes: 10, modifiedMs: 5, isFile: true, isFolder: false }) },
      events: bus,
      decoder: this.#decoder(),
      scorer,
      servers: this.#servers(),
      bootId,
      sampleFolder: '/assets/samples',
      runsFolder: join(folder, 'runs'),
      power: { acquire: () => ({ [Symbol.dispose]: () => undefined }) },
      scanner: {
        scan: async () => ({
          files: this.fileNames.map((fileId) => ({
            path: `/in/${fileId}`,
            fileId,
            sizeBytes: 10,
            modifiedMs: 5,
            reference: 'one two',
            referencePath: null,
            problemCode: null,
          })),
          problems: [],
        }),
      },
      chooseModel: async () => ({ name: 'tiny', path: '/model', fingerprint: 'tiny-1', vocabularyWords: null }),
      environmentWarnings: async () => [],
      createResultsWriter: (_runId, path) =>
        createResultsWriter({
          files,
          clock,
          path,
          read: async () => ({ modes: [], normalizer: 'simple', calculateWer: true, model: 'tiny', pacing: 'asFast', language: null }),
        }),
    });
  }

  /** Lets every held file end well. */
  release(): void {
    for (const end of this.#holds.splice(0)) end();
  }

  get held(): number {
    return this.#holds.length;
  }

  steps(): RunStep[] {
    return this.events.flatMap((event) => (event.name === 'run.stepped' ? [event.payload.step] : []));
  }

  #decoder(): MediaDecoder {
    const summary = (path: string): DecodeSummary => ({
      decodedSec: this.partial.has(path) ? 1 : 2,
      announcedSec: 2,
      badPackets: 0,
      nonFiniteSamples: 0,
    });
    return {
      info: async () => ({ route: 'ffmpeg', version: null, path: null }),
      inspect: async (path) => ({
        sha256: `sha${path}`,
        sizeBytes: 10,
        modifiedMs: 5,
        container: 'wav',
        codec: 'pcm',
        sampleRateHz: 16_000,
        channels: 1,
        audioStreams: 1,
        announcedSec: 2,
      }),
      decode: (path) => ({
        blocks: (async function* blocks() {
          yield Buffer.from(path);
        })(),
        summary: Promise.resolve(summary(path)),
      }),
      close: async () => undefined,
    };
  }

  #servers(): SpeechServers {
    return {
      ensureReady: async ({ mode }) => {
        const code = this.brokenModes.get(mode);
        if (code !== undefined) throw new NightshiftError(code, { port: 8_001 });
        this.#gone = null;
        return { protocol: 'nightshift', capacity: this.capacity, model: 'tiny', instance: 'i' };
      },
      openSession: async (mode, signal) => this.#session(mode, signal),
      isGone: (mode) => this.#gone === mode,
      instanceOf: () => 'i',
      forgive: () => undefined,
    };
  }

  #session(mode: Mode, outer: AbortSignal): AsrSession {
    return {
      hello: { protocol: 'nightshift', capacity: this.capacity, model: 'tiny', instance: 'i' },
      reusable: true,
      close: async () => undefined,
      transcribe: async ({ blocks, signal }) => {
        this.#atOnce += 1;
        this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
        try {
          let path = '';
          for await (const block of blocks) path += block.toString();
          return await this.#play(mode, path, AbortSignal.any([signal, outer]));
        } finally {
          this.#atOnce -= 1;
        }
      },
    };
  }

  async #play(mode: Mode, path: string, signal: AbortSignal): Promise<Transcription> {
    const key = `${mode}:${path.replace('/in/', '')}`;
    const before = this.tries.filter((entry) => entry === key).length;
    this.tries.push(key);
    const script = this.scripts.get(key) ?? ['ok'];
    const act = script[Math.min(before, script.length - 1)] ?? 'ok';
    if (act === 'hold') {
      await new Promise<void>((resolve, reject) => {
        this.#holds.push(resolve);
        signal.addEventListener('abort', () => reject(new NightshiftError('CANCELLED')));
      });
    } else if (act === 'serverDies') {
      this.#gone = mode;
      throw new NightshiftError('CONNECTION_LOST');
    } else if (act !== 'ok') {
      throw new NightshiftError(act);
    }
    return { text: 'one too', segments: [], language: null, audioSec: 2, processingSec: 0.1, decodeSec: null, firstTokenLatencyMs: 20 };
  }
}

async function ready(options: Partial<RunOptions> = {}): Promise<number> {
  const { id } = await night.controller.create({ sources: ['/in'], options: RunOptionsSchema.parse(options), startWhenReady: false });
  await until(id, (run) => run.status === 'ready');
  return id;
}

async function started(options: Partial<RunOptions> = {}): Promise<number> {
  const id = await ready(options);
  await night.controller.start(id, RunOptionsSchema.parse(options));
  return id;
}

/** Moves the clock and waits for the threads until the committed state is as wanted. */
async function until(runId: number, condition: (run: RunSummary) => boolean, on: Night = night): Promise<RunSummary> {
  let run = await on.controller.get(runId);
  while (!condition(run)) {
    await clock.advance(100);
    run = await on.controller.get(runId);
  }
  return run;
}

const ALL: Partial<RunOptions> = { modes: ['original', 'streaming', 'chunked'] };

test('three modes run in their order, three seconds apart, to one outcome for every file', async () => {
  const run = await until(await started(ALL), ({ status }) => status === 'finished');
  expect(run.modes.map(({ mode, done, failed, status }) => ({ mode, done, failed, status }))).toEqual([
    { mode: 'streaming', done: 3, failed: 0, status: 'done' },
    { mode: 'chunked', done: 3, failed: 0, status: 'done' },
    { mode: 'original', done: 3, failed: 0, status: 'done' },
  ]);
  expect(run.modes[0]?.counts).toEqual({ substitutions: 3, deletions: 0, insertions: 0, hits: 3, referenceWords: 6 });
  const marks = night.events.flatMap((event) =>
    event.name === 'run.stepped' && event.payload.step.step !== 'taskFinished'
      ? [{ step: event.payload.step.step, atMs: event.payload.atMs }]
      : [],
  );
  expect(marks.map(({ step }) => step)).toEqual([
    'modeStarted',
    'modeFinished',
    'modeStarted',
    'modeFinished',
    'modeStarted',
    'modeFinished',
  ]);
  for (const index of [1, 3]) expect((marks[index + 1]?.atMs ?? 0) - (marks[index]?.atMs ?? 0)).toBeGreaterThanOrEqual(3_000);
  const { total, queued, active, done, failed, skipped, cancelled } = run.totals;
  expect(total).toBe(queued + active + done + failed + skipped + cancelled);
});

test('never more at once than the server takes, nor than the user allows', async () => {
  night.fileNames = Array.from({ length: 12 }, (_, index) => `${index}.wav`);
  await until(await started(), ({ status }) => status === 'finished');
  expect(night.mostAtOnce).toBe(2);
  night.mostAtOnce = 0;
  night.capacity = 8;
  await until(await started({ modes: ['chunked'], workers: 3 }), ({ status }) => status === 'finished');
  expect(night.mostAtOnce).toBe(3);
});

test('one bad file fails with its code and stops nothing', async () => {
  night.scripts.set('streaming:b.wav', ['MEDIA_CORRUPT']);
  const run = await until(await started(), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 2, failed: 1 });
  // Its two reference words count as deleted.
  expect(run.modes[0]?.counts).toEqual({ substitutions: 2, deletions: 2, insertions: 0, hits: 2, referenceWords: 6 });
  expect(night.tries.filter((key) => key === 'streaming:b.wav')).toHaveLength(1);
});

test('a temporary failure is tried again later until it works', async () => {
  night.scripts.set('streaming:a.wav', ['SERVER_SILENT', 'SERVER_SILENT', 'ok']);
  const run = await until(await started(), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 3, failed: 0 });
  expect(night.tries.filter((key) => key === 'streaming:a.wav')).toHaveLength(3);
  const retries = night.steps().filter((step) => step.step === 'taskRetrying');
  expect(retries).toHaveLength(2);
});

test('after its retries a file fails for good', async () => {
  night.scripts.set('streaming:a.wav', ['SERVER_SILENT']);
  const run = await until(await started({ maxRetries: 1 }), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 2, failed: 1 });
  expect(night.tries.filter((key) => key === 'streaming:a.wav')).toHaveLength(2);
});

test('a busy server is waited for and costs nothing', async () => {
  night.scripts.set('streaming:a.wav', ['SERVER_BUSY', 'SERVER_BUSY', 'SERVER_BUSY', 'SERVER_BUSY', 'SERVER_BUSY', 'ok']);
  const run = await until(await started({ maxRetries: 0 }), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 3, failed: 0 });
});

test('files in work when their server dies are lost, not failed, and done after its restart', async () => {
  night.scripts.set('streaming:b.wav', ['serverDies', 'ok']);
  const run = await until(await started({ maxRetries: 0 }), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 3, failed: 0 });
});

test('a file that kills its server each time is given up, the others are done', async () => {
  night.scripts.set('streaming:b.wav', ['serverDies']);
  const run = await until(await started(), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 2, failed: 1 });
  const page = await database.read('listItems', { runId: run.id, afterId: 0, count: 10, filter: 'failed', search: '' });
  expect(page.items.map((item) => [item.fileId, item.tasks[0]?.errorCode])).toEqual([['b.wav', 'TASK_LOST_TOO_OFTEN']]);
});

test('a mode whose server cannot be had fails alone; a second run redoes only that mode', async () => {
  night.brokenModes.set('chunked', 'PORT_IN_USE');
  const first = await until(await started(ALL), ({ status }) => status === 'finished');
  expect(first.modes.map(({ mode, status, done, failed, error }) => [mode, status, done, failed, error?.code])).toEqual([
    ['streaming', 'done', 3, 0, undefined],
    ['chunked', 'failed', 0, 3, 'PORT_IN_USE'],
    ['original', 'done', 3, 0, undefined],
  ]);
  night.brokenModes.clear();
  night.tries.length = 0;
  const second = await until(await started(ALL), ({ status }) => status === 'finished');
  expect(second.totals).toMatchObject({ total: 9, done: 3, skipped: 6, failed: 0 });
  expect(new Set(night.tries.map((key) => key.split(':')[0]))).toEqual(new Set(['chunked']));
});

test('a second run of the same files does nothing and has the same figures', async () => {
  const first = await until(await started(ALL), ({ status }) => status === 'finished');
  night.tries.length = 0;
  const second = await until(await started(ALL), ({ status }) => status === 'finished');
  expect(night.tries).toEqual([]);
  expect(second.totals).toMatchObject({ total: 9, done: 0, skipped: 9 });
  expect(second.modes.map((mode) => mode.counts)).toEqual(first.modes.map((mode) => mode.counts));
});

test('other parameters are other work', async () => {
  await until(await started(), ({ status }) => status === 'finished');
  const again = await until(await started({ pacing: 'realTime' }), ({ status }) => status === 'finished');
  expect(again.totals).toMatchObject({ done: 3, skipped: 0 });
});

test('pause lets current files finish and starts nothing; resume goes on', async () => {
  night.fileNames = ['a.wav', 'b.wav', 'c.wav', 'd.wav', 'e.wav'];
  for (const name of night.fileNames) night.scripts.set(`streaming:${name}`, ['hold']);
  const id = await started();
  await clock.advanceUntil(() => night.held === 2);
  expect((await night.controller.pause(id)).status).toBe('pausing');
  night.release();
  const paused = await until(id, ({ status }) => status === 'paused');
  expect(paused.totals).toMatchObject({ done: 2, queued: 3, active: 0 });
  expect(night.tries).toHaveLength(2);
  for (const name of night.fileNames) night.scripts.set(`streaming:${name}`, ['ok']);
  await night.controller.resume(id);
  const run = await until(id, ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 5 });
  expect(night.tries).toHaveLength(5);
});

test('a pause taken back while files still finish is as if it never was', async () => {
  night.scripts.set('streaming:a.wav', ['hold']);
  const id = await started();
  await clock.advanceUntil(() => night.held === 1);
  await night.controller.pause(id);
  expect((await night.controller.resume(id)).status).toBe('running');
  night.release();
  expect((await until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3 });
});

test('stop now ends what runs and cancels the rest; what was done stays', async () => {
  night.scripts.set('streaming:b.wav', ['hold']);
  night.scripts.set('streaming:c.wav', ['hold']);
  const id = await started(ALL);
  await clock.advanceUntil(() => night.held === 2);
  await night.controller.stop(id, { now: true, keep: false });
  const run = await until(id, ({ status }) => status === 'stopped');
  expect(run.totals).toMatchObject({ total: 9, done: 1, cancelled: 8, queued: 0, active: 0 });
});

test('an interrupted run keeps the rest queued and goes on where it was, also without the files done meanwhile', async () => {
  night.scripts.set('streaming:b.wav', ['hold', 'ok']);
  night.scripts.set('streaming:c.wav', ['hold', 'ok']);
  const id = await started();
  await clock.advanceUntil(() => night.held === 2);
  await night.controller.stop(id, { now: true, keep: true });
  const stopped = await until(id, ({ status }) => status === 'interrupted');
  expect(stopped.totals).toMatchObject({ done: 1, queued: 2, cancelled: 0, failed: 0 });
  const other = await until(await started({ limit: 1 }), ({ status }) => status === 'finished');
  expect(other.totals).toMatchObject({ done: 1, skipped: 1 });
  await night.controller.resume(id);
  const run = await until(id, ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 2, skipped: 1 });
  const attempts = await database.read('resultRows', { runId: id, mode: 'streaming' });
  expect(attempts.map(({ attempts: count }) => count)).toEqual([1, 0, 1]);
});

test('resuming a finished run redoes what failed', async () => {
  night.scripts.set('streaming:b.wav', ['MEDIA_CORRUPT', 'ok']);
  const id = await started();
  await until(id, ({ status }) => status === 'finished');
  await night.controller.resume(id);
  const run = await until(id, ({ status, totals }) => status === 'finished' && totals.failed === 0);
  expect(run.totals).toMatchObject({ total: 3, done: 3 });
  await expect(night.controller.resume(id)).rejects.toMatchObject({ code: 'RUN_STATE_CONFLICT' });
});

test('a second run waits for the first', async () => {
  night.scripts.set('streaming:a.wav', ['hold', 'ok']);
  const first = await started();
  await clock.advanceUntil(() => night.held === 1);
  const second = await started({ modes: ['chunked'] });
  expect((await night.controller.get(second)).status).toBe('queued');
  night.release();
  await until(second, ({ status }) => status === 'finished');
  expect((await night.controller.get(first)).status).toBe('finished');
});

test('what an owner left behind when it died goes on with the next owner', async () => {
  night.scripts.set('streaming:b.wav', ['hold']);
  night.scripts.set('streaming:c.wav', ['hold']);
  const id = await started();
  await clock.advanceUntil(() => night.held === 2);
  // The first owner is gone: it writes nothing any more, and nobody tells the database.
  const next = new Night('boot-2');
  expect(await database.write('recoverOtherBoots', { bootId: 'boot-2', nowMs: clock.nowMs() })).toEqual({ requeued: 2, givenUp: 0 });
  expect((await next.controller.get(id)).status).toBe('interrupted');
  await next.controller.resume(id);
  const run = await until(id, ({ status }) => status === 'finished', next);
  expect(run.totals).toMatchObject({ done: 3 });
  expect(next.tries).toHaveLength(2);
  await next.controller.close(0);
});

test('a partly damaged file is not plainly done', async () => {
  night.partial.add('/in/b.wav');
  const run = await until(await started(), ({ status }) => status === 'finished');
  const page = await database.read('listItems', { runId: run.id, afterId: 0, count: 10, filter: 'problem', search: '' });
  expect(page.items.map((item) => [item.fileId, item.tasks[0]?.status, item.tasks[0]?.errorCode])).toEqual([
    ['b.wav', 'done', 'AUDIO_PARTIAL'],
  ]);
});

test('an outcome is committed before it is told', async () => {
  const seen: Promise<string | undefined>[] = [];
  const id = await ready();
  const record = night.events.push.bind(night.events);
  night.events.push = (...events) => {
    for (const event of events) {
      if (event.name !== 'run.stepped' || event.payload.step.step !== 'taskFinished') continue;
      const { fileId } = event.payload.step;
      seen.push(
        database.read('resultRows', { runId: id, mode: 'streaming' }).then((rows) => rows.find((row) => row.fileId === fileId)?.status),
      );
    }
    return record(...events);
  };
  await night.controller.start(id, RunOptionsSchema.parse({}));
  await until(id, ({ status }) => status === 'finished');
  expect(await Promise.all(seen)).toEqual(['done', 'done', 'done']);
});

test('what cannot be done in a state is refused with the state named', async () => {
  const id = await ready();
  await expect(night.controller.pause(id)).rejects.toMatchObject({ code: 'RUN_STATE_CONFLICT', data: { status: 'ready' } });
  await expect(night.controller.resume(id)).rejects.toMatchObject({ code: 'RUN_STATE_CONFLICT' });
  await expect(night.controller.get(999)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
});
