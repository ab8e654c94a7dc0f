import { posix } from 'node:path';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { FileStore, LogFile } from '../core/ports.ts';

export interface MemoryFileStore extends FileStore {
  /** Text by absolute path, as it lies there now. */
  readonly texts: ReadonlyMap<string, string>;
  /** Fails every write with this until null is given. */
  failWritesWith(error: NightshiftError | null): void;
}

/** FileStore over POSIX paths in memory. Folders exist only when created; there are no links and no permissions. */
export function createMemoryFileStore(
  options: { readonly nowMs?: () => number; readonly folders?: readonly string[] } = {},
): MemoryFileStore {
  const texts = new Map<string, string>();
  const modifiedMs = new Map<string, number>();
  const folders = new Set<string>(['/']);
  const nowMs = options.nowMs ?? ((): number => 0);
  let writeError: NightshiftError | null = null;

  const addFolder = (path: string): void => {
    for (let folder = path; folder !== '/'; folder = posix.dirname(folder)) {
      if (texts.has(folder)) throw new NightshiftError('OUTPUT_UNWRITABLE', { path, detail: 'a file is in the way' });
      folders.add(folder);
    }
  };
  const write = (path: string, text: string): void => {
    texts.set(path, text);
    modifiedMs.set(path, nowMs());
  };
  const clean = (path: string): string => posix.resolve('/', path);
  for (const folder of options.folders ?? []) addFolder(clean(folder));

  return {
    texts,
    failWritesWith: (error) => {
      writeError = error;
    },

    async stat(path) {
      const key = clean(path);
      const text = texts.get(key);
      if (text === undefined && !folders.has(key)) return null;
      return {
        sizeBytes: text === undefined ? 0 : Buffer.byteLength(text),
        modifiedMs: modifiedMs.get(key) ?? 0,
        isFile: text !== undefined,
        isFolder: text === undefined,
      };
    },

    async readText(path) {
      const key = clean(path);
      const text = texts.get(key);
      if (text !== undefined) return text;
      throw new NightshiftError(folders.has(key) ? 'FILE_UNREADABLE' : 'FILE_NOT_FOUND', { path });
    },

    async writeTextAtomic(path, text) {
      const key = clean(path);
      if (writeError !== null) throw writeError;
      if (folders.has(key)) throw new NightshiftError('OUTPUT_UNWRITABLE', { path, detail: 'is a folder' });
      if (!folders.has(posix.dirname(key))) throw new NightshiftError('OUTPUT_UNWRITABLE', { path, detail: 'no such folder' });
      write(key, typeof text === 'string' ? text : text.join(''));
    },

    async ensureFolder(path) {
      if (writeError !== null) throw writeError;
      addFolder(clean(path));
    },

    async listFolder(path) {
      const key = clean(path);
      if (!folders.has(key)) throw new NightshiftError(texts.has(key) ? 'FOLDER_UNREADABLE' : 'FILE_NOT_FOUND', { path });
      const inside = (entry: string): boolean => entry !== '/' && posix.dirname(entry) === key;
      return [
        ...[...folders].filter(inside).map((entry) => ({ name: posix.basename(entry), isFolder: true })),
        ...[...texts.keys()].filter(inside).map((entry) => ({ name: posix.basename(entry), isFolder: false })),
      ].toSorted((left, right) => (left.name < right.name ? -1 : 1));
    },

    async realPath(path) {
      const key = clean(path);
      if (!texts.has(key) && !folders.has(key)) throw new NightshiftError('FILE_NOT_FOUND', { path });
      return key;
    },

    async tailLines(path, lines) {
      const text = texts.get(clean(path)) ?? '';
      const all = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
      if (all.at(-1) === '') all.pop();
      return lines <= 0 ? [] : all.slice(-lines);
    },

    openLog: (path, maxBytes, maxFiles) => openMemoryLog(clean(path), maxBytes, maxFiles),
  };

  function openMemoryLog(path: string, maxBytes: number, maxFiles: number): LogFile {
    let isClosed = false;
    return {
      write(text) {
        if (isClosed || writeError !== null || text === '') return;
        const old = texts.get(path) ?? '';
        if (old !== '' && Buffer.byteLength(old) + Buffer.byteLength(text) > maxBytes) {
          for (let number = maxFiles - 1; number > 1; number -= 1) {
            const moved = texts.get(`${path}.${number - 1}`);
            if (moved !== undefined) write(`${path}.${number}`, moved);
          }
          if (maxFiles > 1) write(`${path}.1`, old);
          write(path, text);
        } else {
          write(path, old + text);
        }
      },
      async close() {
        isClosed = true;
      },
    };
  }
}
