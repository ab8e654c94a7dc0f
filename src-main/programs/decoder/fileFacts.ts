import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';

export interface FileFacts {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

const READ_BYTES = 1 << 20;
/** How much is hashed between two signs of life: a second or two from a slow network drive. */
const PROGRESS_BYTES = 16 << 20;

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}

/** A failed file operation as the error the user understands; anything that is not the file system's stays as it is. */
export function fileError(error: unknown, path: string): unknown {
  if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ENXIO', 'ENODEV'))
    return new NightshiftError('FILE_NOT_FOUND', { path }, { cause: error });
  if (hasCode(error, 'EACCES', 'EPERM', 'EIO', 'ELOOP', 'EBUSY', 'ESTALE', 'EISDIR', 'EINVAL')) {
    return new NightshiftError('FILE_UNREADABLE', { path, detail: error instanceof Error ? error.message : '' }, { cause: error });
  }
  return error;
}

/** @throws FILE_NOT_FOUND, FILE_NOT_REGULAR (never opened: a FIFO would wait for ever), FILE_EMPTY, FILE_UNREADABLE */
export function statRegularFile(path: string): FileFacts {
  try {
    const info = statSync(path);
    if (!info.isFile()) throw new NightshiftError('FILE_NOT_REGULAR', { path });
    if (info.size === 0) throw new NightshiftError('FILE_EMPTY', { path });
    return { sizeBytes: info.size, modifiedMs: Math.round(info.mtimeMs) };
  } catch (error) {
    throw fileError(error, path);
  }
}

/**
 * SHA-256 of a whole file in lower-case hexadecimal, in turns with other work.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, CANCELLED
 */
export async function hashFile(path: string, sizeBytes: number, signal: AbortSignal, onProgress: () => void): Promise<string> {
  // Synchronous reads with turns between them: for the usual small file a thread hop costs more than the read.
  let handle: number | null = null;
  try {
    handle = openSync(path, 'r');
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, sizeBytes));
    let sinceProgressBytes = 0;
    for (;;) {
      const bytesRead = readSync(handle, buffer);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
      if (bytesRead < sizeBytes) await nextTurn();
      if (signal.aborted) throw new NightshiftError('CANCELLED');
      sinceProgressBytes += bytesRead;
      if (sinceProgressBytes >= PROGRESS_BYTES) {
        sinceProgressBytes = 0;
        onProgress();
      }
    }
  } catch (error) {
    throw fileError(error, path);
  } finally {
    if (handle !== null) closeSync(handle);
  }
}
