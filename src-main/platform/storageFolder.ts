import type { Dirent } from 'node:fs';
import { lstat, opendir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageKind } from '#shared/contract/retention.ts';
import type { StorageFolder, StoredFiles, StoredPart } from '../core/ports.ts';
import { toWriteFailure } from './fileStore.ts';

const SESSION_ID = /^[0-9a-f]{32}$/;
const RUN_ID = /^[1-9]\d{0,14}$/;
/** The first file of a rotated log is being written to; only the numbered ones are over. */
const OLD_LOG = /^[\w.-]+\.log\.\d+$/;

interface Measured {
  readonly bytes: number;
  readonly files: number;
  /** Of the newest file. */
  readonly modifiedMs: number;
}

const NOTHING: Measured = { bytes: 0, files: 0, modifiedMs: 0 };

/** The data folder as far as Nightshift fills it. Links are not followed, and nothing outside is ever removed. */
export function createStorageFolder(dataDir: string): StorageFolder {
  const runFolder = (runId: number): string => join(dataDir, 'runs', String(runId));

  const pathOf = (part: StoredPart): string => {
    switch (part.kind) {
      case 'run':
        return requireName(RUN_ID, String(part.runId), runFolder(part.runId));
      case 'report':
        return requireName(RUN_ID, String(part.runId), join(runFolder(part.runId), 'report'));
      case 'upload':
        return requireName(SESSION_ID, part.session, join(dataDir, 'uploads', part.session));
      case 'log':
        return requireName(OLD_LOG, part.name, join(dataDir, 'logs', part.name));
    }
  };

  return {
    async measure(): Promise<StoredFiles> {
      const sums = new Map<StorageKind, { bytes: number; count: number }>();
      const runs: StoredFiles['runs'][number][] = [];
      const uploads: StoredFiles['uploads'][number][] = [];
      const logs: StoredFiles['logs'][number][] = [];
      const add = (kind: StorageKind, { bytes, files }: Measured, count = files): void => {
        const sum = sums.get(kind) ?? { bytes: 0, count: 0 };
        sums.set(kind, { bytes: sum.bytes + bytes, count: sum.count + count });
      };
      for (const entry of await entriesOf(dataDir)) {
        const path = join(dataDir, entry.name);
        const kind = kindOf(entry);
        if (kind !== 'runs' && kind !== 'uploads' && kind !== 'logs') {
          add(kind, await measurePath(path, entry));
          continue;
        }
        for (const child of await entriesOf(path)) {
          const childPath = join(path, child.name);
          const measured = await measurePath(childPath, child);
          add(kind, measured, 1);
          const { bytes, modifiedMs } = measured;
          if (kind === 'runs' && RUN_ID.test(child.name) && child.isDirectory()) {
            const report = await measureFolder(join(childPath, 'report'));
            runs.push({
              runId: Number(child.name),
              bytes,
              report: report.files === 0 ? null : { bytes: report.bytes, modifiedMs: report.modifiedMs },
            });
          } else if (kind === 'uploads' && SESSION_ID.test(child.name) && child.isDirectory()) {
            const own = (await lstat(childPath).catch(() => null))?.mtimeMs ?? 0;
            uploads.push({ session: child.name, folder: childPath, bytes, modifiedMs: Math.max(modifiedMs, own) });
          } else if (kind === 'logs' && child.isFile()) {
            logs.push({ name: child.name, bytes, modifiedMs, isOld: OLD_LOG.test(child.name) });
          }
        }
      }
      return { kinds: [...sums].map(([kind, sum]) => ({ kind, ...sum })), runs, uploads, logs };
    },

    async remove(part) {
      const path = pathOf(part);
      try {
        await rm(path, { recursive: true, force: true });
      } catch (error) {
        throw toWriteFailure(path, error);
      }
    },
  };
}

function requireName(pattern: RegExp, name: string, path: string): string {
  if (!pattern.test(name)) throw new TypeError(`not a name of ours: ${name}`);
  return path;
}

function kindOf(entry: Dirent): StorageKind {
  const { name } = entry;
  if (/^(?:nightshift\.db|kept-.*\.db|restoring\.db)(?:-wal|-shm|-journal)?$/.test(name)) return 'database';
  switch (name) {
    case 'runs':
    case 'uploads':
    case 'backups':
    case 'logs':
    case 'models':
    case 'cache':
      return entry.isDirectory() ? name : 'other';
    default:
      return 'other';
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  return await readdir(folder, { withFileTypes: true }).catch(() => []);
}

async function measurePath(path: string, entry: Dirent): Promise<Measured> {
  if (entry.isDirectory()) return await measureFolder(path);
  const info = await lstat(path).catch(() => null);
  return info === null ? NOTHING : { bytes: info.size, files: 1, modifiedMs: info.mtimeMs };
}

/** What cannot be read, or has just gone, counts nothing. */
async function measureFolder(folder: string): Promise<Measured> {
  let bytes = 0;
  let files = 0;
  let modifiedMs = 0;
  const open = await opendir(folder).catch(() => null);
  if (open === null) return NOTHING;
  for await (const entry of open) {
    const part = await measurePath(join(folder, entry.name), entry);
    bytes += part.bytes;
    files += part.files;
    modifiedMs = Math.max(modifiedMs, part.modifiedMs);
  }
  return { bytes, files, modifiedMs };
}
