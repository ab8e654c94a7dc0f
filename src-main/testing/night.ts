import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnyEvent, RunStep } from '#shared/contract/events.ts';
import type { Sample } from '#shared/contract/resources.ts';
import { RunOptionsSchema, type RunOptions, type RunSummary } from '#shared/contract/runs.ts';
import type { ServerProfile } from '#shared/contract/profiles.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { EventBus } from '../core/events.ts';
import type { DecodeSummary, MediaDecoder } from '../core/media/mediaDecoder.ts';
import { type Database, openDatabase } from '../core/persistence/database.ts';
import type { ScannedFile } from '../core/ports.ts';
import { createResultsWriter } from '../core/results/resultsWriter.ts';
import { RunController } from '../core/scheduler/runController.ts';
import type { ChosenModel } from '../core/scheduler/runLoop.ts';
import type { SpeechServers } from '../core/scheduler/speechServers.ts';
import type { ServerNeed } from '../core/servers/serverNeed.ts';
import { createScorer, type Scorer } from '../core/scoring/scorer.ts';
import type { AsrSession, ServerHello, Transcription } from '../core/servers/adapters/asrAdapter.ts';
import { CapacityWindow } from '../core/servers/capacityWindow.ts';
import { FakeClock } from './fakeClock.ts';
import { createFakeRandom } from './fakeRandom.ts';
import { HookedDatabase } from './hookedDatabase.ts';
import { createMemoryFileStore } from './memoryFileStore.ts';
import { silentLogger } from './silentLogger.ts';

/**
 * What happens to one file at one try; the last entry is repeated. hold: until `release` · serverDies: the connection breaks and the server is
 * gone until it is asked for again · a code: the try ends with it.
 */
export type Script = readonly ('ok' | 'hold' | 'serverDies' | ErrorCode)[];

/** One try at a file on a server. */
export interface Try {
  readonly mode: Mode;
  readonly fileId: string;
  /** Tries at it before, by this owner. */
  readonly before: number;
  /** Aborted when the caller gives up. */
  readonly signal: AbortSignal;
}

/** The folder of the model that is used when nobody chooses one. */
const USUAL_MODEL = '/models/tiny';

/** What outlives an owner: the data folder with its database, and the clock on the wall. */
export class NightBench {
  readonly clock = new FakeClock();
  readonly folder: string;
  /** Past the hooks of any owner. */
  readonly database: Database;
  #owner: Night | null = null;

  private constructor(folder: string, database: Database) {
    this.folder = folder;
    this.database = database;
  }

  static async open(openAt: (path: string) => Promise<Database> = openDatabase): Promise<NightBench> {
    const folder = await mkdtemp(join(tmpdir(), 'nightshift-runs-'));
    return new NightBench(folder, await openAt(join(folder, 'nightshift.db')));
  }

  /** The next owner of the data folder. The one before, if it was not closed, was killed: nobody tells the database. */
  begin(bootId: string): Night {
    this.#owner?.database.cut();
    this.#owner = new Night(this, bootId);
    return this.#owner;
  }

  async close(): Promise<void> {
    this.#owner?.database.unhook();
    this.#owner?.release();
    await this.#owner?.controller.close(0);
    await this.database.close();
    await rm(this.folder, { recursive: true });
  }
}

/** The real queue on a real database, with servers, decoder and model that do what the test says. */
export class Night {
  readonly controller: RunController;
  readonly database: HookedDatabase;
  /** Texts of files are short here: it starts no thread. */
  readonly scorer: Scorer = createScorer();
  readonly events: AnyEvent[] = [];
  /** By `mode:fileId`; files without one end well. */
  readonly scripts = new Map<string, Script>();
  /** Decides instead of the scripts, after as long as it takes; what it throws ends the try. */
  play: ((call: Try) => Promise<'ok' | 'serverDies' | ErrorCode>) | null = null;
  /** Awaited whenever a server is asked for. */
  onNeed: ((mode: Mode, signal: AbortSignal) => Promise<void>) | null = null;
  /** Modes whose server cannot be had, and why. */
  readonly brokenModes = new Map<Mode, ErrorCode>();
  /** Servers, by their id, that refuse every file. */
  readonly rejecting = new Set<string>();
  /** Every try at a file, as `mode:fileId`, in the order of their beginnings. */
  readonly tries: string[] = [];
  /** Every time a server was asked for. */
  readonly needs: ServerNeed[] = [];
  /** Files whose audio ends early. */
  readonly partial = new Set<string>();
  /** Models by folder. */
  readonly models = new Map<string, ChosenModel>([
    [USUAL_MODEL, { name: 'tiny', path: USUAL_MODEL, fingerprint: 'tiny-1', vocabularyWords: null }],
  ]);
  /** The model of the settings. */
  usualModel = USUAL_MODEL;
  fileNames: readonly string[] = ['a.wav', 'b.wav', 'c.wav'];
  /** Places on each server. */
  capacity = 2;
  mostAtOnce = 0;
  /** What a full server says (`SERVER_BUSY` in a script). */
  retryAfterMs: number | null = null;
  /** Memory of the servers of a mode. */
  serverBytes: number | null = null;
  /** Awaited before a model is looked at. */
  modelGate: Promise<void> | null = null;
  /** Awaited before a server answers; the wait ends when the caller gives up. */
  readyGate: Promise<void> | null = null;
  /** Awaited before the folders are scanned; the wait ends when the caller gives up. */
  scanGate: Promise<void> | null = null;
  /** Why the folders cannot be scanned. */
  scanError: ErrorCode | null = null;
  readonly #bench: NightBench;
  readonly #holds = new Map<() => void, Mode>();
  readonly #windows = new Map<Mode, CapacityWindow>();
  readonly #taken = new Map<Mode, number>();
  #atOnce = 0;
  #gone: Mode | null = null;

  constructor(bench: NightBench, bootId: string) {
    this.#bench = bench;
    const { clock, folder } = bench;
    const database = new HookedDatabase(bench.database);
    this.database = database;
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
      scorer: this.scorer,
      servers: this.#servers(),
      bootId,
      sampleFolder: '/assets/samples',
      cpuCount: 8,
      runsFolder: join(folder, 'runs'),
      power: { acquire: () => ({ [Symbol.dispose]: () => undefined }) },
      scanner: {
        scan: async (sources, signal) => {
          await passOrCancel(this.scanGate, signal);
          if (this.scanError !== null) throw new NightshiftError(this.scanError, { path: sources[0] ?? '' });
          return { files: this.fileNames.map(scannedFile), problems: [] };
        },
      },
      chooseModel: async ({ model }) => {
        await this.modelGate;
        const path = model ?? this.usualModel;
        const found = this.models.get(path);
        if (found === undefined) throw new NightshiftError('MODEL_MISSING', { path });
        return found;
      },
      environmentWarnings: async () => [],
      createResultsWriter: (_runId, path) =>
        createResultsWriter({
          files,
          clock,
          path,
          read: async () => ({
            modes: [],
            normalizer: 'simple',
            normalizerVersion: null,
            calculateWer: true,
            model: 'tiny',
            pacing: 'asFast',
            language: null,
          }),
        }),
    });
  }

  /** A run whose files have been looked at. */
  async ready(options: Partial<RunOptions> = {}): Promise<number> {
    const { id } = await this.controller.create({ sources: ['/in'], options: RunOptionsSchema.parse(options), startWhenReady: false });
    await this.until(id, (run) => run.status === 'ready');
    return id;
  }

  async started(options: Partial<RunOptions> = {}): Promise<number> {
    const id = await this.ready(options);
    await this.controller.start(id, RunOptionsSchema.parse(options));
    return id;
  }

  /** Moves the clock and waits for the threads until the committed state is as wanted. */
  async until(runId: number, condition: (run: RunSummary) => boolean): Promise<RunSummary> {
    let run = await this.controller.get(runId);
    while (!condition(run)) {
      await this.#bench.clock.advance(100);
      run = await this.controller.get(runId);
    }
    return run;
  }

  /** Gives every file of the mode the same script. */
  scriptAll(mode: Mode, script: Script): void {
    for (const name of this.fileNames) this.scripts.set(`${mode}:${name}`, script);
  }

  /** Lets every held file end well, or those of one mode. */
  release(wanted?: Mode): void {
    for (const [end, mode] of this.#holds) if (wanted === undefined || mode === wanted) end();
  }

  /** Files that are held now. */
  get held(): number {
    return this.#holds.size;
  }

  steps(): RunStep[] {
    return this.events.flatMap((event) => (event.name === 'run.stepped' ? [event.payload.step] : []));
  }

  #hello(): ServerHello {
    return { protocol: 'nightshift', capacity: this.capacity, model: 'tiny', instance: 'i' };
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
    const modeOf = (profiles: readonly ServerProfile[]): Mode => profiles[0]?.mode ?? 'streaming';
    return {
      ensureReady: async (need, signal) => {
        this.needs.push(need);
        await passOrCancel(this.readyGate, signal);
        await this.onNeed?.(need.mode, signal);
        const code = this.brokenModes.get(need.mode);
        if (code !== undefined) throw new NightshiftError(code, { port: need.profiles[0]?.port ?? 0 });
        if (this.#gone === need.mode) this.#gone = null;
      },
      capacity: (profiles) => this.#windowOf(modeOf(profiles)).state.places,
      room: (profiles) => {
        const mode = modeOf(profiles);
        if (this.#gone === mode) return { kind: 'gone' };
        const window = this.#windowOf(mode);
        if ((this.#taken.get(mode) ?? 0) >= window.state.places) return { kind: 'full' };
        const forMs = window.closedForMs(this.#bench.clock.monotonicMs());
        return forMs > 0 ? { kind: 'waiting', forMs } : { kind: 'free' };
      },
      nextPlace: (profiles) => {
        const mode = modeOf(profiles);
        const serverId = profiles[0]?.id ?? '';
        return {
          serverId,
          instance: 'i',
          open: async (signal) => {
            if (this.rejecting.has(serverId)) throw new NightshiftError('SERVER_REJECTED', { port: profiles[0]?.port ?? 0 });
            return this.#session(mode, signal);
          },
          isGone: () => this.#gone === mode,
        };
      },
      memoryBytes: () => this.serverBytes,
      forgive: () => undefined,
    };
  }

  #windowOf(mode: Mode): CapacityWindow {
    const window = this.#windows.get(mode) ?? new CapacityWindow(this.capacity);
    this.#windows.set(mode, window);
    window.setCapacity(this.capacity);
    return window;
  }

  #session(mode: Mode, outer: AbortSignal): AsrSession {
    const window = this.#windowOf(mode);
    const ticket = window.begin();
    this.#taken.set(mode, (this.#taken.get(mode) ?? 0) + 1);
    return {
      hello: this.#hello(),
      reusable: true,
      close: async () => void this.#taken.set(mode, (this.#taken.get(mode) ?? 0) - 1),
      transcribe: async ({ blocks, signal }) => {
        this.#atOnce += 1;
        this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
        try {
          let path = '';
          for await (const block of blocks) path += block.toString();
          const played = await this.#play(mode, path, AbortSignal.any([signal, outer]));
          window.succeeded();
          return played;
        } catch (error) {
          if (error instanceof NightshiftError && error.code === 'SERVER_BUSY')
            window.refused(ticket, this.#bench.clock.monotonicMs(), this.retryAfterMs);
          throw error;
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
    const scripted = script[Math.min(before, script.length - 1)] ?? 'ok';
    const act = (await this.play?.({ mode, fileId: path.replace('/in/', ''), before, signal })) ?? scripted;
    if (act === 'hold') {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#holds.set(resolve, mode);
      await passOrCancel(promise, signal).finally(() => this.#holds.delete(resolve));
    } else if (act === 'serverDies') {
      this.#gone = mode;
      throw new NightshiftError('CONNECTION_LOST');
    } else if (act !== 'ok') {
      throw new NightshiftError(act);
    }
    return { text: 'one too', segments: [], language: null, audioSec: 2, processingSec: 0.1, decodeSec: null, firstTokenLatencyMs: 20 };
  }
}

/** A reading of an idle machine. */
export function idleSample(change: Partial<Sample> = {}): Sample {
  return {
    atMs: 0,
    cpuPercent: 0,
    memoryUsedBytes: null,
    memoryTotalBytes: null,
    ownRssBytes: 0,
    diskFreeBytes: null,
    diskTotalBytes: null,
    gpus: [],
    servers: [],
    ...change,
  };
}

function scannedFile(fileId: string): ScannedFile {
  return { path: `/in/${fileId}`, fileId, sizeBytes: 10, modifiedMs: 5, reference: 'one two', referencePath: null, problemCode: null };
}

/** @throws CANCELLED when the signal comes first */
async function passOrCancel(gate: Promise<void> | null, signal?: AbortSignal): Promise<void> {
  if (gate === null) return;
  const cancelled = Promise.withResolvers<never>();
  const cancel = (): void => cancelled.reject(new NightshiftError('CANCELLED'));
  if (signal?.aborted === true) cancel();
  signal?.addEventListener('abort', cancel);
  try {
    await Promise.race([gate, cancelled.promise]);
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}
