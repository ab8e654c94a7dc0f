import { parentPort, workerData } from 'node:worker_threads';
import type { ScanResult } from '#main/core/ports.ts';
import { NightshiftError, toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { scanSources } from './scanWalk.ts';

/** What `folderScanner` starts the thread with. */
export interface ScanThreadData {
  readonly sources: readonly string[];
  readonly stop: SharedArrayBuffer;
}

/** The first answer comes by itself, each further one when it is asked for with any message. */
export type ScanAnswer =
  | { readonly ok: true; readonly part: ScanResult; readonly isLast: boolean }
  | { readonly ok: false; readonly error: WireError };

/** Files or problems copied to the caller's thread at once: some milliseconds of it. 100,000 together held it for 70 ms. */
const PART_LENGTH = 2_000;

/** Runs one scan off the main thread. `stop` is set to 1 from outside, since a synchronous walk hears no message. */
const { sources, stop } = workerData as ScanThreadData;
const stopFlag = new Int32Array(stop);

function* parts({ files, problems }: ScanResult): Generator<ScanAnswer> {
  const length = Math.max(files.length, problems.length);
  for (let start = 0; ; start += PART_LENGTH) {
    const end = start + PART_LENGTH;
    const isLast = end >= length;
    yield { ok: true, part: { files: files.slice(start, end), problems: problems.slice(start, end) }, isLast };
    if (isLast) return;
  }
}

try {
  const result = scanSources(sources, () => {
    if (Atomics.load(stopFlag, 0) !== 0) throw new NightshiftError('CANCELLED');
  });
  const answers = parts(result);
  parentPort?.on('message', () => parentPort?.postMessage(answers.next().value));
  parentPort?.postMessage(answers.next().value);
} catch (error) {
  parentPort?.postMessage({ ok: false, error: toWireError(error) } satisfies ScanAnswer);
}
