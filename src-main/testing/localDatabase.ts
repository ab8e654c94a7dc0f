import { fromWireError, toWireError } from '#shared/errors/nightshiftError.ts';
import { type Connection, openWriter, toStorageError } from '../core/persistence/connection.ts';
import type { Database } from '../core/persistence/database.ts';
import { reads, writes } from '../core/persistence/operations/index.ts';

type Operation = (connection: Connection, args: unknown) => unknown;

export interface LocalDatabaseOptions {
  /** Awaited between a commit and its announcement. */
  readonly delay?: (() => Promise<void>) | undefined;
}

/**
 * The operations of the queue on a connection of this thread: what a test asks is done when the call returns, and its answer comes with the next
 * microtask or after `delay`. No real time passes, so that a simulation on it is the same every time.
 */
export class LocalDatabase implements Database {
  readonly connection: Connection;
  readonly #delay: (() => Promise<void>) | null;

  /** @param path of a file, or `:memory:` */
  constructor(path: string, { delay }: LocalDatabaseOptions = {}) {
    this.connection = openWriter(path);
    this.#delay = delay ?? null;
  }

  readonly write = (async (name: string, args?: unknown) => {
    const answer = this.#inTransaction(writes as unknown as Record<string, Operation>, name, args);
    await this.#delay?.();
    return answer;
  }) as Database['write'];

  readonly read = (async (name: string, args?: unknown) =>
    this.#inTransaction(reads as unknown as Record<string, Operation>, name, args)) as Database['read'];

  async close(): Promise<void> {
    this.connection.close();
  }

  #inTransaction(operations: Record<string, Operation>, name: string, args: unknown): unknown {
    const { connection } = this;
    const operation = operations[name];
    if (operation === undefined) throw new TypeError(`no operation ${name}`);
    connection.exec('BEGIN');
    try {
      const answer = operation(connection, args);
      connection.exec('COMMIT');
      return answer;
    } catch (error) {
      if (connection.inTransaction) connection.exec('ROLLBACK');
      throw fromWireError(toWireError(toStorageError(error)));
    }
  }
}
