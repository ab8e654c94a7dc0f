import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import type { NightshiftClient } from '#shared/contract/client.ts';
import { RunOptionsSchema, type RunSummary } from '#shared/contract/runs.ts';
import type { MediaFacts } from '#main/core/media/mediaDecoder.ts';
import { openWriter } from '#main/core/persistence/connection.ts';
import { searchWrites } from '#main/core/persistence/operations/search.ts';
import { createRuntime } from '#main/core/runtime.ts';
import { createNodePorts } from '#main/platform/nodePorts.ts';
import { prepareDataDir } from '#main/platform/paths.ts';
import { assetsFolder } from '#main/programs/programPath.ts';
import { watchLoop } from './loopWatch.ts';
import { machineFacts } from './machine.ts';
import { type ThreadTimes, TIMES_CHANNEL } from '#main/testing/threadTimes.ts';

/**
 * A whole owner through a night of 100,000 files with a panel that looks on: what holds its event loop and its database writer, and what a completion costs.
 * First argument: files; second: completions. The files were inspected in an earlier life, so that looking at them is not what is measured; those that are sent are
 * decoded and scored.
 */
const FILES = Number(process.argv[2] ?? 100_000);
const COMPLETIONS = Math.min(Number(process.argv[3] ?? 3_000), Math.floor(FILES / 2));
const FILES_IN_FOLDER = 500;
/** 0.05 s. */
const SAMPLES = 800;
const PANEL_LOOKS_EVERY_MS = 250;
const OLD_RUN_AT_MS = Date.parse('2026-01-01T00:00:00Z');
const OPTIONS = RunOptionsSchema.parse({ modes: ['original'] });
const PRELOAD = fileURLToPath(new URL('../src-main/testing/threadTimes.ts', import.meta.url));

let isOpen = false;

const [, , , , plantedIn] = process.argv;
if (plantedIn === undefined) await plantAndStart();
else await own(plantedIn);

/** In a process of its own, whose memory holds nothing of the planting; what runs before its threads do is decided when it starts. */
async function plantAndStart(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-bench-'));
  try {
    console.log(await machineFacts(folder));
    plant(join(await prepareDataDir(join(folder, 'data')), 'nightshift.db'), join(folder, 'media'));
    const args = [...process.execArgv, '--import', PRELOAD, fileURLToPath(import.meta.url), String(FILES), String(COMPLETIONS), folder];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    // Whoever ends this one ends both, and nothing is left lying about.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal));
    const [code] = (await once(child, 'exit')) as [number | null];
    process.exitCode = code ?? 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function own(folder: string): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  const dataDir = join(folder, 'data');
  const { port, end } = await startServer();
  cleanUp.defer(end);
  const ports = createNodePorts({ dataDir });
  cleanUp.defer(() => ports.logger.close());
  const runtime = await phase('open with an old run', () =>
    createRuntime(ports, { dataDir, assetsDir: assetsFolder(), version: 'bench', host: 'library', bootId: ports.random.hex(16) }),
  );
  cleanUp.defer(() => runtime.close());
  await night(runtime.client, folder, join(folder, 'media'), port);
}

async function night(client: NightshiftClient, folder: string, mediaDir: string, port: number): Promise<void> {
  const options = {
    modes: ['original' as const],
    servers: 'running' as const,
    ports: { streaming: port, chunked: port, original: port },
    cpuLimitPercent: 100,
    memoryLimitMb: 8_192,
  };
  const oldRunId = (await client.request('runs.list', {})).runs[0]?.id ?? 0;
  const panel = openPanel(client);
  await phase('idle', () => wait(3_000));
  const { id: runId } = await phase('scan and probe', async () => {
    const run = await client.request('runs.create', { sources: [mediaDir], options });
    panel.show(run.id);
    return await until(client, run.id, ({ status }) => status === 'ready');
  });
  await phase('plan', () => client.request('runs.plan', { runId, options }));
  await phase('start', () => client.request('runs.start', { runId, options }));
  const done = await phase(`${COMPLETIONS} completions`, () => until(client, runId, ({ totals }) => totals.done >= COMPLETIONS), true);
  await phase('backup while it runs', () => client.request('backups.create', { to: null }));
  await phase('cleaning of the old run while it runs', async () => {
    const rules = { runDays: 0, runCount: null, reportDays: null, uploadDays: null, logDays: null, unusedAnswers: false, diskGib: null };
    await client.request('storage.clean', { rules, keys: [await keyOf(client, rules, oldRunId)] });
  });
  await phase('pause', async () => {
    await client.request('runs.pause', { runId });
    return await until(client, runId, ({ status }) => status === 'paused');
  });
  const heaps = [{ role: 'main', heapMb: getHeapStatistics().total_physical_size / 1024 ** 2 }, ...(await threadTimes())];
  console.log(
    `resident with ${done.totals.queued} queued: ${rssMb()} MB; heaps ${heaps.map(({ role, heapMb }) => `${role} ${heapMb.toFixed(0)} MB`).join(', ')}`,
  );
  await phase('export of the results', () => client.request('results.export', { runId, path: join(folder, 'results.json') }));
  await phase('report', () => client.request('reports.export', { runId, formats: ['json', 'csv'], folder: join(folder, 'report') }));
  await phase('preview of the report', () => client.request('reports.preview', { runId }));
  await phase('export of the queue', () => client.request('queue.export', {}));
  await phase('stop, the rest cancelled', () => client.request('runs.stop', { runId, now: true, keep: false }));
  await phase('begin the cancelled again', async () => {
    await client.request('runs.resume', { runId });
    return await until(client, runId, ({ totals }) => totals.active > 0);
  });
  await phase('stop, the rest kept', async () => {
    await client.request('runs.stop', { runId, now: true, keep: true });
    return await until(client, runId, ({ status }) => status === 'interrupted');
  });
  await phase('remove the run', () => client.request('runs.remove', { runId }));
  panel.close();
}

/** Does some work and says what it cost. */
async function phase<T>(name: string, work: () => Promise<T>, perCompletion = false): Promise<T> {
  await threadTimes();
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const watch = watchLoop();
  const value = await work();
  const loop = watch.end();
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1_000;
  const tookMs = performance.now() - startMs;
  console.log(
    `${name}: ${(tookMs / 1_000).toFixed(2)} s, CPU ${(cpuMs / 1_000).toFixed(2)} s (main thread ${(loop.cpuMs / 1_000).toFixed(2)} s); loop held at most ${loop.longestHoldMs.toFixed(1)} ms, ` +
      `p99 ${loop.p99HoldMs.toFixed(1)} ms, over 20 ms ${loop.holdsOver20Ms} times; delay p99 ${loop.p99DelayMs.toFixed(1)} ms, longest ${loop.longestDelayMs.toFixed(1)} ms; ${rssMb()} MB`,
  );
  isOpen = true;
  const threads = await threadTimes();
  for (const { role, operations } of threads) {
    const slow = Object.entries(operations)
      .toSorted(([, left], [, right]) => right.longestCpuMs - left.longestCpuMs)
      .slice(0, 4)
      .map(
        ([operation, { count, longestCpuMs, longestMs, cpuMs: total }]) =>
          `${operation} ${longestCpuMs.toFixed(1)} (${longestMs.toFixed(0)}) ms of ${count} in ${total.toFixed(0)} ms`,
      );
    console.log(`    ${role}, longest CPU (by the clock): ${slow.join(' · ')}`);
  }
  if (perCompletion) {
    const per = (ms: number): string => (ms / COMPLETIONS).toFixed(2);
    const ofRole = (role: ThreadTimes['role']): number =>
      threads
        .filter((thread) => thread.role === role)
        .flatMap(({ operations }) => Object.values(operations))
        .reduce((sum, { cpuMs: spent }) => sum + spent, 0);
    console.log(
      `    ${(COMPLETIONS / (tookMs / 1_000)).toFixed(0)} completions a second; CPU for each ${per(cpuMs)} ms: main thread ${per(loop.cpuMs)}, writer ${per(ofRole('writer'))}, reader ${per(ofRole('reader'))}`,
    );
  }
  return value;
}

/** What the database's threads did since it was last asked. */
async function threadTimes(): Promise<ThreadTimes[]> {
  const channel = new BroadcastChannel(TIMES_CHANNEL);
  const answers: ThreadTimes[] = [];
  channel.onmessage = ({ data }) => {
    answers.push(data as ThreadTimes);
  };
  channel.postMessage('ask');
  // One that is busy answers late; before the database is open there is none.
  for (let tries = 0; tries < 100 && answers.length < 2 && (tries < 10 || isOpen); tries += 1) await wait(20);
  channel.close();
  return answers;
}

interface Panel {
  show(runId: number): void;
  close(): void;
}

/** Two windows: both get every event as text, one looks through the list. */
function openPanel(client: NightshiftClient): Panel {
  let runId: number | null = null;
  let afterId = 0;
  const ends = [1, 2].map(() => client.subscribe((event) => void JSON.stringify(event)));
  const look = async (): Promise<void> => {
    if (runId === null) return;
    const page = await client.request('items.list', { runId, afterId, count: 200, filter: afterId % 3 === 0 ? 'all' : 'highWer' });
    void JSON.stringify(page);
    afterId = page.items.at(-1)?.id ?? 0;
    void JSON.stringify(await client.request('runs.list', {}));
    void JSON.stringify(await client.request('queue.get', {}));
  };
  const timer = setInterval(() => void look().catch(() => undefined), PANEL_LOOKS_EVERY_MS);
  return {
    show(shown) {
      runId = shown;
    },
    close() {
      clearInterval(timer);
      for (const end of ends) end();
    },
  };
}

async function until(client: NightshiftClient, runId: number, condition: (run: RunSummary) => boolean): Promise<RunSummary> {
  const found = Promise.withResolvers<RunSummary>();
  const look = (run: RunSummary): void => {
    if (condition(run)) found.resolve(run);
    else if (run.status === 'failed' || run.error !== null) found.reject(new Error(`${run.status}: ${JSON.stringify(run.error)}`));
  };
  const end = client.subscribe((event) => {
    if (event.name === 'run.changed' && event.payload.id === runId) look(event.payload);
  });
  try {
    look(await client.request('runs.get', { runId }));
    return await found.promise;
  } finally {
    end();
  }
}

async function keyOf(client: NightshiftClient, rules: object, runId: number): Promise<string> {
  const { entries } = await client.request('storage.preview', { rules });
  const entry = entries.find((candidate) => candidate.kind === 'run' && candidate.runId === runId);
  if (entry === undefined) throw new Error('the old run may not go');
  return entry.key;
}

async function startServer(): Promise<{ port: number; end: () => void }> {
  const child = fork(fileURLToPath(new URL('instantServerProgram.ts', import.meta.url)), { execArgv: [] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (said) => resolve(Number(said)));
    child.once('exit', () => reject(new Error('the speech server ended')));
  });
  return { port, end: () => void child.kill() };
}

/** Recordings with references on the disk, what is known of them in the database, and a finished run of as many others. */
function plant(databasePath: string, mediaDir: string): void {
  const writer = openWriter(databasePath);
  // Planting is not what is measured.
  writer.pragma('synchronous = OFF');
  const remember = writer.prepare('INSERT INTO media_facts (path, size_bytes, modified_ms, sha256, facts) VALUES (?, ?, ?, ?, ?)');
  const item = writer.prepare(
    `INSERT INTO items (run_id, file_id, path, size_bytes, modified_ms, reference, inspected, sha256, announced_sec) VALUES (?, ?, ?, 1, 1, 'a', 1, ?, 8)`,
  );
  const result = writer.prepare(
    `INSERT INTO results (result_key, sha256, mode, model, hypothesis, segments, decoded_sec, processing_sec, created_at_ms) VALUES (?, ?, 'original', 'bench', ?, '[]', 8, 1, 1)`,
  );
  const task = writer.prepare(
    `INSERT INTO tasks (run_id, item_id, type, mode, priority, max_retries, status, result_key, result_id, audio_sec, processing_sec, substitutions, deletions,
       insertions, hits, reference_words, normalizer_version, ended_at_ms) VALUES (?, ?, 'transcribe', 'original', 6, 3, 'done', ?, ?, 8, 1, ?, 0, 0, 19, 20, 1, ?)`,
  );
  writer.transaction(() => {
    const { lastInsertRowid: runId } = writer
      .prepare(
        `INSERT INTO runs (name, status, sources, options, results_path, created_at_ms, started_at_ms, ended_at_ms) VALUES ('old', 'finished', '["/old"]', ?, '/out', ?, ?, ?)`,
      )
      .run(JSON.stringify(OPTIONS), OLD_RUN_AT_MS, OLD_RUN_AT_MS, OLD_RUN_AT_MS);
    writer.prepare(`INSERT INTO run_modes (run_id, mode, position, status) VALUES (?, 'original', 0, 'done')`).run(runId);
    for (let index = 0; index < FILES; index += 1) {
      const { path, sha256, sizeBytes, modifiedMs } = writeRecording(mediaDir, index);
      const facts: MediaFacts = {
        sha256,
        sizeBytes,
        modifiedMs,
        announcedSec: 0.05,
        container: 'wav',
        codec: 'pcm_s16le',
        sampleRateHz: 16_000,
        channels: 1,
        audioStreams: 1,
      };
      remember.run(path, sizeBytes, modifiedMs, sha256, JSON.stringify(facts));
      const old = `old-${index}`;
      const itemId = item.run(runId, `old/${index}.wav`, `/old/${index}.wav`, old).lastInsertRowid;
      const text = `night shift train station winter river morning letter window garden n${index.toString(36)}`;
      const { lastInsertRowid } = result.run(`${old}:original`, old, text);
      task.run(runId, itemId, `${old}:original`, lastInsertRowid, index % 9, OLD_RUN_AT_MS);
    }
    while (searchWrites.indexTexts(writer, { count: 10_000 }));
  })();
  writer.close();
}

/** One after the other, with a line in the list of references of its folder. */
function writeRecording(mediaDir: string, index: number): { path: string; sha256: string; sizeBytes: number; modifiedMs: number } {
  const place = Math.floor(index / FILES_IN_FOLDER);
  const folder = join(mediaDir, String(place));
  if (index % FILES_IN_FOLDER === 0) {
    mkdirSync(folder, { recursive: true });
    const lines = Array.from(
      { length: Math.min(FILES_IN_FOLDER, FILES - index) },
      (_, line) => `${index + line} ONE TWO THREE FOUR FIVE SIX`,
    );
    writeFileSync(join(folder, `${place}.trans.txt`), `${lines.join('\n')}\n`);
  }
  const bytes = Buffer.alloc(44 + SAMPLES * 2);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  for (const [offset, value] of [
    [16, 16],
    [24, 16_000],
    [28, 32_000],
    [40, SAMPLES * 2],
  ] as const)
    bytes.writeUInt32LE(value, offset);
  for (const [offset, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    bytes.writeUInt16LE(value, offset);
  bytes.write('data', 36, 'latin1');
  // No two alike.
  bytes.writeUInt32LE(index, 44);
  const path = join(folder, `${index}.wav`);
  writeFileSync(path, bytes);
  const { size, mtimeMs } = statSync(path);
  return { path, sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: size, modifiedMs: Math.round(mtimeMs) };
}

function rssMb(): string {
  return (process.memoryUsage.rss() / 1024 ** 2).toFixed(0);
}
