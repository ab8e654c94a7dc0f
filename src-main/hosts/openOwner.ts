import type { NightshiftClient } from '#shared/contract/client.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { readOwnerFacts, takeOwnerLock } from '#main/core/persistence/ownerLock.ts';
import type { Logger, PagePrinter, PowerHold } from '#main/core/ports.ts';
import { createRuntime, type RuntimeOptions } from '#main/core/runtime.ts';
import type { LogLevel } from '#main/platform/logger.ts';
import { createNodePorts } from '#main/platform/nodePorts.ts';
import { prepareDataDir, resolveDataDir } from '#main/platform/paths.ts';
import { assetsFolder } from '#main/programs/programPath.ts';
import { VERSION } from '#main/version.ts';
import { openAttachedLog } from './attachedLog.ts';
import { createConnection, type Connection } from './connection.ts';
import { type AttachSocketOptions, attachSocketPath, connectAttachSocket, openAttachSocket } from './httpTransport/attachSocket.ts';
import { createSwitchingClient, type SwitchingClient } from './switchingClient.ts';

export interface OpenOptions {
  /** Default: the user's own (`paths.ts`). */
  readonly dataDir?: string | undefined;
  readonly host?: RuntimeOptions['host'];
  readonly logLevel?: LogLevel;
  /** A host that can keep the machine awake by itself passes its own. */
  readonly power?: PowerHold;
  /** A host with a browser of its own prints with that. */
  readonly printer?: PagePrinter;
}

export interface OpenedNightshift {
  readonly client: NightshiftClient;
  /** `owner`: the runtime is in this process; `attached`: another process has it and answers, until it ends and we take its place. */
  readonly role: 'owner' | 'attached';
  readonly dataDir: string;
  /** Process that owns the data folder. */
  readonly ownerPid: number;
  /** Whether the owner answers. */
  readonly connection: Connection;
  /** The owner's log of the data folder, or while attached one of this process beside it: each has one writer. */
  readonly logger: Logger;
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
    const opened = (await openAsOwner(dataDir, options)) ?? (await attach(dataDir, options));
    if (opened !== null) return opened;
    if (performance.now() > deadlineMs) {
      const facts = readOwnerFacts(dataDir);
      throw new NightshiftError('DATA_FOLDER_IN_USE', { path: dataDir, pid: facts?.pid ?? null, host: facts?.host ?? null });
    }
    await new Promise((resolve) => setTimeout(resolve, ATTACH_RETRY_MS));
  }
}

/** A client of the owner. When the owner goes, the first who notices becomes the next one; the others find it at the same socket. */
async function attach(dataDir: string, options: OpenOptions): Promise<OpenedNightshift | null> {
  const facts = readOwnerFacts(dataDir);
  if (facts === null) return null;
  let successor: OpenedNightshift | null = null;
  let takeover: Promise<void> | null = null;
  let isClosed = false;
  const takeOver = async (): Promise<void> => {
    const owner = isClosed ? null : await openAsOwner(dataDir, options).catch(() => null);
    if (owner === null) return;
    successor = owner;
    await client.switchTo(owner.client);
  };
  const connection = createConnection();
  const onLost = (): void => {
    connection.set(true);
    if (successor === null) takeover ??= takeOver().finally(() => (takeover = null));
  };
  let client: SwitchingClient;
  try {
    client = createSwitchingClient(await connectAttachSocket({ socketPath: facts.socketPath, onLost }));
  } catch (error) {
    if (toNightshiftError(error).code === 'CONNECTION_LOST') return null;
    throw error;
  }
  client.onReconnect(() => connection.set(false));
  const log = await openAttachedLog(dataDir, options.logLevel ?? 'info');
  log.info('attached to the owner', { ownerPid: facts.pid, host: options.host ?? 'library' });
  connection.onChange((isLost) => log.info(isLost ? 'the owner does not answer' : 'connected again', { owns: successor !== null }));
  return {
    client,
    connection,
    logger: loggerOf(() => successor?.logger ?? log),
    get role() {
      return successor === null ? 'attached' : 'owner';
    },
    get ownerPid() {
      return successor === null ? facts.pid : process.pid;
    },
    dataDir,
    close: async () => {
      isClosed = true;
      await takeover;
      await client.close();
      await successor?.close();
      await log.close();
    },
  };
}

async function openAsOwner(dataDir: string, options: OpenOptions): Promise<OpenedNightshift | null> {
  const host = options.host ?? 'library';
  const ports = createNodePorts({
    dataDir,
    logLevel: options.logLevel ?? 'info',
    ...(options.power === undefined ? {} : { power: options.power }),
    ...(options.printer === undefined ? {} : { printer: options.printer }),
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
  // What was opened last is closed first, whatever goes wrong with the others.
  await using opened = new AsyncDisposableStack();
  opened.defer(() => ports.logger.close());
  opened.defer(() => lock.release());
  let socket: { close(): Promise<void> } | null = null;
  opened.defer(async () => socket?.close());
  const runtime = await createRuntime(ports, { dataDir, assetsDir: assetsFolder(), version: VERSION, host, bootId });
  // Before the socket: whoever is attached may still ask how its runs ended.
  opened.defer(() => runtime.close());
  socket = await openSocket({ client: runtime.client, socketPath, logger: ports.logger });
  const owned = opened.move();
  let closing: Promise<void> | null = null;
  return {
    client: runtime.client,
    role: 'owner',
    dataDir,
    ownerPid: process.pid,
    connection: createConnection(),
    logger: ports.logger,
    close: () => (closing ??= owned.disposeAsync()),
  };
}

function loggerOf(current: () => Logger): Logger {
  return {
    debug: (message, fields) => current().debug(message, fields),
    info: (message, fields) => current().info(message, fields),
    warn: (message, fields) => current().warn(message, fields),
    error: (message, fields) => current().error(message, fields),
    child: (fields) => loggerOf(() => current().child(fields)),
  };
}

/** We hold the lock, so whoever still answers at the socket is ending: it is given a moment. */
async function openSocket(options: AttachSocketOptions): Promise<{ close(): Promise<void> }> {
  const deadlineMs = performance.now() + ATTACH_PATIENCE_MS;
  for (;;) {
    try {
      return await openAttachSocket(options);
    } catch (error) {
      if (toNightshiftError(error).code !== 'DATA_FOLDER_IN_USE' || performance.now() > deadlineMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, ATTACH_RETRY_MS));
  }
}
