import type { Problem } from '#shared/contract/common.ts';
import { toNightshiftError, toWireError } from '#shared/errors/nightshiftError.ts';
import type { MediaDecoder } from '../media/mediaDecoder.ts';
import { forgetFiles } from '../mediaCache/mediaCache.ts';
import type { Database } from '../persistence/database.ts';
import type { AddedFiles } from '../persistence/operations/additions.ts';
import type { Inspection, UninspectedItem } from '../persistence/operations/items.ts';
import type { Clock, FolderScanner, ScannedFile } from '../ports.ts';

export interface PreparationDeps {
  readonly database: Database;
  readonly scanner: FolderScanner;
  readonly decoder: MediaDecoder;
  readonly clock: Pick<Clock, 'nowMs'>;
  onRunChange(runId: number): void;
}

/** Rows of one write: some 5 ms of the writer's time. */
const INSERT_BATCH = 500;
const INSPECT_PAGE = 256;
/** Files looked at side by side: hashing waits for the disk while probing computes. */
const INSPECT_AT_ONCE = 4;
/** A file that was being looked at each time the decoder crashed is taken for the cause. */
const MAX_CRASHES = 3;

/**
 * From dropped folders to the pre-flight list: every file found, hashed and probed. Unchanged files are recognised by path,
 * size and time and not read again.
 * @throws SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_HAS_NO_MEDIA, DECODER_MISSING, CANCELLED
 */
export async function prepareRun(deps: PreparationDeps, runId: number, sources: readonly string[], signal: AbortSignal): Promise<void> {
  await takeFiles(deps, runId, sources, signal, (files) => deps.database.write('insertItems', { runId, files }));
  await inspectFiles(deps, runId, signal);
}

/**
 * The same for a run that has files already; those are left as they are.
 * @throws as `prepareRun`
 */
export async function addToRun(deps: PreparationDeps, runId: number, sources: readonly string[], signal: AbortSignal): Promise<AddedFiles> {
  let [found, added] = [0, 0];
  await takeFiles(deps, runId, sources, signal, async (files) => {
    found += files.length;
    added += await deps.database.write('addItems', { runId, files });
  });
  await inspectFiles(deps, runId, signal);
  return { added, known: found - added };
}

async function takeFiles(
  deps: PreparationDeps,
  runId: number,
  sources: readonly string[],
  signal: AbortSignal,
  take: (files: readonly ScannedFile[]) => Promise<void>,
): Promise<void> {
  const { files, problems } = await deps.scanner.scan(sources, signal);
  const listed: Problem[] = problems.map(({ code, path, detail }) => (detail === undefined ? { code, path } : { code, path, detail }));
  for (let start = 0; start < listed.length; start += INSERT_BATCH) {
    signal.throwIfAborted();
    await deps.database.write('addProblems', { runId, problems: listed.slice(start, start + INSERT_BATCH) });
  }
  for (let start = 0; start < files.length; start += INSERT_BATCH) {
    signal.throwIfAborted();
    await take(files.slice(start, start + INSERT_BATCH));
  }
  deps.onRunChange(runId);
}

async function inspectFiles(deps: PreparationDeps, runId: number, signal: AbortSignal): Promise<void> {
  let afterId = 0;
  for (;;) {
    const items = await deps.database.read('uninspectedItems', { runId, afterId, count: INSPECT_PAGE });
    const last = items.at(-1);
    if (last === undefined) break;
    afterId = last.id;
    await inspectPage(deps, items, signal);
    deps.onRunChange(runId);
  }
  await forgetFiles(deps.database);
}

async function inspectPage(deps: PreparationDeps, items: readonly UninspectedItem[], signal: AbortSignal): Promise<void> {
  const known = await deps.database.read('knownFacts', { items });
  const inspections: Inspection[] = [];
  const open = items.filter((item) => {
    const facts = known[item.id];
    if (facts !== undefined) inspections.push({ itemId: item.id, facts, problem: null });
    return facts === undefined;
  });
  // One failure that concerns all ends the others; what was found by then is kept.
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const queue = open.values();
  const inspectNext = async (): Promise<void> => {
    try {
      for (const item of queue) {
        either.throwIfAborted();
        inspections.push(await inspectItem(deps.decoder, item, either));
      }
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  await Promise.allSettled(Array.from({ length: INSPECT_AT_ONCE }, inspectNext));
  await deps.database.write('recordInspections', { inspections, nowMs: deps.clock.nowMs() });
  if (failed.signal.aborted) throw failed.signal.reason;
}

async function inspectItem(decoder: MediaDecoder, item: UninspectedItem, signal: AbortSignal, crashes = 0): Promise<Inspection> {
  try {
    return { itemId: item.id, facts: await decoder.inspect(item.path, signal), problem: null };
  } catch (thrown) {
    const error = toNightshiftError(thrown);
    // A crash takes the innocent files beside the guilty one with it.
    if (error.code === 'DECODER_CRASHED' && crashes < MAX_CRASHES) return await inspectItem(decoder, item, signal, crashes + 1);
    // Without a decoder no file can be judged; a cancelled look says nothing about the file.
    if (error.kind === 'environment' || error.kind === 'cancelled') throw error;
    return { itemId: item.id, facts: null, problem: toWireError(error) };
  }
}
