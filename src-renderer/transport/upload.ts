import { z } from 'zod';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { DroppedFile, UploadProgress } from './panelClient.ts';
import { parseResult } from './validate.ts';

/** Files under way at once: small files are bound by round trips, large ones by the disk. */
const PARALLEL_FILES = 3;
/** Time between two reports of progress, ms: with 100,000 small files each one would otherwise cost a rendering. */
export const REPORT_EVERY_MS = 100;

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

/** What an upload needs of the host and the browser, so that tests can stand in for both. */
export interface UploadParts {
  /** The reply to a new session that will get this much. */
  readonly openSession: (facts: { readonly totalBytes: number; readonly fileCount: number }) => Promise<unknown>;
  readonly sendFile: SendFile;
  /** Throws away what a session got so far. */
  readonly discardSession: (sessionId: string) => Promise<unknown>;
  readonly nowMs: () => number;
}

const browserParts: UploadParts = {
  openSession: async (facts) => {
    try {
      const response = await fetch('/upload', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(facts),
      });
      return await response.json();
    } catch (error) {
      throw new NightshiftError('CONNECTION_LOST', {}, { cause: error });
    }
  },
  sendFile: sendByXhr,
  // Also sent when the page is being closed.
  discardSession: (sessionId) => fetch(uploadPath(sessionId, []), { method: 'DELETE', keepalive: true }),
  nowMs: () => performance.now(),
};

/**
 * Opens a session and sends all files, a few at a time; the first failure ends the others. What was sent before a failure or a cancel is
 * thrown away, as far as the host still answers.
 */
export async function uploadFiles(
  files: readonly DroppedFile[],
  signal: AbortSignal,
  onProgress: (progress: UploadProgress) => void,
  parts: UploadParts = browserParts,
): Promise<string> {
  const totalBytes = files.reduce((sum, { file }) => sum + file.size, 0);
  const reply = await parts.openSession({ totalBytes, fileCount: files.length });
  const { sessionId, folder } = SessionSchema.parse(parseResult(reply));
  try {
    await sendAll(files, sessionId, signal, progressOf(totalBytes, files.length, onProgress, parts.nowMs), parts.sendFile);
    return folder;
  } catch (error) {
    // A host that is gone or too old to know this keeps the files; the error of the upload is what counts.
    await parts.discardSession(sessionId).catch(() => undefined);
    throw error;
  }
}

interface ProgressCount {
  /** `bytes` more than before were sent; may be negative where less was sent than the browser had said. */
  addBytes(bytes: number): void;
  fileSent(): void;
  report(): void;
}

/** Adds up what was sent and tells at most every `REPORT_EVERY_MS`; `report` tells in any case. */
function progressOf(
  totalBytes: number,
  totalFiles: number,
  onProgress: (progress: UploadProgress) => void,
  nowMs: () => number,
): ProgressCount {
  let sentBytes = 0;
  let sentFiles = 0;
  let reportedAtMs = Number.NEGATIVE_INFINITY;
  const report = (): void => {
    reportedAtMs = nowMs();
    onProgress({ sentBytes: Math.min(totalBytes, sentBytes), totalBytes, sentFiles, totalFiles });
  };
  const reportSometimes = (): void => {
    if (nowMs() - reportedAtMs >= REPORT_EVERY_MS) report();
  };
  return {
    addBytes: (bytes) => {
      sentBytes += bytes;
      reportSometimes();
    },
    fileSent: () => {
      sentFiles += 1;
      reportSometimes();
    },
    report,
  };
}

async function sendAll(
  files: readonly DroppedFile[],
  sessionId: string,
  signal: AbortSignal,
  progress: ProgressCount,
  sendFile: SendFile,
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      if (either.aborted) throw new NightshiftError('CANCELLED');
      const entry = files[next];
      if (entry === undefined) return;
      next += 1;
      let sentOfFile = 0;
      const sentUpTo = (bytes: number): void => {
        const added = bytes - sentOfFile;
        sentOfFile = bytes;
        progress.addBytes(added);
      };
      await sendFile(uploadPath(sessionId, entry.segments), entry.file, either, sentUpTo);
      sentUpTo(entry.file.size);
      progress.fileSent();
    }
  };
  progress.report();
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
  progress.report();
}

/** A parameter, because the compiler does not see that the workers assign the variable. */
function throwIfFailed(error: NightshiftError | null): void {
  if (error !== null) throw error;
}
