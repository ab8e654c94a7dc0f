import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DecoderReply, DecoderRequest } from '#main/core/media/decoderProtocol.ts';
import type { DecoderInfo } from '#shared/contract/system.ts';
import { NightshiftError, toNightshiftError, toWireError } from '#shared/errors/nightshiftError.ts';
import { fileError, hashFile, statRegularFile } from './fileFacts.ts';
import type { Route } from './route.ts';

/** Where replies go. */
export interface Output {
  send(reply: DecoderReply, payload?: Buffer): void;
  /** Resolves when the reader keeps up again. */
  ready(): Promise<void>;
}

interface Job {
  readonly cancel: AbortController;
  credit: number;
  /** Wakes the job that waits for credit or its cancellation. */
  wake: () => void;
}

/**
 * The work in progress. Jobs take turns on one thread: each decodes a block, sends it and lets the others run; one without
 * credit waits without holding anything up.
 */
export class Jobs {
  readonly #route: Promise<Route>;
  readonly #output: Output;
  readonly #jobs = new Map<number, Job>();

  /** @param route may reject; every job then fails with its error */
  constructor(route: Promise<Route>, output: Output) {
    this.#route = route;
    this.#output = output;
  }

  handle(request: DecoderRequest): void {
    switch (request.type) {
      case 'info':
        void this.#run(request.job, 0, async () => {
          this.#output.send({ type: 'info', job: request.job, info: await this.#info() });
        });
        break;
      case 'inspect':
        void this.#run(request.job, 0, async (job) => {
          await this.#inspect(request.job, request.path, job.cancel.signal);
        });
        break;
      case 'decode':
        void this.#run(request.job, request.credit, async (job) => {
          await this.#decode(request.job, request.path, job);
        });
        break;
      case 'credit': {
        const job = this.#jobs.get(request.job);
        if (job === undefined) break;
        job.credit += request.blocks;
        job.wake();
        break;
      }
      case 'cancel': {
        const job = this.#jobs.get(request.job);
        job?.cancel.abort();
        job?.wake();
        break;
      }
    }
  }

  cancelAll(): void {
    for (const job of this.#jobs.values()) job.cancel.abort();
  }

  async #run(id: number, credit: number, work: (job: Job) => Promise<void>): Promise<void> {
    const job: Job = { cancel: new AbortController(), credit, wake: () => undefined };
    this.#jobs.set(id, job);
    try {
      await work(job);
    } catch (error) {
      this.#output.send({
        type: 'error',
        job: id,
        error: toWireError(job.cancel.signal.aborted ? new NightshiftError('CANCELLED') : error),
      });
    } finally {
      this.#jobs.delete(id);
    }
  }

  async #info(): Promise<DecoderInfo> {
    try {
      return (await this.#route).info();
    } catch (error) {
      if (toNightshiftError(error).code === 'DECODER_MISSING') return { route: null, version: null, path: null };
      throw error;
    }
  }

  async #inspect(job: number, path: string, signal: AbortSignal): Promise<void> {
    const before = statRegularFile(path);
    const route = await this.#route;
    const sha256 = await hashFile(path, before.sizeBytes, signal, () => {
      this.#output.send({ type: 'alive', job });
    });
    const facts = await asFileErrors(path, () => route.inspect(path, signal));
    const after = statRegularFile(path);
    // Hash and facts of a file that is still being written would belong to nothing.
    if (after.sizeBytes !== before.sizeBytes || after.modifiedMs !== before.modifiedMs) throw new NightshiftError('FILE_CHANGED', { path });
    this.#output.send({ type: 'facts', job, facts: { sha256, ...before, ...facts } });
  }

  async #decode(id: number, path: string, job: Job): Promise<void> {
    statRegularFile(path);
    const route = await this.#route;
    const source = await asFileErrors(path, () => route.open(path, job.cancel.signal));
    // A source that waits for its own child would otherwise not hear of it.
    job.cancel.signal.addEventListener('abort', () => {
      source.close();
    });
    try {
      for (;;) {
        await this.#creditOf(job);
        await this.#output.ready();
        throwIfCancelled(job);
        const block = await source.nextBlock();
        // A closed source ends like one that is through.
        throwIfCancelled(job);
        if (block === null) break;
        job.credit -= 1;
        this.#output.send({ type: 'block', job: id }, block);
        await nextTurn();
      }
      this.#output.send({ type: 'end', job: id, summary: source.summary() });
    } finally {
      source.close();
    }
  }

  async #creditOf(job: Job): Promise<void> {
    while (job.credit <= 0 && !job.cancel.signal.aborted) {
      await new Promise<void>((resolve) => {
        job.wake = resolve;
      });
    }
  }
}

async function asFileErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, path);
  }
}

function throwIfCancelled({ cancel }: Job): void {
  if (cancel.signal.aborted) throw new NightshiftError('CANCELLED');
}
