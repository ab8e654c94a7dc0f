import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createRuntime } from '#main/core/runtime.ts';
import { createNodePorts } from '#main/platform/nodePorts.ts';
import { assetsFolder } from '#main/programs/programPath.ts';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { ProfileDraft } from '#shared/contract/profiles.ts';
import type { RawResult } from '#shared/contract/results.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { type Mode, MODES } from '#shared/domain/mode.ts';
import { type FileFault, type JournalEntry, type Plan, type StartFault, textOf } from './faultServer/faults.ts';
import { freePorts } from './freePorts.ts';
import { MARK_VARIABLE, markedProcesses } from './markedProcesses.ts';

const SERVER = fileURLToPath(new URL('faultServer/main.ts', import.meta.url));
/** After the end of the owner everything it started is gone within this time. */
const GONE_WITHIN_MS = 10_000;

export interface ChaosOptions {
  /** Paths of 16 kHz mono 16-bit WAV files with 44 header bytes, all different. */
  readonly media: readonly string[];
  readonly seed: string;
  readonly starts: Plan<StartFault>;
  readonly files: Plan<FileFault>;
  /** Time a healthy server takes for a file. */
  readonly serviceMs: number;
}

/** What became of the files that a fault struck at least once, of those that none struck (`none`), and of those that no server heard (`neverSent`). */
export interface FaultRow {
  readonly fault: FileFault | StartFault | 'neverSent';
  readonly injected: number;
  readonly done: number;
  readonly doubtful: number;
  /** Failed files by code. */
  readonly failed: Readonly<Record<string, number>>;
}

export interface ChaosReport {
  readonly run: RunSummary;
  readonly rows: readonly FaultRow[];
  /** Tasks of the run, files × modes. */
  readonly tasks: number;
  /** Outcomes by status; their sum is `tasks` when nothing is lost and nothing is recorded twice. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly recordedTwice: number;
  /** Done files whose text is that of other audio. */
  readonly wrongTexts: number;
  /** Done files without a text and without a doubt about it. */
  readonly emptyTexts: number;
  /** Files the servers heard that are none of the media: their audio was changed on the way. */
  readonly unknownAudio: number;
  readonly serverStarts: number;
  /** What still ran after the owner had ended. */
  readonly orphans: readonly string[];
}

/** A run in all modes against servers that misbehave by seed, in a temporary data folder with a whole runtime, and the account of it. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-chaos-'));
  const outerMark = process.env[MARK_VARIABLE];
  process.env[MARK_VARIABLE] = folder;
  try {
    const { run, results } = await runIn(folder, options);
    const orphans = await orphansOf(folder);
    return await account(folder, options, run, results, orphans);
  } finally {
    if (outerMark === undefined) delete process.env[MARK_VARIABLE];
    else process.env[MARK_VARIABLE] = outerMark;
    await rm(folder, { recursive: true, force: true });
  }
}

type Results = Readonly<Record<string, { readonly raw_results: readonly RawResult[] }>>;

async function runIn(folder: string, options: ChaosOptions): Promise<{ run: RunSummary; results: Results }> {
  const dataDir = join(folder, 'data');
  await mkdir(dataDir);
  const ports = createNodePorts({ dataDir });
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => ports.logger.close());
  const config = { dataDir, assetsDir: assetsFolder(), version: 'chaos', host: 'library', bootId: ports.random.hex(16) } as const;
  const runtime = await createRuntime(ports, config);
  cleanUp.defer(() => runtime.close());
  const { client } = runtime;

  const numbers = await freePorts(MODES.length);
  const profiles = MODES.map((mode, index) => profileOf(folder, mode, numbers[index] ?? 0, options));
  await client.request('profiles.save', { document: { nightshiftServers: 1, profiles } });
  const created = await client.request('runs.create', {
    sources: [...options.media],
    options: {
      modes: [...MODES],
      serverIds: MODES.map((mode) => `chaos-${mode}`),
      calculateWer: false,
      cpuLimitPercent: 100,
      memoryLimitMb: 16_384,
    },
    startWhenReady: true,
  });
  const run = await ended(client, created.id);
  const { json } = await client.request('results.read', { runId: run.id });
  return { run, results: JSON.parse(json) as Results };
}

function profileOf(folder: string, mode: Mode, port: number, options: ChaosOptions): ProfileDraft {
  const plans = ['--start-faults', JSON.stringify(options.starts), '--file-faults', JSON.stringify(options.files)];
  const args = [SERVER, '--port', '{port}', '--mode', '{mode}', '--seed', options.seed, '--journal', journalOf(folder, mode), ...plans];
  return {
    id: `chaos-${mode}`,
    name: `Chaos ${mode}`,
    mode,
    protocol: 'nightshift',
    port,
    start: { kind: 'command', command: process.execPath, args: [...args, '--service-ms', String(options.serviceMs)] },
    warmUp: false,
    ready: { deadlineMs: 5_000 },
    // The clips are short; a hang is known soon.
    timeouts: { silenceLeastMs: 1_500, stopGraceMs: 1_000 },
    recycle: { aboveMemoryMb: 400 },
  };
}

function journalOf(folder: string, mode: Mode): string {
  return join(folder, `journal-${mode}.jsonl`);
}

async function ended(client: NightshiftClient, runId: number): Promise<RunSummary> {
  const found = Promise.withResolvers<RunSummary>();
  const look = (run: RunSummary): void => {
    if (run.endedAtMs !== null) found.resolve(run);
  };
  const unsubscribe = client.subscribe((event) => {
    if (event.name === 'run.changed' && event.payload.id === runId) look(event.payload);
  });
  try {
    look(await client.request('runs.get', { runId }));
    return await found.promise;
  } finally {
    unsubscribe();
  }
}

async function orphansOf(mark: string): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const untilMs = performance.now() + GONE_WITHIN_MS;
  let left = markedProcesses(mark);
  while (left.length > 0 && performance.now() < untilMs) {
    await delay(50);
    left = markedProcesses(mark);
  }
  return left;
}

async function account(
  folder: string,
  options: ChaosOptions,
  run: RunSummary,
  results: Results,
  orphans: readonly string[],
): Promise<ChaosReport> {
  const keyOf = new Map(await Promise.all(options.media.map(async (path) => [path, await keyOfWav(path)] as const)));
  const keys = new Set(keyOf.values());
  const tally = new FaultTally();
  const outcomes: Record<string, number> = {};
  let recordedTwice = 0;
  let wrongTexts = 0;
  let emptyTexts = 0;
  let unknownAudio = 0;
  let serverStarts = 0;
  for (const mode of MODES) {
    const journal = await readJournal(journalOf(folder, mode));
    const rows = results[mode]?.raw_results ?? [];
    recordedTwice += rows.length - new Set(rows.map((row) => row.audio_path)).size;
    for (const entry of journal) {
      if (entry.kind === 'start') {
        serverStarts += 1;
        tally.injected(entry.fault);
      } else if (!keys.has(entry.key)) unknownAudio += 1;
      else tally.injected(entry.fault);
    }
    const faultsOf = Map.groupBy(
      journal.filter(({ kind }) => kind === 'file'),
      ({ key }) => key,
    );
    for (const row of rows) {
      outcomes[row.status] = (outcomes[row.status] ?? 0) + 1;
      const key = keyOf.get(row.audio_path) ?? '';
      const isDoubtful = row.status === 'done' && row.error_code !== null;
      if (row.status === 'done' && !isDoubtful) {
        if (row.hypothesis === '') emptyTexts += 1;
        else if (row.hypothesis !== textOf(key)) wrongTexts += 1;
      }
      const faults = new Set((faultsOf.get(key) ?? []).map((entry) => entry.fault));
      if (faults.size === 0) tally.injected('neverSent');
      for (const fault of faults.size === 0 ? (['neverSent'] as const) : faults) tally.struck(fault, row);
    }
  }
  const tasks = options.media.length * MODES.length;
  return { run, rows: tally.rows(), tasks, outcomes, recordedTwice, wrongTexts, emptyTexts, unknownAudio, serverStarts, orphans };
}

class FaultTally {
  readonly #rows = new Map<FaultRow['fault'], { injected: number; done: number; doubtful: number; failed: Record<string, number> }>();

  injected(fault: FaultRow['fault']): void {
    this.#row(fault).injected += 1;
  }

  struck(fault: FaultRow['fault'], row: RawResult): void {
    const counts = this.#row(fault);
    if (row.status === 'done') {
      if (row.error_code === null) counts.done += 1;
      else counts.doubtful += 1;
    } else {
      const name = row.error_code ?? row.status;
      counts.failed[name] = (counts.failed[name] ?? 0) + 1;
    }
  }

  rows(): FaultRow[] {
    return [...this.#rows].map(([fault, counts]) => ({ fault, ...counts }));
  }

  #row(fault: FaultRow['fault']): { injected: number; done: number; doubtful: number; failed: Record<string, number> } {
    const known = this.#rows.get(fault) ?? { injected: 0, done: 0, doubtful: 0, failed: {} };
    this.#rows.set(fault, known);
    return known;
  }
}

async function readJournal(path: string): Promise<JournalEntry[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as JournalEntry);
}

/** Key of the file as the server must have heard it: its samples as float32. */
async function keyOfWav(path: string): Promise<string> {
  const bytes = (await readFile(path)).subarray(44);
  const samples = new Float32Array(bytes.length / 2);
  for (let index = 0; index < samples.length; index += 1) samples[index] = bytes.readInt16LE(index * 2) / 32_768;
  return createHash('sha256').update(Buffer.from(samples.buffer)).digest('hex').slice(0, 12);
}
