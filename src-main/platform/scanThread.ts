import { parentPort, workerData } from 'node:worker_threads';
import { NightshiftError, toWireError } from '#shared/errors/nightshiftError.ts';
import { scanSources } from './scanWalk.ts';

/** What `folderScanner` starts the thread with. */
export interface ScanThreadData {
  readonly sources: readonly string[];
  readonly stop: SharedArrayBuffer;
}

/** Runs one scan off the main thread and ends. `stop` is set to 1 from outside, since a synchronous walk hears no message. */
const { sources, stop } = workerData as ScanThreadData;
const stopFlag = new Int32Array(stop);

try {
  const result = scanSources(sources, () => {
    if (Atomics.load(stopFlag, 0) !== 0) throw new NightshiftError('CANCELLED');
  });
  parentPort?.postMessage({ ok: true, result });
} catch (error) {
  parentPort?.postMessage({ ok: false, error: toWireError(error) });
}
