import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { lstat, mkdir, open, readdir, realpath, rename, rm, statfs, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { ReasonOf } from '#shared/errors/reasonMessages.ts';

/** Left free for the database and the results; an upload must not be what stops the night. */
const RESERVE_BYTES = 256 * 1024 * 1024;
/** Limits of common file systems: 255 bytes a name; the whole path has to fit in 4,096 with the data folder before it. */
const MAX_SEGMENT_BYTES = 255;
const MAX_PATH_BYTES = 2_048;
const MAX_DEPTH = 64;
const SESSION_ID = /^[0-9a-f]{32}$/;
/** In the folder of a session: what has arrived whole, and what is under way. */
const RECORDINGS = 'recordings';
const PARTIALS = 'partial';
/** A session that nothing was sent to for this long, and that no run reads, was given up by its browser. */
const ABANDONED_MS = 24 * 3_600_000;

export interface UploadStoreOptions {
  readonly dataDir: string;
  /** Sources of all runs: what they read is not removed. */
  readonly listSources: () => Promise<readonly string[]>;
  readonly reserveBytes?: number;
  /** Default: what the file system of a folder says. */
  readonly freeDiskBytes?: (folder: string) => Promise<number>;
  readonly nowMs?: () => number;
  readonly platform?: NodeJS.Platform;
  /** Opens the new file; another one in tests to meet a full disk. */
  readonly openFile?: (path: string) => Promise<FileHandle>;
}

/** Files that a browser brings, because it knows no paths. They lie in `<dataDir>/uploads/<session>/recordings` and belong to the user. */
export interface UploadStore {
  /** @param totalBytes what the browser is going to send, when it knows; refused when it cannot fit */
  createSession(totalBytes: number | null): Promise<{ readonly sessionId: string; readonly folder: string }>;
  /**
   * Stores one file, whole or not at all; the same path again replaces it.
   * @param encodedPath path below the session's folder, each segment percent-encoded
   * @throws UPLOAD_REFUSED (`reason`), DISK_FULL, CONNECTION_LOST when the browser went away
   */
  receive(sessionId: string, encodedPath: string, declaredBytes: number | null, body: Readable): Promise<{ readonly path: string }>;
  /**
   * Removes a session with everything that arrived; files still under way are cut off.
   * @throws UPLOAD_REFUSED `unknownSession`, or `inUse` when a run has it as a source
   */
  removeSession(sessionId: string): Promise<void>;
  /** Removes sessions that were given up more than a day ago, and halves of files that a killed process left. @returns how many sessions */
  removeAbandoned(): Promise<number>;
}

interface Transfer {
  readonly body: Readable;
  readonly settled: Promise<void>;
}

/** Names that Windows keeps for devices, with any ending. */
const WINDOWS_RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i;

function refused(reason: ReasonOf<'UPLOAD_REFUSED'>, data: Readonly<Record<string, string | number>> = {}): NightshiftError {
  return new NightshiftError('UPLOAD_REFUSED', { reason, ...data });
}

/**
 * Segments of an upload's path. Everything that leads upwards or elsewhere is refused on every system; what only Windows cannot store
 * (reserved names, `<>:"|?*`, a dot or space at the end) is refused there, because elsewhere such recordings exist.
 * @throws UPLOAD_REFUSED
 */
export function parseUploadPath(encodedPath: string, platform: NodeJS.Platform): string[] {
  const segments = encodedPath.split('/').map((encoded) => {
    let segment: string;
    try {
      segment = decodeURIComponent(encoded);
    } catch (cause) {
      throw new NightshiftError('UPLOAD_REFUSED', { reason: 'badName', path: encodedPath }, { cause });
    }
    // oxlint-disable-next-line no-control-regex -- control characters are what is refused
    if (segment === '' || segment === '.' || segment === '..' || /[/\\\u0000-\u001f\u007f]/.test(segment)) {
      throw refused('badName', { path: encodedPath });
    }
    if (platform === 'win32' && (/[<>:"|?*]/.test(segment) || /[. ]$/.test(segment) || WINDOWS_RESERVED.test(segment))) {
      throw refused('reservedName', { path: segment });
    }
    if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) throw refused('nameTooLong', { path: segment });
    return segment;
  });
  if (segments.length > MAX_DEPTH || Buffer.byteLength(segments.join('/')) > MAX_PATH_BYTES) throw refused('nameTooLong');
  return segments;
}

function errnoOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

function toUploadError(thrown: unknown, path: string): unknown {
  switch (errnoOf(thrown)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new NightshiftError('DISK_FULL', { path }, { cause: thrown });
    case 'EFBIG':
    case 'ENAMETOOLONG':
    case 'EILSEQ':
    case 'EINVAL':
    case 'EISDIR':
    case 'ENOTDIR':
    case 'EEXIST':
      return new NightshiftError('UPLOAD_REFUSED', { reason: 'badName', path }, { cause: thrown });
    case 'ECONNRESET':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return new NightshiftError('CONNECTION_LOST', { path }, { cause: thrown });
    default:
      return thrown;
  }
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  let offset = 0;
  while (offset < chunk.length) offset += (await file.write(chunk, offset)).bytesWritten;
}

async function freeDiskBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Time of the last change, ms since 1970; null when it is not there. */
async function changedMs(path: string): Promise<number | null> {
  return (await lstat(path).catch(() => null))?.mtimeMs ?? null;
}

export function createUploadStore(options: UploadStoreOptions): UploadStore {
  const root = join(options.dataDir, 'uploads');
  const reserveBytes = options.reserveBytes ?? RESERVE_BYTES;
  const freeDiskBytes = options.freeDiskBytes ?? freeDiskBytesOf;
  const nowMs = options.nowMs ?? Date.now;
  const platform = options.platform ?? process.platform;
  const openFile = options.openFile ?? ((path: string) => open(path, 'wx', 0o600));
  const transfers = new Map<string, Set<Transfer>>();
  const removing = new Set<string>();
  /** Declared and not yet on the disk. */
  let pendingBytes = 0;

  /** Promises space to a file; `take` what has reached the disk, because that is no longer free there either. */
  async function reserve(neededBytes: number): Promise<Disposable & { take(bytes: number): void }> {
    const freeDisk = await freeDiskBytes(root);
    // No wait from here to the promise: two files must not be promised the same space.
    const freeBytes = Math.max(0, freeDisk - reserveBytes - pendingBytes);
    if (neededBytes > freeBytes) throw refused('noSpace', { neededBytes, freeBytes });
    let leftBytes = neededBytes;
    pendingBytes += leftBytes;
    const take = (bytes: number): void => {
      const takenBytes = Math.min(bytes, leftBytes);
      leftBytes -= takenBytes;
      pendingBytes -= takenBytes;
    };
    return { take, [Symbol.dispose]: () => take(leftBytes) };
  }

  /** A name that differs only in case or composition is another recording, which some file systems would silently replace. */
  async function requireNoTwin(path: string): Promise<void> {
    const info = await lstat(path).catch(() => null);
    if (info === null) return;
    if (!info.isFile()) throw refused('badName', { path: basename(path) });
    if (!(await readdir(dirname(path))).includes(basename(path))) throw refused('sameName', { path: basename(path) });
  }

  /** Creates the folders one by one, each a real folder: a link would lead out of the session. */
  async function prepareFolders(folder: string, names: readonly string[]): Promise<string> {
    let path = folder;
    for (const name of names) {
      path = join(path, name);
      await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
        if (errnoOf(error) !== 'EEXIST') throw error;
      });
      if (!(await lstat(path)).isDirectory()) throw refused('badName', { path: name });
    }
    return path;
  }

  async function requireSession(sessionId: string): Promise<string> {
    if (!SESSION_ID.test(sessionId)) throw refused('unknownSession');
    const folder = join(root, sessionId);
    const info = await lstat(join(folder, RECORDINGS)).catch(() => null);
    if (info?.isDirectory() !== true || removing.has(sessionId)) throw refused('unknownSession');
    return folder;
  }

  async function store(folder: string, segments: readonly string[], declaredBytes: number, body: Readable): Promise<string> {
    using space = await reserve(declaredBytes);
    const partial = join(folder, PARTIALS, randomBytes(12).toString('hex'));
    try {
      const file = await openFile(partial);
      let sizeBytes = 0;
      try {
        // Not destroyed when writing fails: the reply has to go out on the same connection.
        for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
          sizeBytes += chunk.length;
          await writeAll(file, chunk);
          space.take(chunk.length);
        }
      } finally {
        await file.close();
      }
      if (sizeBytes !== declaredBytes) throw refused('sizeMismatch', { declaredBytes, sizeBytes });
      const target = join(await prepareFolders(join(folder, RECORDINGS), segments.slice(0, -1)), segments.at(-1) ?? '');
      await requireNoTwin(target);
      await rename(partial, target);
      return target;
    } finally {
      await rm(partial, { force: true });
    }
  }

  /** Keeps account of what is under way in a session, so that it can be cut off when the session goes. */
  async function track<T>(sessionId: string, body: Readable, work: Promise<T>): Promise<T> {
    const own = transfers.get(sessionId) ?? new Set();
    transfers.set(sessionId, own);
    const ignore = (): void => undefined;
    body.on('error', ignore);
    const transfer = { body, settled: work.then(ignore, ignore) };
    own.add(transfer);
    try {
      return await work;
    } finally {
      own.delete(transfer);
      if (own.size === 0) transfers.delete(sessionId);
    }
  }

  /** Of the folders, those that no run reads: neither they nor anything in or around them is a source. */
  async function unused(folders: readonly string[]): Promise<string[]> {
    if (folders.length === 0) return [];
    const sources = await Promise.all((await options.listSources()).map((path) => realpath(path).catch(() => path)));
    const realRoot = await realpath(root);
    return folders.filter((folder) => {
      const path = join(realRoot, basename(folder));
      return !sources.some((source) => `${source}${sep}`.startsWith(`${path}${sep}`) || `${path}${sep}`.startsWith(`${source}${sep}`));
    });
  }

  /** @returns whether a file may still be under way: another process may serve the same data folder and be writing it */
  async function removeOldPartials(folder: string): Promise<boolean> {
    let isUnderWay = false;
    for (const name of await readdir(join(folder, PARTIALS)).catch(() => [])) {
      const path = join(folder, PARTIALS, name);
      const changed = await changedMs(path);
      if (changed === null) continue;
      if (changed + ABANDONED_MS < nowMs()) await rm(path, { force: true });
      else isUnderWay = true;
    }
    return isUnderWay;
  }

  return {
    async createSession(totalBytes) {
      await mkdir(root, { recursive: true, mode: 0o700 });
      if (totalBytes !== null) (await reserve(totalBytes))[Symbol.dispose]();
      const sessionId = randomBytes(16).toString('hex');
      const folder = join(root, sessionId, RECORDINGS);
      await mkdir(join(root, sessionId, PARTIALS), { recursive: true, mode: 0o700 });
      await mkdir(folder, { mode: 0o700 });
      return { sessionId, folder };
    },
    async receive(sessionId, encodedPath, declaredBytes, body) {
      try {
        const segments = parseUploadPath(encodedPath, platform);
        if (declaredBytes === null) throw refused('noLength');
        const folder = await requireSession(sessionId);
        return { path: await track(sessionId, body, store(folder, segments, declaredBytes, body)) };
      } catch (thrown) {
        // The rest of the body is read and dropped, so that a browser in the middle of sending gets to see the reply.
        body.resume();
        throw toUploadError(thrown, encodedPath);
      }
    },
    async removeSession(sessionId) {
      const folder = await requireSession(sessionId);
      removing.add(sessionId);
      try {
        if ((await unused([folder])).length === 0) throw refused('inUse');
        const underWay = [...(transfers.get(sessionId) ?? [])];
        for (const { body } of underWay) body.destroy(refused('unknownSession'));
        await Promise.all(underWay.map(({ settled }) => settled));
        await rm(folder, { recursive: true, force: true });
      } finally {
        removing.delete(sessionId);
      }
    },
    async removeAbandoned() {
      const folders = (await readdir(root).catch(() => [])).filter((name) => SESSION_ID.test(name)).map((name) => join(root, name));
      const old: string[] = [];
      for (const folder of folders) {
        const times = await Promise.all([folder, join(folder, PARTIALS), join(folder, RECORDINGS)].map(changedMs));
        const isOld = Math.max(...times.map((time) => time ?? 0)) + ABANDONED_MS < nowMs();
        const isUnderWay = await removeOldPartials(folder);
        if (isOld && !isUnderWay) old.push(folder);
      }
      const abandoned = await unused(old);
      for (const folder of abandoned) await rm(folder, { recursive: true, force: true });
      return abandoned.length;
    },
  };
}
