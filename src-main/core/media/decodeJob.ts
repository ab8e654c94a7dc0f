import { NightshiftError, fromWireError } from '#shared/errors/nightshiftError.ts';
import type { DecoderProcess } from './decoderProcess.ts';
import type { DecoderReply } from './decoderProtocol.ts';
import type { DecodeStream, DecodeSummary } from './mediaDecoder.ts';

/** Blocks (seconds of audio) that may be on their way to one consumer: 1 MB. */
const WINDOW_BLOCKS = 16;
/** Credit is given back in portions, since each is a message. */
const GRANT_BLOCKS = 4;

export type WithProcess = (use: (process: DecoderProcess) => void) => Promise<void>;

/** One file on its way from a decoder process to its consumer. Starts at once; the consumer's pace holds the decoder back. */
export class DecodeJob implements DecodeStream {
  readonly blocks: AsyncIterable<Buffer>;
  readonly summary: Promise<DecodeSummary>;
  readonly #settle: { resolve: (summary: DecodeSummary) => void; reject: (error: NightshiftError) => void };
  readonly #signal: AbortSignal | undefined;
  #queue: Buffer[] = [];
  #outcome: { readonly error: NightshiftError | null } | null = null;
  #process: DecoderProcess | null = null;
  #job = 0;
  #credit = WINDOW_BLOCKS;
  #toGrant = 0;
  #wake: () => void = () => undefined;
  readonly #onAbort = (): void => {
    this.#stop();
  };

  /** @param withProcess calls back with a process that takes a job, once there is one */
  constructor(withProcess: WithProcess, path: string, signal: AbortSignal | undefined) {
    const { promise, resolve, reject } = Promise.withResolvers<DecodeSummary>();
    this.summary = promise;
    this.#settle = { resolve, reject };
    // Who reads the blocks hears of the error there.
    promise.catch(() => undefined);
    this.#signal = signal;
    this.blocks = { [Symbol.asyncIterator]: () => this.#iterate() };
    if (signal?.aborted === true) {
      this.#stop();
    } else {
      signal?.addEventListener('abort', this.#onAbort, { once: true });
      void this.#start(withProcess, path);
    }
  }

  async #start(withProcess: WithProcess, path: string): Promise<void> {
    try {
      await withProcess((process) => {
        // Aborted while the process started.
        if (this.#outcome !== null) return;
        this.#process = process;
        this.#job = process.start(
          { type: 'decode', path, credit: WINDOW_BLOCKS },
          {
            isWaiting: () => this.#credit > 0,
            onLost: (error) => {
              this.#end(error);
            },
            onReply: (reply, payload) => {
              this.#onReply(reply, payload);
            },
          },
        );
      });
    } catch (error) {
      this.#end(error instanceof NightshiftError ? error : new NightshiftError('DECODER_CRASHED', {}, { cause: error }));
    }
  }

  #onReply(reply: DecoderReply, payload: Buffer): void {
    switch (reply.type) {
      case 'block':
        this.#credit -= 1;
        this.#queue.push(payload);
        this.#wake();
        break;
      case 'end':
        this.#end(null, reply.summary);
        break;
      case 'error':
        this.#end(fromWireError(reply.error));
        break;
      case 'alive':
        break;
      case 'info':
      case 'facts':
        this.#end(new NightshiftError('INVARIANT_BROKEN', { detail: `decoder answered ${reply.type}` }));
        break;
    }
  }

  #end(error: NightshiftError | null, summary?: DecodeSummary): void {
    if (this.#outcome !== null) return;
    this.#outcome = { error };
    this.#signal?.removeEventListener('abort', this.#onAbort);
    if (summary !== undefined) this.#settle.resolve(summary);
    else this.#settle.reject(error ?? new NightshiftError('INVARIANT_BROKEN', { detail: 'decoded without a summary' }));
    this.#wake();
  }

  /** Ends the job from our side; what was decoded but not read is dropped. */
  #stop(): void {
    this.#queue = [];
    this.#process?.cancel(this.#job);
    this.#end(new NightshiftError('CANCELLED'));
  }

  #iterate(): AsyncIterator<Buffer> {
    return {
      next: async () => {
        for (;;) {
          const block = this.#queue.shift();
          if (block !== undefined) {
            this.#grantOne();
            return { done: false, value: block };
          }
          if (this.#outcome !== null) {
            if (this.#outcome.error !== null) throw this.#outcome.error;
            return { done: true, value: undefined };
          }
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      },
      return: () => {
        this.#stop();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #grantOne(): void {
    if (this.#outcome !== null) return;
    this.#toGrant += 1;
    if (this.#toGrant < GRANT_BLOCKS) return;
    this.#credit += this.#toGrant;
    this.#process?.grant(this.#job, this.#toGrant);
    this.#toGrant = 0;
  }
}
