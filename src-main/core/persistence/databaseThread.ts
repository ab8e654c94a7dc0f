import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { type Connection, openReader, openWriter, toStorageError } from './connection.ts';
import { prepareDatabase, withChoices } from '../backups/prepareDatabase.ts';
import { reads, writes } from './operations/index.ts';

/** Main thread to this thread. */
export interface DatabaseRequest {
  readonly id: number;
  readonly operation: string;
  readonly args: unknown;
}

/** This thread to the main thread; the first message (id 0) says that the file is open. */
export type DatabaseReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: WireError };

export interface DatabaseThreadData {
  readonly path: string;
  readonly role: 'writer' | 'reader';
  /** When the owner opened it; null where it did not say. */
  readonly nowMs: number | null;
}

type Operation = (connection: Connection, args: unknown) => unknown;

function drain(port: MessagePort, first: DatabaseRequest): DatabaseRequest[] {
  const batch = [first];
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    batch.push(next.message as DatabaseRequest);
  }
  return batch;
}

function run(operations: Record<string, Operation>, connection: Connection, request: DatabaseRequest): DatabaseReply {
  try {
    const operation = operations[request.operation];
    if (operation === undefined) throw new TypeError(`no operation ${request.operation}`);
    return { id: request.id, ok: true, value: operation(connection, request.args) };
  } catch (error) {
    return { id: request.id, ok: false, error: toWireError(toStorageError(error)) };
  }
}

/**
 * Everything that arrived while the last commit was being synced to disk shares the next one: one sync for many outcomes, and
 * none is announced before its commit. A write that fails is rolled back alone.
 */
function commitTogether(connection: Connection, operations: Record<string, Operation>, batch: readonly DatabaseRequest[]): DatabaseReply[] {
  const replies: DatabaseReply[] = [];
  try {
    connection.exec('BEGIN IMMEDIATE');
    for (const request of batch) {
      connection.exec('SAVEPOINT one');
      const reply = run(operations, connection, request);
      // SQLite itself gave the whole transaction up (disk full, input/output error): its reason is the one to tell.
      if (!reply.ok && !connection.inTransaction) return batch.map(({ id }) => ({ id, ok: false, error: reply.error }));
      connection.exec(reply.ok ? 'RELEASE one' : 'ROLLBACK TO one; RELEASE one');
      replies.push(reply);
    }
    connection.exec('COMMIT');
    return replies;
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    const wire = toWireError(toStorageError(error));
    return batch.map(({ id }) => ({ id, ok: false, error: wire }));
  }
}

async function serve(port: MessagePort, { path, role, nowMs }: DatabaseThreadData): Promise<void> {
  let connection: Connection;
  try {
    if (role === 'writer') await prepareDatabase(path, nowMs);
    connection = role === 'writer' ? openWriter(path) : openReader(path);
  } catch (error) {
    port.postMessage({ id: 0, ok: false, error: toWireError(withChoices(error, path)) } satisfies DatabaseReply);
    return;
  }
  port.postMessage({ id: 0, ok: true, value: null } satisfies DatabaseReply);
  port.on('message', (message: DatabaseRequest | 'close') => {
    if (message === 'close') {
      connection.close();
      port.close();
      return;
    }
    if (role === 'reader') {
      port.postMessage(run(reads as unknown as Record<string, Operation>, connection, message));
      return;
    }
    const batch = drain(port, message);
    const closing = batch.findIndex((entry) => (entry as unknown) === 'close');
    const replies = commitTogether(
      connection,
      writes as unknown as Record<string, Operation>,
      closing < 0 ? batch : batch.slice(0, closing),
    );
    for (const reply of replies) port.postMessage(reply);
    if (closing >= 0) {
      connection.close();
      port.close();
    }
  });
}

if (parentPort !== null) await serve(parentPort, workerData as DatabaseThreadData);
