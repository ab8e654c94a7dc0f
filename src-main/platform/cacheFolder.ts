import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { CacheFolder, CacheReader, CacheWriter } from '../core/ports.ts';
import { toWriteFailure } from './fileStore.ts';
import { makeFolders } from './makeFolders.ts';

const NAME = /^[\w-]+\.\w+$/;
const PART = '.part';
/** Files looked at together when a folder of thousands is listed. */
const LIST_AT_ONCE = 64;

/** A folder of the system's files that holds nothing but these; made with the first file. The time of a use is the file's own (mtime). */
export function createCacheFolder(folder: string): CacheFolder {
  const pathOf = (name: string): string => {
    if (!NAME.test(name)) throw new TypeError(`not a name of ours: ${name}`);
    return join(folder, name);
  };

  const remove = async (path: string): Promise<void> => {
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw toWriteFailure(path, error);
    }
  };

  return {
    async list() {
      const names = await readdir(folder).catch(() => []);
      await Promise.all(
        names.filter((name) => name.endsWith(PART)).map((name) => rm(join(folder, name), { force: true }).catch(() => null)),
      );
      const queue = names.filter((name) => NAME.test(name)).values();
      const found: { name: string; bytes: number; usedMs: number }[] = [];
      const look = async (): Promise<void> => {
        for (const name of queue) {
          const info = await stat(join(folder, name)).catch(() => null);
          if (info?.isFile() === true) found.push({ name, bytes: info.size, usedMs: info.mtimeMs });
        }
      };
      await Promise.all(Array.from({ length: LIST_AT_ONCE }, look));
      return found.toSorted((left, right) => left.usedMs - right.usedMs).map(({ name, bytes }) => ({ name, bytes }));
    },

    async create(name) {
      const path = pathOf(name);
      try {
        await makeFolders(folder);
        return new PartFile(path, await open(path + PART, 'w', 0o600));
      } catch (error) {
        throw toWriteFailure(path, error);
      }
    },

    async open(name) {
      const path = pathOf(name);
      const handle = await open(path, 'r').catch(() => null);
      if (handle === null) return null;
      try {
        const { size } = await handle.stat();
        const now = new Date();
        await handle.utimes(now, now).catch(() => undefined);
        return readerOf(path, handle, size);
      } catch {
        await handle.close().catch(() => undefined);
        return null;
      }
    },

    remove: (name) => remove(pathOf(name)),
  };
}

/** Beside its place until it is whole. Not synced: who reads it finds out whether it is sound. */
class PartFile implements CacheWriter {
  readonly #path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  async write(parts: readonly Buffer[]): Promise<void> {
    try {
      const wanted = parts.reduce((sum, { length }) => sum + length, 0);
      const { bytesWritten } = await this.#handle.writev(parts);
      // A disk that fills up takes a part first; what follows says why.
      if (bytesWritten < wanted) await this.#handle.writeFile(Buffer.concat(parts).subarray(bytesWritten));
    } catch (error) {
      throw toWriteFailure(this.#path, error);
    }
  }

  async keep(): Promise<void> {
    try {
      await this.#handle.close();
      await rename(this.#path + PART, this.#path);
    } catch (error) {
      throw toWriteFailure(this.#path, error);
    }
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#path + PART, { force: true }).catch(() => undefined);
  }
}

function readerOf(path: string, handle: FileHandle, bytes: number): CacheReader {
  return {
    bytes,
    async read(position, length) {
      try {
        // Not of the pool: floats are read where they lie.
        const buffer = Buffer.from(new ArrayBuffer(length));
        let done = 0;
        while (done < length) {
          const { bytesRead } = await handle.read(buffer, done, length - done, position + done);
          if (bytesRead === 0) break;
          done += bytesRead;
        }
        return buffer.subarray(0, done);
      } catch (error) {
        throw new NightshiftError('FILE_UNREADABLE', { path }, { cause: error });
      }
    },
    async close() {
      await handle.close().catch(() => undefined);
    },
  };
}
