import type { DecoderInfo } from '#shared/contract/system.ts';
import { NightshiftError, fromWireError } from '#shared/errors/nightshiftError.ts';
import type { Clock, Logger, Spawner } from '../ports.ts';
import { DecodeJob } from './decodeJob.ts';
import { DecoderProcess } from './decoderProcess.ts';
import type { DecoderReply } from './decoderProtocol.ts';
import type { DecodeStream, MediaDecoder, MediaFacts } from './mediaDecoder.ts';

/** What of the settings a decoder process is started with; a change takes effect with the next file. */
export interface DecoderSettings {
  readonly route: 'auto' | 'node-av' | 'ffmpeg';
  /** A program or a folder that has it; null or empty searches PATH. */
  readonly ffmpegPath: string | null;
}

export interface MediaDecoderOptions {
  readonly spawner: Spawner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: () => DecoderSettings;
  /** Decoder processes that may run at once; default 1. */
  readonly processCount?: number;
  /** Silence, in ms, after which a decoder that owes something is ended; default 60 000. */
  readonly hangMs?: number;
  /** Jobs after which a process is replaced, between jobs; default 400. 300 damaged files left one at 390 MB resident. */
  readonly jobsPerProcess?: number;
}

const DEFAULT_HANG_MS = 60_000;
const DEFAULT_JOBS_PER_PROCESS = 400;

interface Slot {
  readonly key: string;
  readonly process: Promise<DecoderProcess>;
  ready: DecoderProcess | null;
  /** Jobs waiting for the process to start. */
  waiting: number;
  jobs: number;
}

/**
 * The media decoder of the runtime: starts decoder processes when they are needed, spreads jobs over them, and replaces those
 * that crashed, hang, are worn out or were started with other settings.
 */
export function createMediaDecoder(options: MediaDecoderOptions): MediaDecoder {
  return new DecoderPool(options);
}

class DecoderPool implements MediaDecoder {
  readonly #options: MediaDecoderOptions;
  readonly #processCount: number;
  readonly #slots = new Set<Slot>();
  readonly #endings = new Set<Promise<void>>();
  #info: { readonly key: string; readonly value: Promise<DecoderInfo> } | null = null;
  #isClosed = false;

  constructor(options: MediaDecoderOptions) {
    this.#options = options;
    this.#processCount = Math.max(1, options.processCount ?? 1);
  }

  async info(): Promise<DecoderInfo> {
    const key = JSON.stringify(this.#options.settings());
    if (this.#info?.key !== key) {
      const value = this.#ask<DecoderInfo>({ type: 'info' }, undefined, (reply) => (reply.type === 'info' ? reply.info : null));
      this.#info = { key, value };
      value.catch(() => {
        // A failure is no answer to keep.
        if (this.#info?.value === value) this.#info = null;
      });
    }
    return await this.#info.value;
  }

  async inspect(path: string, signal?: AbortSignal): Promise<MediaFacts> {
    return await this.#ask<MediaFacts>({ type: 'inspect', path }, signal, (reply) => (reply.type === 'facts' ? reply.facts : null));
  }

  decode(path: string, signal?: AbortSignal): DecodeStream {
    return new DecodeJob((use) => this.#withProcess(use), path, signal);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const slot of this.#slots) this.#retire(slot);
    await Promise.all(this.#endings);
  }

  async #ask<T>(
    request: { type: 'info' } | { type: 'inspect'; path: string },
    signal: AbortSignal | undefined,
    pick: (reply: DecoderReply) => T | null,
  ): Promise<T> {
    if (signal?.aborted === true) throw new NightshiftError('CANCELLED');
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    await this.#withProcess((process) => {
      const stop = (): void => {
        process.cancel(job);
        reject(new NightshiftError('CANCELLED'));
      };
      const job = process.start(request, {
        isWaiting: () => true,
        onLost: (error) => {
          signal?.removeEventListener('abort', stop);
          reject(error);
        },
        onReply: (reply) => {
          if (reply.type === 'alive') return;
          signal?.removeEventListener('abort', stop);
          const answer = pick(reply);
          if (answer !== null) resolve(answer);
          else
            reject(reply.type === 'error' ? fromWireError(reply.error) : new NightshiftError('INVARIANT_BROKEN', { detail: reply.type }));
        },
      });
      if (signal?.aborted === true) stop();
      else signal?.addEventListener('abort', stop, { once: true });
    });
    return await promise;
  }

  /** Calls `use` with a process that takes one more job at that moment; it must start its job before it returns. */
  async #withProcess(use: (process: DecoderProcess) => void): Promise<void> {
    for (;;) {
      if (this.#isClosed) throw new NightshiftError('SHUTTING_DOWN');
      const slot = this.#pickSlot();
      slot.jobs += 1;
      slot.waiting += 1;
      try {
        const process = await slot.process;
        if (process.isUsable) {
          use(process);
          return;
        }
      } finally {
        slot.waiting -= 1;
      }
      this.#slots.delete(slot);
    }
  }

  #pickSlot(): Slot {
    const settings = this.#options.settings();
    const key = JSON.stringify(settings);
    const limit = this.#options.jobsPerProcess ?? DEFAULT_JOBS_PER_PROCESS;
    for (const slot of this.#slots) {
      const isDead = slot.ready !== null && !slot.ready.isUsable;
      if (isDead || slot.key !== key || slot.jobs >= limit) this.#retire(slot);
    }
    const load = (slot: Slot): number => slot.waiting + (slot.ready?.activeJobs ?? 0);
    const [leastBusy] = [...this.#slots].toSorted((a, b) => load(a) - load(b));
    if (leastBusy !== undefined && (load(leastBusy) === 0 || this.#slots.size >= this.#processCount)) return leastBusy;
    return this.#openSlot(key, settings);
  }

  #openSlot(key: string, settings: DecoderSettings): Slot {
    const slot: Slot = { key, process: this.#start(settings, () => this.#endIfIdle(slot)), ready: null, waiting: 0, jobs: 0 };
    this.#slots.add(slot);
    slot.process.then(
      (process) => {
        slot.ready = process;
        this.#endIfIdle(slot);
      },
      () => this.#slots.delete(slot),
    );
    return slot;
  }

  async #start({ route, ffmpegPath }: DecoderSettings, onIdle: () => void): Promise<DecoderProcess> {
    const args = ['--route', route, ...(ffmpegPath === null || ffmpegPath === '' ? [] : ['--ffmpeg', ffmpegPath])];
    const child = await this.#options.spawner.spawnProgram('decoder', { args });
    const { clock, logger, hangMs = DEFAULT_HANG_MS } = this.#options;
    return new DecoderProcess(child, { clock, logger, hangMs, onIdle });
  }

  /** No new jobs; ended when the last one in flight is through, at once when the pool closes. */
  #retire(slot: Slot): void {
    this.#slots.delete(slot);
    if (this.#isClosed) this.#end(slot);
    else this.#endIfIdle(slot);
  }

  #endIfIdle(slot: Slot): void {
    const isRetired = !this.#slots.has(slot);
    if (isRetired && slot.waiting === 0 && slot.ready !== null && slot.ready.activeJobs === 0) this.#end(slot);
  }

  #end(slot: Slot): void {
    const ending = slot.process.then(
      (process) => process.end(),
      () => undefined,
    );
    this.#endings.add(ending);
    void ending.finally(() => this.#endings.delete(ending));
  }
}
