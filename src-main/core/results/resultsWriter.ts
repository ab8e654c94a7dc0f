import { setImmediate as nextTurn } from 'node:timers/promises';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Clock, FileStore } from '#main/core/ports.ts';
import { NOTHING_THERE, readExistingResults, renderResults, type ExistingResults, type ResultsInput } from './resultsDocument.ts';

/** At most one write in this time while a run goes on. */
const WRITE_INTERVAL_MS = 5_000;
/** Writing may take at most this share of the time: every row is read and written anew, 1.7 s of CPU for 100,000. */
const MAX_WRITING_SHARE = 0.05;

export interface ResultsWriterOptions {
  readonly files: FileStore;
  readonly clock: Clock;
  /** The rows as they are when it is called. */
  readonly read: () => Promise<ResultsInput>;
  readonly path: string;
  /** Called after each write, also a failed one. */
  readonly onWritten?: () => void;
}

export interface ResultsWriter {
  /** Something changed: the file is written within 5 s, later when writing it takes long, and at once when the last write is longer ago. Never throws. */
  touch(): void;
  /** Writes now, after a write that is under way; what went wrong is in `lastError`. Never rejects. */
  flush(): Promise<void>;
  /** Stops waiting writes and waits for the one under way; does not write. */
  close(): Promise<void>;
  /** Why the last write failed, or why it went to another file; null when the file at `path` is up to date. */
  readonly lastError: NightshiftError | null;
  /** Where the last write went: `path`, or beside it where `path` is not ours to write over. */
  readonly writtenPath: string;
}

/** Keeps the results file of one run up to date: whole or not at all, one write at a time. */
export function createResultsWriter({ files, clock, read, path, onWritten }: ResultsWriterOptions): ResultsWriter {
  let timer: Disposable | null = null;
  let nextStartMs = -Infinity;
  let queue = Promise.resolve();
  let waiting: Promise<void> | null = null;
  let isClosed = false;
  let lastError: NightshiftError | null = null;
  let writtenPath = path;
  /** What the file holds besides our rows, and the look of the file when that was true. */
  let known: { readonly existing: ExistingResults; readonly stamp: string } | null = null;

  const stampOf = async (): Promise<string | null> => {
    const info = await files.stat(path);
    return info === null ? null : `${info.sizeBytes}:${info.modifiedMs}`;
  };

  /** Null when what is there is not JSON. */
  const readExisting = async (): Promise<ExistingResults | null> => {
    const stamp = await stampOf();
    if (stamp === null) return NOTHING_THERE;
    if (known?.stamp === stamp) return known.existing;
    return readExistingResults(await files.readText(path));
  };

  const write = async (): Promise<void> => {
    timer?.[Symbol.dispose]();
    timer = null;
    const startedMs = clock.monotonicMs();
    nextStartMs = startedMs + WRITE_INTERVAL_MS;
    try {
      const existing = await readExisting();
      const text = await renderResults(await read(), existing ?? NOTHING_THERE, nextTurn);
      writtenPath = existing === null ? besidePath(path) : path;
      await files.writeTextAtomic(writtenPath, text);
      const stamp = existing === null ? null : await stampOf();
      known = existing === null || stamp === null ? null : { existing, stamp };
      lastError =
        existing === null
          ? new NightshiftError('OUTPUT_UNWRITABLE', { path, detail: `it is not JSON; the results are in ${writtenPath}` })
          : null;
    } catch (error) {
      lastError = toNightshiftError(error);
    }
    nextStartMs = Math.max(nextStartMs, startedMs + (clock.monotonicMs() - startedMs) / MAX_WRITING_SHARE);
    onWritten?.();
  };

  const enqueue = (): Promise<void> => {
    // A write that has not begun yet will see what is there now; one that has begun may not.
    waiting ??= queue.then(async () => {
      waiting = null;
      await write();
    });
    queue = waiting;
    return waiting;
  };

  const schedule = (): void => {
    timer = clock.setTimer(Math.max(0, nextStartMs - clock.monotonicMs()), () => {
      timer = null;
      // A write that was under way took longer than expected.
      if (clock.monotonicMs() < nextStartMs) schedule();
      else void enqueue();
    });
  };

  return {
    touch() {
      if (!isClosed && timer === null && waiting === null) schedule();
    },
    flush: () => enqueue(),
    async close() {
      isClosed = true;
      timer?.[Symbol.dispose]();
      timer = null;
      await queue;
    },
    get lastError() {
      return lastError;
    },
    get writtenPath() {
      return writtenPath;
    },
  };
}

/** `results.json` → `results.nightshift.json` */
function besidePath(path: string): string {
  const end = path.toLowerCase().endsWith('.json') ? path.length - '.json'.length : path.length;
  return `${path.slice(0, end)}.nightshift.json`;
}
