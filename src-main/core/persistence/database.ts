import { Worker } from 'node:worker_threads';
import { fromWireError, NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { scriptPath } from '../../programs/programPath.ts';
import type { DatabaseReply, DatabaseRequest, DatabaseThreadData } from './databaseThread.ts';
import type { OperationArgs, OperationResult, ReadName, Reads, WriteName, Writes } from './operations/index.ts';

type Call<O> = O extends (connection: never) => unknown ? [] : [args: OperationArgs<O>];

/**
 * The queue and its results. All calls are asynchronous and handled in threads, so that the caller never waits for a disk.
 * A write resolves when it is committed and synced; writes are applied in the order of the calls. A read sees every write that
 * resolved before it was asked.
 */
export interface Database {
  /** @throws DISK_FULL, DB_CORRUPT, DB_FAILED, SHUTTING_DOWN */
  write<N extends WriteName>(operation: N, ...args: Call<Writes[N]>): Promise<OperationResult<Writes[N]>>;
  read<N extends ReadName>(operation: N, ...args: Call<Reads[N]>): Promise<OperationResult<Reads[N]>>;
  /** Finishes what was asked, then closes the file. */
  close(): Promise<void>;
}

/**
 * Opens or creates the database file and brings it to the newest schema.
 * @param nowMs names the backup that is made before the schema changes
 * @throws DB_FROM_FUTURE (the file is left untouched), DB_CORRUPT, MIGRATION_NOT_STARTED, DB_FAILED
 */
export async function openDatabase(path: string, nowMs: number | null = null): Promise<Database> {
  const writer = new DatabaseThread({ path, role: 'writer', nowMs });
  await writer.opened;
  const reader = new DatabaseThread({ path, role: 'reader', nowMs });
  try {
    await reader.opened;
  } catch (error) {
    await writer.close();
    throw error;
  }
  return {
    write: ((operation: string, args?: unknown) => writer.call(operation, args)) as Database['write'],
    read: ((operation: string, args?: unknown) => reader.call(operation, args)) as Database['read'],
    close: async () => {
      await reader.close();
      await writer.close();
    },
  };
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: NightshiftError) => void;
}

/** One worker thread with one connection; calls are answered in order. */
class DatabaseThread {
  readonly opened: Promise<unknown>;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #nextId = 1;
  #closing = false;
  #failure: NightshiftError | null = null;

  constructor(data: DatabaseThreadData) {
    this.#worker = new Worker(scriptPath('databaseThread'), { workerData: data, name: `database-${data.role}` });
    this.opened = new Promise((resolve, reject) => {
      this.#pending.set(0, { resolve, reject });
    });
    this.#worker.on('message', (reply: DatabaseReply) => {
      const pending = this.#pending.get(reply.id);
      this.#pending.delete(reply.id);
      if (reply.ok) pending?.resolve(reply.value);
      else pending?.reject(fromWireError(reply.error));
    });
    this.#worker.on('error', (error) => {
      this.#fail(toNightshiftError(error));
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#fail(new NightshiftError('SHUTTING_DOWN', { detail: `the ${data.role} thread has ended` }));
        resolve();
      });
    });
  }

  call(operation: string, args: unknown): Promise<unknown> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#closing) return Promise.reject(new NightshiftError('SHUTTING_DOWN'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, operation, args } satisfies DatabaseRequest);
    });
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#worker.postMessage('close');
    }
    await this.#exited;
  }

  #fail(error: NightshiftError): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
