import { createHash } from 'node:crypto';
import { chmod, lstat, unlink } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { NightshiftClient } from '#shared/contract/client.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Logger } from '#main/core/ports.ts';
import { folderProblem } from '#main/platform/folderProblem.ts';
import { makeFolders } from '#main/platform/makeFolders.ts';
import { createLocalSocketAccess } from './accessPolicy.ts';
import { createHttpGateway } from './gateway.ts';
import { createHttpClient } from './httpClient.ts';
import { isAnswering } from './probe.ts';

/** Longest path a local socket can have, bytes without the end mark: `sun_path` is 108 bytes on Linux, 104 on macOS and BSD. */
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

function isPipe(socketPath: string): boolean {
  return socketPath.startsWith('\\\\');
}

/**
 * Where the owner of a data folder listens for other hosts: `run/attach.sock` below it; where that is too long for a socket, a folder
 * of the user below the temporary one; on Windows a named pipe.
 */
export function attachSocketPath(dataDir: string): string {
  const folder = resolve(dataDir);
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\nightshift-${hash}`;
  const inside = join(folder, 'run', 'attach.sock');
  if (Buffer.byteLength(inside) <= MAX_SOCKET_PATH_BYTES) return inside;
  const name = `nightshift-${userInfo().uid}-${hash}`;
  const below = join(tmpdir(), name, 'attach.sock');
  return Buffer.byteLength(below) <= MAX_SOCKET_PATH_BYTES ? below : join('/tmp', name, 'attach.sock');
}

/** What the system said, as the reason why the data folder cannot be used. */
function toUnusable(path: string, thrown: unknown): NightshiftError {
  if (thrown instanceof NightshiftError) return thrown;
  return new NightshiftError('DATA_FOLDER_UNUSABLE', { path, ...folderProblem(thrown) }, { cause: thrown });
}

/** @throws DATA_FOLDER_UNUSABLE when somebody else could listen in: the folder is a link, another user's, or open to others */
async function requireOwnFolder(folder: string): Promise<void> {
  const info = await lstat(folder).catch(() => null);
  if (info === null || !info.isDirectory() || info.uid !== userInfo().uid || (info.mode & 0o077) !== 0) {
    const reason = info?.isDirectory() === false && !info.isSymbolicLink() ? 'notFolder' : 'notPrivate';
    throw new NightshiftError('DATA_FOLDER_UNUSABLE', { path: folder, reason });
  }
}

async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolders(folder, 0o700);
    const info = await lstat(folder);
    if (info.isDirectory() && info.uid === userInfo().uid) await chmod(folder, 0o700);
  } catch (error) {
    throw toUnusable(folder, error);
  }
  await requireOwnFolder(folder);
}

export interface AttachSocketOptions {
  readonly client: NightshiftClient;
  readonly socketPath: string;
  readonly logger?: Logger;
}

/**
 * Serves the contract on a local socket (mode 0600 in a folder of mode 0700: the user alone, no token). A socket file left by a dead
 * owner is replaced.
 * @throws DATA_FOLDER_IN_USE when somebody answers there, DATA_FOLDER_UNUSABLE when the place cannot be made safe
 */
export async function openAttachSocket(options: AttachSocketOptions): Promise<{ close(): Promise<void> }> {
  const { socketPath } = options;
  if (!isPipe(socketPath)) await prepareFolder(dirname(socketPath));
  if (await isAnswering({ path: socketPath })) throw new NightshiftError('DATA_FOLDER_IN_USE', { path: socketPath });
  if (!isPipe(socketPath)) await unlink(socketPath).catch(() => undefined);

  const gateway = createHttpGateway({
    client: options.client,
    access: createLocalSocketAccess(),
    ...(options.logger === undefined ? {} : { logger: options.logger }),
  });
  await new Promise<void>((done, fail) => {
    const server = gateway.newServer();
    server.once('error', (cause) => fail(toUnusable(socketPath, cause)));
    server.listen({ path: socketPath }, done);
  });
  try {
    if (!isPipe(socketPath)) await chmod(socketPath, 0o600);
  } catch (error) {
    await gateway.close();
    throw toUnusable(socketPath, error);
  }
  // Node removes the socket file when the server closes.
  return { close: () => gateway.close() };
}

/**
 * A client of the owner that listens at `socketPath`.
 * @throws CONNECTION_LOST when nobody listens, DATA_FOLDER_UNUSABLE when the folder is not ours alone
 */
export async function connectAttachSocket(options: {
  readonly socketPath: string;
  readonly logger?: Logger;
  /** Called while the owner does not answer. */
  readonly onLost?: () => void;
}): Promise<NightshiftClient> {
  const { socketPath, logger, onLost } = options;
  if (!isPipe(socketPath)) {
    const folder = dirname(socketPath);
    if ((await lstat(folder).catch(() => null)) === null) throw new NightshiftError('CONNECTION_LOST', { path: socketPath });
    await requireOwnFolder(folder);
  }
  return createHttpClient({
    target: { socketPath },
    ...(logger === undefined ? {} : { logger }),
    ...(onLost === undefined ? {} : { onLost }),
  });
}
