import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { type Connection, openWriter } from '#main/core/persistence/connection.ts';
import { type Database, openDatabase } from '#main/core/persistence/database.ts';
import type { MediaFacts } from '#main/core/media/mediaDecoder.ts';
import type { ClaimedTask, DoneResult } from '#main/core/persistence/operations/tasks.ts';
import type { ScannedFile } from '#main/core/ports.ts';
import { machineFacts } from './machine.ts';
import { median } from './median.ts';

/**
 * The database alone, through its threads as the scheduler and the panel use it: durable cycles at a large backlog, enqueueing, and pages, sums and search over many results.
 * First argument: tasks in the backlog and results.
 */
const ROWS = Number(process.argv[2] ?? 1_000_000);
const ENQUEUED = 100_000;
const CYCLES = 5_000;
const MODES = ['streaming', 'chunked', 'original'] as const satisfies readonly Mode[];
const OPTIONS = RunOptionsSchema.parse({ modes: [...MODES] });
const MODEL = { name: 'bench', path: '', fingerprint: 'bench' };
const WORDS =
  'night shift train station winter river morning letter window garden captain silver market bridge harvest island forest village quiet thunder'.split(
    ' ',
  );

const folder = await mkdtemp(join(tmpdir(), 'nightshift-bench-'));
try {
  console.log(await machineFacts(folder));
  const path = join(folder, 'nightshift.db');
  const itemsOfRun = Math.min(ENQUEUED, Math.ceil(ROWS / MODES.length));
  const lastRun = plantResults(path, itemsOfRun);
  const database = await openDatabase(path);
  try {
    await indexAll(database);
    await measureReads(database, lastRun);
    const runId = await enqueue(database, 'enqueued', ENQUEUED);
    await plantBacklog(path, runId);
    await cycles(database, runId, 1, 1);
    await cycles(database, runId, 8, 1);
    await cycles(database, runId, 8, 16);
    console.log(`memory of the owner, database threads and open pages included: ${(process.memoryUsage.rss() / 1024 ** 2).toFixed(0)} MB`);
  } finally {
    await database.close();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Sentences of twenty words, each with one that few others have. */
function sentence(seed: number): string {
  const words = Array.from({ length: 19 }, (_, place) => WORDS[(seed * 31 + place * place * 7 + (seed >> 5)) % WORDS.length]);
  return [...words, `n${seed.toString(36)}`].join(' ');
}

/** Finished runs in three modes. @returns the last of them */
function plantResults(path: string, itemsOfRun: number): number {
  const writer = openUnsynced(path);
  const item = writer.prepare(
    `INSERT INTO items (run_id, file_id, path, size_bytes, modified_ms, reference, inspected, sha256, announced_sec) VALUES (?, ?, ?, 1, 1, 'a', 1, ?, 8)`,
  );
  const result = writer.prepare(
    `INSERT INTO results (result_key, sha256, mode, model, hypothesis, segments, decoded_sec, processing_sec, created_at_ms) VALUES (?, ?, ?, 'bench', ?, '[]', 8, 1, ?)`,
  );
  const task = writer.prepare(
    `INSERT INTO tasks (run_id, item_id, type, mode, priority, max_retries, status, result_key, result_id, audio_sec, processing_sec, substitutions, deletions,
       insertions, hits, reference_words, normalizer_version, first_token_latency_ms, ended_at_ms)
     VALUES (?, ?, 'transcribe', ?, 6, 3, 'done', ?, ?, 8, 1, ?, 0, 0, 19, 20, 1, ?, 1)`,
  );
  let runId = 0;
  for (let planted = 0; planted < ROWS;) {
    writer.transaction(() => {
      runId = insertRun(writer, 'finished');
      for (let index = 0; index < itemsOfRun; index += 1) {
        const sha = `${runId}-${index}`;
        const itemId = item.run(runId, `${index % 200}/${index}.flac`, `/data/${index}.flac`, sha).lastInsertRowid;
        for (const mode of MODES) {
          const key = `${sha}:${mode}`;
          const { lastInsertRowid } = result.run(key, sha, mode, sentence(planted), planted);
          task.run(runId, itemId, mode, key, lastInsertRowid, planted % 9, mode === 'streaming' ? planted % 900 : null);
          planted += 1;
        }
      }
    })();
  }
  writer.close();
  return runId;
}

/** More queued tasks of a run, so that its backlog has `ROWS`. */
async function plantBacklog(path: string, runId: number): Promise<void> {
  const writer = openUnsynced(path);
  const left = ROWS - ENQUEUED;
  writer
    .prepare(
      `INSERT INTO tasks (run_id, item_id, type, mode, priority, max_retries, status, result_key, audio_sec, rank)
       SELECT t.run_id, t.item_id, t.type, t.mode, t.priority, t.max_retries, t.status, t.result_key, t.audio_sec, t.rank + n.value
       FROM tasks t, json_each(?) n WHERE run_id = ? AND mode = 'streaming' LIMIT ?`,
    )
    .run(JSON.stringify(Array.from({ length: Math.ceil(left / ENQUEUED) }, (_, place) => place + 1)), runId, left);
  writer.close();
}

function openUnsynced(path: string): Connection {
  const writer = openWriter(path);
  // Planting is not what is measured.
  writer.pragma('synchronous = OFF');
  return writer;
}

function insertRun(writer: Connection, status: 'finished'): number {
  const { lastInsertRowid } = writer
    .prepare(
      `INSERT INTO runs (name, status, sources, options, results_path, created_at_ms) VALUES ('bench', ?, '["/data"]', ?, '/out', 1)`,
    )
    .run(status, JSON.stringify(OPTIONS));
  const insertMode = writer.prepare(`INSERT INTO run_modes (run_id, mode, position, status) VALUES (?, ?, ?, 'done')`);
  for (const [position, mode] of MODES.entries()) insertMode.run(lastInsertRowid, mode, position);
  return Number(lastInsertRowid);
}

async function indexAll(database: Database): Promise<void> {
  const startMs = performance.now();
  const times: number[] = [];
  for (let isMore = true; isMore;) {
    const stepMs = performance.now();
    isMore = await database.write('indexTexts', { count: 50 });
    times.push(performance.now() - stepMs);
  }
  console.log(
    `index of ${ROWS} texts: ${((performance.now() - startMs) / 1_000).toFixed(1)} s in ${times.length} steps, one step ${percentiles(times)}`,
  );
}

async function measureReads(database: Database, runId: number): Promise<void> {
  const nowMs = Date.now();
  const list = (filter: 'all' | 'failed' | 'highWer', search = '', afterId = 0): Promise<unknown> =>
    database.read('listItems', { runId, afterId, count: 200, filter, search });
  const find = (terms: string[]): Promise<unknown> =>
    database.read('searchTexts', { terms, runId: null, mode: null, beforeId: null, count: 50 });
  const asked: Record<string, () => Promise<unknown>> = {
    'sums of a run of 3 modes (tiles)': () => database.read('storedRun', { runId, nowMs }),
    'list of runs': () => database.read('listRunIds', { beforeId: null, count: 50 }),
    'first page of 200 files with the counts of all filters': () => list('all'),
    'a filter that keeps many': () => list('highWer'),
    'a filter that keeps none': () => list('failed'),
    'part of a file name': () => list('all', '99'),
    'search: a word of one text': () => find([`n${(ROWS >> 1).toString(36)}`]),
    'search: a word of most texts': () => find(['night']),
    'search: two words': () => find(['harvest', 'thunder']),
    'search: nothing': () => find(['zzzzz']),
    'search: two letters, nothing': () => find(['qx']),
  };
  for (const [name, ask] of Object.entries(asked)) {
    await ask();
    const times: number[] = [];
    for (let index = 0; index < 9; index += 1) {
      const startMs = performance.now();
      await ask();
      times.push(performance.now() - startMs);
    }
    console.log(`${name}: ${percentiles(times)} (${ROWS} results)`);
  }
}

/** Found, looked at, planned and queued, as preparation and start do. */
async function enqueue(database: Database, name: string, count: number): Promise<number> {
  const nowMs = Date.now();
  const runId = await database.write('insertRun', { name, sources: ['/data'], options: OPTIONS, defaultFolder: '/out', nowMs });
  let spentMs = 0;
  const timed = async <T>(work: Promise<T>): Promise<T> => {
    const startMs = performance.now();
    const value = await work;
    spentMs += performance.now() - startMs;
    return value;
  };
  for (let from = 0; from < count; from += 2_000) {
    const files = Array.from({ length: Math.min(2_000, count - from) }, (_, index) => scannedFile(from + index));
    await timed(database.write('insertItems', { runId, files }));
  }
  const insertedMs = spentMs;
  for (let afterId = 0; ;) {
    const items = await database.read('uninspectedItems', { runId, afterId, count: 2_000 });
    const last = items.at(-1);
    if (last === undefined) break;
    afterId = last.id;
    const inspections = items.map(({ id }) => ({ itemId: id, facts: factsOf(id), problem: null }));
    await database.write('recordInspections', { inspections, nowMs });
  }
  await database.write('moveRun', { runId, from: 'preparing', to: 'ready', nowMs });
  const modes = [{ mode: 'streaming' as const, workKey: 'bench' }];
  const plan = { runId, type: 'transcribe' as const, modes, limit: null, priority: 6, maxRetries: 3, nowMs };
  await timed(
    database.write('startRun', { from: 'ready', options: { ...OPTIONS, modes: ['streaming'] }, model: MODEL, defaultFolder: '/out', plan }),
  );
  console.log(
    `enqueue of ${count} files: ${(spentMs / 1_000).toFixed(2)} s (${(insertedMs / 1_000).toFixed(2)} s their rows, the rest their tasks)`,
  );
  return runId;
}

function scannedFile(index: number): ScannedFile {
  const fileId = `new/${index % 1_000}/${index}.flac`;
  return { path: `/${fileId}`, fileId, sizeBytes: 1, modifiedMs: 1, reference: 'a b c', referencePath: null, problemCode: null };
}

function factsOf(id: number): MediaFacts {
  return {
    sha256: `new-${id}`,
    sizeBytes: 1,
    modifiedMs: 1,
    announcedSec: 8,
    container: 'flac',
    codec: 'flac',
    sampleRateHz: 16_000,
    channels: 1,
    audioStreams: 1,
  };
}

/** Claim, begin and finish, each committed and synced before the next; with several workers their commits are shared. */
async function cycles(database: Database, runId: number, workers: number, atOnce: number): Promise<void> {
  const claims: number[] = [];
  const finishes: number[] = [];
  let left = CYCLES;
  const work = async (worker: number): Promise<void> => {
    let atHand: ClaimedTask[] = [];
    while (left-- > 0) {
      if (atHand.length === 0) {
        const startMs = performance.now();
        const claim = {
          runId,
          mode: 'streaming' as const,
          count: atOnce,
          nowMs: Date.now(),
          bootId: 'bench',
          leasePrefix: `${worker}-${left}`,
        };
        atHand = await database.write('claimTasks', claim);
        claims.push(performance.now() - startMs);
      }
      const task = atHand.shift();
      if (task === undefined) throw new Error('nothing to claim');
      const { taskId, leaseToken } = task;
      await database.write('beginAttempt', { taskId, leaseToken, nowMs: Date.now(), serverInstance: null });
      const finishMs = performance.now();
      const outcome = { kind: 'done' as const, result: resultOf(task), counts: null };
      const recorded = await database.write('finishTask', { taskId, leaseToken, nowMs: Date.now(), outcome });
      if (recorded !== 'recorded') throw new Error(recorded);
      finishes.push(performance.now() - finishMs);
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  const perSec = CYCLES / ((performance.now() - startMs) / 1_000);
  console.log(
    `claim (${atOnce} at once) + begin + complete at a backlog of ${ROWS}, ${workers} workers: ${perSec.toFixed(0)} a second; claim ${percentiles(claims)}, complete ${percentiles(finishes)}`,
  );
}

function resultOf({ taskId }: ClaimedTask): DoneResult {
  return {
    hypothesis: sentence(taskId),
    segments: [],
    language: null,
    model: 'bench',
    decodedSec: 8,
    announcedSec: 8,
    processingSec: 1,
    decodeSec: null,
    firstTokenLatencyMs: 100,
    warningCode: null,
  };
}

function percentiles(timesMs: readonly number[]): string {
  const sorted = timesMs.toSorted((left, right) => left - right);
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
  return `${median(timesMs).toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
}
