import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { access, lstat, open, readdir, readFile, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { FileStore } from '../core/ports.ts';
import { makeFolders } from './makeFolders.ts';
import { RotatingLog } from './rotatingLog.ts';
import { tailLines } from './tailLines.ts';

/** A virus scanner or indexer that holds a file open on Windows lets go within this many tries of growing pauses (20 ms, 40 ms …). */
const RENAME_TRIES = 6;

/** The system's files. */
export function createFileStore(): FileStore {
  // Writes to one path are done in the order they were asked for: the last call's text stays.
  const lastWrites = new Map<string, Promise<void>>();

  return {
    async stat(path) {
      try {
        const found = await stat(path);
        return { sizeBytes: found.size, modifiedMs: Math.round(found.mtimeMs), isFile: found.isFile(), isFolder: found.isDirectory() };
      } catch (error) {
        if (isMissing(error)) return null;
        throw failure('FILE_UNREADABLE', path, error);
      }
    },

    async readText(path) {
      try {
        return await readFile(path, 'utf8');
      } catch (error) {
        throw failure(isMissing(error) ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE', path, error);
      }
    },

    async writeTextAtomic(path, text) {
      const before = lastWrites.get(path) ?? Promise.resolve();
      const write = before.then(
        () => writeAtomic(path, text),
        () => writeAtomic(path, text),
      );
      lastWrites.set(path, write);
      try {
        await write;
      } finally {
        if (lastWrites.get(path) === write) lastWrites.delete(path);
      }
    },

    async ensureFolder(path) {
      try {
        await makeFolders(path);
      } catch (error) {
        throw toWriteFailure(path, error);
      }
    },

    async listFolder(path) {
      try {
        const entries = await readdir(path, { withFileTypes: true });
        const listed = entries.map(async (entry) => ({
          name: entry.name,
          isFolder: entry.isSymbolicLink() ? await isFolder(join(path, entry.name)) : entry.isDirectory(),
        }));
        return (await Promise.all(listed)).toSorted((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
      } catch (error) {
        throw failure(errno(error) === 'ENOENT' ? 'FILE_NOT_FOUND' : 'FOLDER_UNREADABLE', path, error);
      }
    },

    async realPath(path) {
      try {
        return await realpath(path);
      } catch (error) {
        throw failure(isMissing(error) ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE', path, error);
      }
    },

    async tailLines(path, lines) {
      try {
        return await tailLines(path, lines);
      } catch (error) {
        if (isMissing(error)) return [];
        throw failure('FILE_UNREADABLE', path, error);
      }
    },

    openLog: (path, maxBytes, maxFiles) => new RotatingLog(path, maxBytes, maxFiles),
  };
}

/** OUTPUT_UNWRITABLE, or DISK_FULL where room or quota ran out, for a failed system call that should have written `path`. */
export function toWriteFailure(path: string, error: unknown): NightshiftError {
  const name = errno(error);
  return failure(name === 'ENOSPC' || name === 'EDQUOT' ? 'DISK_FULL' : 'OUTPUT_UNWRITABLE', path, error);
}

/** Whole new content or the old one, as `FileStore.writeTextAtomic`, for whoever has bytes. @throws OUTPUT_UNWRITABLE, DISK_FULL */
export async function writeAtomic(path: string, content: string | Uint8Array | readonly string[]): Promise<void> {
  let temporaryPath: string | null = null;
  try {
    // A link stays a link: what it points to is replaced.
    const target = await resolveLink(path);
    const old = await existing(target);
    if (old !== null) {
      if (!old.isFile()) throw new NightshiftError('OUTPUT_UNWRITABLE', { path, reason: 'notFile', detail: 'not a regular file' });
      // The folder alone would decide whether a rename works; a file marked read-only is meant to stay.
      await access(target, constants.W_OK);
    }
    const folder = dirname(target);
    const mode = old === null ? 0o666 : old.mode & 0o7777;
    temporaryPath = join(folder, `.nightshift-${randomBytes(6).toString('hex')}.tmp`);
    const file = await open(temporaryPath, 'wx', mode);
    try {
      if (old !== null) await file.chmod(mode);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await renameOver(temporaryPath, target);
    temporaryPath = null;
    await syncFolder(folder);
  } catch (error) {
    if (temporaryPath !== null) await unlink(temporaryPath).catch(() => undefined);
    throw error instanceof NightshiftError ? error : toWriteFailure(path, error);
  }
}

async function resolveLink(path: string): Promise<string> {
  const own = await lstat(path).catch((error: unknown) => {
    if (errno(error) === 'ENOENT') return null;
    throw error;
  });
  return own?.isSymbolicLink() === true ? await realpath(path) : path;
}

async function existing(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (errno(error) === 'ENOENT') return null;
    throw error;
  }
}

async function renameOver(from: string, to: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await rename(from, to);
    } catch (error) {
      const isHeldOpen = process.platform === 'win32' && ['EPERM', 'EACCES', 'EBUSY'].includes(errno(error) ?? '');
      if (!isHeldOpen || tries === RENAME_TRIES) throw error;
      await delay(tries * 20);
    }
  }
}

/** Makes the new name durable. Windows and some network file systems cannot sync a folder; there the rename is all there is. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (['ENOSPC', 'EDQUOT', 'EIO'].includes(errno(error) ?? '')) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function errno(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

function isMissing(error: unknown): boolean {
  const name = errno(error);
  return name === 'ENOENT' || name === 'ENOTDIR';
}

function failure(code: ErrorCode, path: string, error: unknown): NightshiftError {
  return new NightshiftError(code, { path, detail: error instanceof Error ? error.message : String(error) }, { cause: error });
}
