import { Worker } from 'node:worker_threads';
import type { FolderScanner, ScannedFile, ScanProblem, ScanResult } from '#main/core/ports.ts';
import { scriptPath } from '#main/programs/programPath.ts';
import { NightshiftError, fromWireError } from '#shared/errors/nightshiftError.ts';
import type { ScanAnswer, ScanThreadData } from './scanThread.ts';

/** The scanner of this machine's files: a thread for each scan, so a slow network drive holds up nothing else. */
export function createFolderScanner(): FolderScanner {
  return { scan };
}

async function scan(sources: readonly string[], signal?: AbortSignal): Promise<ScanResult> {
  throwIfCancelled(signal);
  const stop = new SharedArrayBuffer(4);
  const worker = new Worker(scriptPath('scanThread'), { workerData: { sources: [...sources], stop } satisfies ScanThreadData });
  const ended = Promise.withResolvers<never>();
  const onAbort = (): void => {
    Atomics.store(new Int32Array(stop), 0, 1);
    // The thread may be waiting for a disk that does not answer.
    ended.reject(new NightshiftError('CANCELLED'));
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  worker.once('error', (error) => ended.reject(error));
  worker.once('exit', (code) => ended.reject(new NightshiftError('INTERNAL', { detail: `scan thread ended with ${String(code)}` })));
  ended.promise.catch(() => undefined);
  const nextAnswer = (): Promise<ScanAnswer> =>
    Promise.race([new Promise<ScanAnswer>((resolve) => worker.once('message', resolve)), ended.promise]);
  const files: ScannedFile[] = [];
  const problems: ScanProblem[] = [];
  try {
    for (let answer = await nextAnswer(); ; answer = await nextAnswer()) {
      throwIfCancelled(signal);
      if (!answer.ok) throw fromWireError(answer.error);
      files.push(...answer.part.files);
      problems.push(...answer.part.problems);
      if (answer.isLast) return { files, problems };
      worker.postMessage('next');
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    // Not waited for: a thread in a system call ends when the call does.
    void worker.terminate();
  }
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new NightshiftError('CANCELLED');
}
