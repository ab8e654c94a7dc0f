import { Worker } from 'node:worker_threads';
import type { FolderScanner, ScanResult } from '#main/core/ports.ts';
import { scriptPath } from '#main/programs/programPath.ts';
import { NightshiftError, fromWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import type { ScanThreadData } from './scanThread.ts';

/** What `scanThread` answers; both sides are ours and of one build. */
type ScanAnswer = { readonly ok: true; readonly result: ScanResult } | { readonly ok: false; readonly error: WireError };

/** The scanner of this machine's files: a thread for each scan, so a slow network drive holds up nothing else. */
export function createFolderScanner(): FolderScanner {
  return { scan };
}

async function scan(sources: readonly string[], signal?: AbortSignal): Promise<ScanResult> {
  throwIfCancelled(signal);
  const stop = new SharedArrayBuffer(4);
  const worker = new Worker(scriptPath('scanThread'), { workerData: { sources: [...sources], stop } satisfies ScanThreadData });
  let onAbort = (): void => undefined;
  try {
    const answer = await new Promise<ScanAnswer>((resolve, reject) => {
      onAbort = (): void => {
        Atomics.store(new Int32Array(stop), 0, 1);
        // The thread may be waiting for a disk that does not answer.
        reject(new NightshiftError('CANCELLED'));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => {
        reject(new NightshiftError('INTERNAL', { detail: `scan thread ended with ${String(code)}` }));
      });
    });
    throwIfCancelled(signal);
    if (!answer.ok) throw fromWireError(answer.error);
    return answer.result;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    // Not waited for: a thread in a system call ends when the call does.
    void worker.terminate();
  }
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new NightshiftError('CANCELLED');
}
