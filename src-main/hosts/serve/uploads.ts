import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { lstat, mkdir, open, readdir, rename, rm, rmdir, statfs, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';

/** Left free for the database and the results; an upload must not be what stops the night. */
const RESERVE_BYTES = 256 * 1024 * 1024;
/** Limits of common file systems: 255 bytes a name; the whole path has to fit in 4,096 with the data folder before it. */
const MAX_SEGMENT_BYTES = 255;
const MAX_PATH_BYTES = 2_048;
const MAX_DEPTH = 64;
const SESSION_ID = /^[0-9a-f]{32}$/;

export interface UploadStoreOptions {
  readonly dataDir: string;
  readonly reserveBytes?: number;
  readonly platform?: NodeJS.Platform;
  /** Opens the new file; another one in tests to meet a full disk. */
  readonly openFile?: (path: string) => Promise<FileHandle>;
}

/** Files that a browser brings, because it knows no paths. They lie in `<dataDir>/uploads/<session>` and belong to the user. */
export interface UploadStore {
  /** @param totalBytes what the browser is going to send, when it knows; refused when it cannot fit */
  createSession(totalBytes: number | null): Promise<{ readonly sessionId: string; readonly folder: string }>;
  /**
   * Stores one file, whole or not at all; the same path again replaces it.
   * @param encodedPath path below the session's folder, each segment percent-encoded
   * @throws UPLOAD_REFUSED (`reason`), DISK_FULL, CONNECTION_LOST when the browser went away
   */
  receive(sessionId: string, encodedPath: string, declaredBytes: number | null, body: Readable): Promise<{ readonly path: string }>;
}

/** Names that Windows keeps for devices, with any ending. */
const WINDOWS_RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i;

function refused(reason: string, data: Readonly<Record<string, string | number>> = {}): NightshiftError {
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

export function createUploadStore(options: UploadStoreOptions): UploadStore {
  const root = join(options.dataDir, 'uploads');
  const reserveBytes = options.reserveBytes ?? RESERVE_BYTES;
  const platform = options.platform ?? process.platform;
  const openFile = options.openFile ?? ((path: string) => open(path, 'wx', 0o600));
  /** Declared and not yet on the disk. */
  let pendingBytes = 0;

  async function requireSpace(neededBytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(root);
    const freeBytes = Math.max(0, bavail * bsize - reserveBytes - pendingBytes);
    if (neededBytes > freeBytes) throw refused('noSpace', { neededBytes, freeBytes });
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

  async function store(folder: string, segments: readonly string[], declaredBytes: number, body: Readable): Promise<string> {
    const partials = `${folder}.partial`;
    const partial = join(partials, randomBytes(12).toString('hex'));
    await mkdir(partials, { recursive: true, mode: 0o700 });
    try {
      const file = await openFile(partial);
      let sizeBytes = 0;
      try {
        // Not destroyed when writing fails: the reply has to go out on the same connection.
        for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
          sizeBytes += chunk.length;
          await writeAll(file, chunk);
        }
      } finally {
        await file.close();
      }
      if (sizeBytes !== declaredBytes) throw refused('sizeMismatch', { declaredBytes, sizeBytes });
      const target = join(await prepareFolders(folder, segments.slice(0, -1)), segments.at(-1) ?? '');
      await requireNoTwin(target);
      await rename(partial, target);
      return target;
    } finally {
      await rm(partial, { force: true });
      // Goes away with the last file under way.
      await rmdir(partials).catch(() => undefined);
    }
  }

  return {
    async createSession(totalBytes) {
      await mkdir(root, { recursive: true, mode: 0o700 });
      if (totalBytes !== null) await requireSpace(totalBytes);
      const sessionId = randomBytes(16).toString('hex');
      const folder = join(root, sessionId);
      await mkdir(folder, { mode: 0o700 });
      return { sessionId, folder };
    },
    async receive(sessionId, encodedPath, declaredBytes, body) {
      let reservedBytes = 0;
      try {
        if (!SESSION_ID.test(sessionId)) throw refused('unknownSession');
        const segments = parseUploadPath(encodedPath, platform);
        if (declaredBytes === null) throw refused('noLength');
        const folder = join(root, sessionId);
        const info = await lstat(folder).catch(() => null);
        if (info?.isDirectory() !== true) throw refused('unknownSession');
        await requireSpace(declaredBytes);
        reservedBytes = declaredBytes;
        pendingBytes += reservedBytes;
        return { path: await store(folder, segments, declaredBytes, body) };
      } catch (thrown) {
        // The rest of the body is read and dropped, so that a browser in the middle of sending gets to see the reply.
        body.resume();
        throw toUploadError(thrown, encodedPath);
      } finally {
        pendingBytes -= reservedBytes;
      }
    },
  };
}
