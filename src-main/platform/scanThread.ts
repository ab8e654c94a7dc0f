import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { NightshiftError, toWireError } from '#shared/errors/nightshiftError.ts';
import { scanSources } from './scanWalk.ts';

/** Runs one scan off the main thread and ends. `stop` is set to 1 from outside, since a synchronous walk hears no message. */
const { sources, stop } = z.object({ sources: z.array(z.string()), stop: z.instanceof(SharedArrayBuffer) }).parse(workerData);
const stopFlag = new Int32Array(stop);

try {
  const result = scanSources(sources, () => {
    if (Atomics.load(stopFlag, 0) !== 0) throw new NightshiftError('CANCELLED');
  });
  parentPort?.postMessage({ ok: true, result });
} catch (error) {
  parentPort?.postMessage({ ok: false, error: toWireError(error) });
}
