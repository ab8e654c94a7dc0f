import { Worker } from 'node:worker_threads';
import { scriptPath } from '#main/programs/programPath.ts';
import type { FileOptions } from './engine.ts';
import type { FromThread, ThreadData, ToThread } from './threadMessages.ts';

export type FileEvent = Exclude<FromThread, { type: 'ready' | 'loadFailed' }>;

export interface DecodingFile {
  push(samples: Float32Array): void;
  finish(): void;
  drop(): void;
}

/** The decode thread as the rest of the server sees it. */
export class DecodeThread {
  readonly #worker: Worker;
  readonly #listeners = new Map<number, (event: FileEvent) => void>();
  /** Settles when the model is loaded, milliseconds; rejects when it cannot be. */
  readonly ready: Promise<number>;
  #files = 0;

  /** @param onFailed called when the thread ends by itself, which leaves the server useless */
  constructor(data: ThreadData, onFailed: (error: Error) => void) {
    this.#worker = new Worker(scriptPath('asrDecodeThread'), { workerData: data });
    this.#worker.on('error', onFailed);
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromThread) => {
        switch (message.type) {
          case 'ready':
            resolve(message.loadMs);
            return;
          case 'loadFailed':
            reject(new Error(message.message));
            return;
          default:
            this.#deliver(message);
        }
      });
    });
  }

  /** Files that are being received or decoded. */
  get openFiles(): number {
    return this.#listeners.size;
  }

  open(options: FileOptions, onEvent: (event: FileEvent) => void): DecodingFile {
    const file = ++this.#files;
    this.#listeners.set(file, onEvent);
    this.#post({ type: 'begin', file, options });
    return {
      push: (samples) => this.#post({ type: 'audio', file, samples }, [samples.buffer as ArrayBuffer]),
      finish: () => this.#post({ type: 'finish', file }),
      drop: () => {
        if (this.#listeners.delete(file)) this.#post({ type: 'drop', file });
      },
    };
  }

  #post(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #deliver(event: FileEvent): void {
    const listener = this.#listeners.get(event.file);
    if (event.type === 'done' || event.type === 'failed') this.#listeners.delete(event.file);
    listener?.(event);
  }
}
