import type { NightshiftClient } from '#shared/contract/client.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { readOwnerFacts, takeOwnerLock } from '#main/core/persistence/ownerLock.ts';
import type { PowerHold } from '#main/core/ports.ts';
import { createRuntime, type RuntimeOptions } from '#main/core/runtime.ts';
import type { LogLevel } from '#main/platform/logger.ts';
import { createNodePorts } from '#main/platform/nodePorts.ts';
import { prepareDataDir, resolveDataDir } from '#main/platform/paths.ts';
import { assetsFolder } from '#main/programs/programPath.ts';
import { VERSION } from '#main/version.ts';
import { attachSocketPath, connectAttachSocket, openAttachSocket } from './httpTransport/attachSocket.ts';

export interface OpenOptions {
  /** Default: the user's own (`paths.ts`). */
  readonly dataDir?: string | undefined;
  readonly host?: RuntimeOptions['host'];
  readonly logLevel?: LogLevel;
  /** A host that can keep the machine awake by itself passes its own. */
  readonly power?: PowerHold;
}

export interface OpenedNightshift {
  readonly client: NightshiftClient;
  /** `owner`: the runtime is in this process; `attached`: another process has it and answers. */
  readonly role: 'owner' | 'attached';
  readonly dataDir: string;
  /** Process that owns the data folder. */
  readonly ownerPid: number;
  /** As owner: ends runs gently (they can go on later) and our servers. Attached: only disconnects. */
  close(): Promise<void>;
}

/** An owner that has just taken the lock needs a moment until it answers. */
const ATTACH_PATIENCE_MS = 5_000;
const ATTACH_RETRY_MS = 100;

/**
 * Opens a data folder: as its owner, or as a client of the process that already owns it.
 * @throws DATA_FOLDER_UNUSABLE, DATA_FOLDER_IN_USE (somebody has it and does not answer), DB_FROM_FUTURE, DB_CORRUPT, DB_FAILED
 */
export async function openNightshift(options: OpenOptions = {}): Promise<OpenedNightshift> {
  const dataDir = await prepareDataDir(resolveDataDir(options.dataDir));
  const deadlineMs = performance.now() + ATTACH_PATIENCE_MS;
  for (;;) {
    const opened = (await openAsOwner(dataDir, options)) ?? (await attach(dataDir));
    if (opened !== null) return opened;
    if (performance.now() > deadlineMs) {
      const facts = readOwnerFacts(dataDir);
      throw new NightshiftError('DATA_FOLDER_IN_USE', { path: dataDir, pid: facts?.pid ?? null, host: facts?.host ?? null });
    }
    await new Promise((resolve) => setTimeout(resolve, ATTACH_RETRY_MS));
  }
}

async function attach(dataDir: string): Promise<OpenedNightshift | null> {
  const facts = readOwnerFacts(dataDir);
  if (facts === null) return null;
  try {
    const client = await connectAttachSocket({ socketPath: facts.socketPath });
    return { client, role: 'attached', dataDir, ownerPid: facts.pid, close: () => client.close() };
  } catch (error) {
    if (toNightshiftError(error).code === 'CONNECTION_LOST') return null;
    throw error;
  }
}

async function openAsOwner(dataDir: string, options: OpenOptions): Promise<OpenedNightshift | null> {
  const host = options.host ?? 'library';
  const ports = createNodePorts({
    dataDir,
    logLevel: options.logLevel ?? 'info',
    ...(options.power === undefined ? {} : { power: options.power }),
  });
  const bootId = ports.random.hex(8);
  const socketPath = attachSocketPath(dataDir);
  const lock = takeOwnerLock(dataDir, {
    pid: process.pid,
    processStartId: await ports.spawner.processStartId(process.pid),
    startedAtMs: ports.clock.nowMs(),
    bootId,
    host,
    socketPath,
  });
  if (lock === null) {
    await ports.logger.close();
    return null;
  }
  try {
    const runtime = await createRuntime(ports, { dataDir, assetsDir: assetsFolder(), version: VERSION, host, bootId });
    const socket = await openAttachSocket({ client: runtime.client, socketPath, logger: ports.logger });
    const close = async (): Promise<void> => {
      await runtime.close();
      await socket.close();
      lock.release();
      await ports.logger.close();
    };
    let closing: Promise<void> | null = null;
    return { client: runtime.client, role: 'owner', dataDir, ownerPid: process.pid, close: () => (closing ??= close()) };
  } catch (error) {
    lock.release();
    await ports.logger.close();
    throw error;
  }
}
