import { z } from 'zod';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { DroppedFile, UploadProgress } from './panelClient.ts';
import { parseResult } from './validate.ts';

/** Files under way at once: small files are bound by round trips, large ones by the disk. */
const PARALLEL_FILES = 3;

const SessionSchema = z.object({ sessionId: z.string().min(1), folder: z.string().min(1) });

/** Path of one file below an upload session; every segment is escaped on its own, so that a slash in a name stays in the name. */
export function uploadPath(sessionId: string, segments: readonly string[]): string {
  return `/upload/${[sessionId, ...segments].map(encodeURIComponent).join('/')}`;
}

/** Sends one file and reports the bytes sent so far; `fetch` cannot report that, XMLHttpRequest can. */
export type SendFile = (path: string, file: File, signal: AbortSignal, onSent: (bytes: number) => void) => Promise<void>;

const sendByXhr: SendFile = (path, file, signal, onSent) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = (): void => request.abort();
    signal.addEventListener('abort', abort, { once: true });
    const settle = (finish: () => void): void => {
      signal.removeEventListener('abort', abort);
      finish();
    };
    request.upload.addEventListener('progress', (event) => onSent(event.loaded));
    request.addEventListener('error', () => settle(() => reject(new NightshiftError('CONNECTION_LOST'))));
    request.addEventListener('abort', () => settle(() => reject(new NightshiftError('CANCELLED'))));
    request.addEventListener('load', () =>
      settle(() => {
        try {
          parseResult(JSON.parse(request.responseText));
          resolve();
        } catch (error) {
          reject(error instanceof NightshiftError ? error : new NightshiftError('UPLOAD_REFUSED', { path, status: request.status }));
        }
      }),
    );
    request.open('PUT', path);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.send(file);
  });

/** Opens a session and sends all files, a few at a time; the first failure ends the others. */
export async function uploadFiles(
  files: readonly DroppedFile[],
  signal: AbortSignal,
  onProgress: (progress: UploadProgress) => void,
  sendFile: SendFile = sendByXhr,
  openSession: () => Promise<unknown> = openByFetch,
): Promise<string> {
  const { sessionId, folder } = SessionSchema.parse(parseResult(await openSession()));
  const totalBytes = files.reduce((sum, { file }) => sum + file.size, 0);
  const sentByFile = new Map<number, number>();
  let sentFiles = 0;
  const report = (): void => {
    const sentBytes = Math.min(
      totalBytes,
      [...sentByFile.values()].reduce((sum, bytes) => sum + bytes, 0),
    );
    onProgress({ sentBytes, totalBytes, sentFiles, totalFiles: files.length });
  };
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      if (either.aborted) throw new NightshiftError('CANCELLED');
      const index = next;
      next += 1;
      const entry = files[index];
      if (entry === undefined) return;
      await sendFile(uploadPath(sessionId, entry.segments), entry.file, either, (bytes) => {
        sentByFile.set(index, bytes);
        report();
      });
      sentByFile.set(index, entry.file.size);
      sentFiles += 1;
      report();
    }
  };
  report();
  let firstError: NightshiftError | null = null;
  const guarded = async (): Promise<void> => {
    try {
      await worker();
    } catch (error) {
      firstError ??= toNightshiftError(error);
      failed.abort();
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_FILES }, guarded));
  throwIfFailed(firstError);
  return folder;
}

/** A parameter, because the compiler does not see that the workers assign the variable. */
function throwIfFailed(error: NightshiftError | null): void {
  if (error !== null) throw error;
}

async function openByFetch(): Promise<unknown> {
  try {
    const response = await fetch('/upload', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    return await response.json();
  } catch (error) {
    throw new NightshiftError('CONNECTION_LOST', {}, { cause: error });
  }
}
