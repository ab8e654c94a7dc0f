import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import BetterSqlite from 'better-sqlite3';
import type { RawResult } from '#shared/contract/results.ts';
import { MODES } from '#shared/domain/mode.ts';
import { createFakeRandom } from '../fakeRandom.ts';
import { type InstantServer, startInstantServer } from '../instantServer.ts';
import { tone, wavBytes } from '../wavBytes.ts';
import { DatabaseChecker, type DatabaseFacts } from './databaseCheck.ts';
import { readLines } from './ledger.ts';

const OWNER = fileURLToPath(new URL('crashOwner.ts', import.meta.url));
const BYTES_PER_SAMPLE_HEARD = 4;
/** Every that many kills all indexes are compared with their tables, too. */
const FULL_CHECK_EVERY = 25;
/** An owner whose runs are all paused gets no text. */
const PATIENCE_MS = 3_000;
/** An owner that nobody kills is done by then. */
const DRAIN_LIMIT_MS = 300_000;

export interface CrashOptions {
  readonly kills: number;
  readonly seed: number;
  /** Recordings in each run. */
  readonly files: number;
  /** Called after each kill. */
  readonly onKill?: (kill: number, facts: DatabaseFacts | null) => void;
}

export interface CrashReport {
  readonly kills: number;
  /** Kills before the owner answered its first question. */
  readonly killedWhileOpening: number;
  /** Everything that should not be, with the number of the kill; empty when nothing was lost and nothing recorded twice. */
  readonly problems: readonly string[];
  readonly announced: number;
  /** Texts that the servers sent and outcomes that were stored: the difference was done again. */
  readonly effects: number;
  readonly stored: number;
  readonly facts: DatabaseFacts;
  /** From the start of an owner's process until work that was left open was claimed and finished by a server, ms. */
  readonly firstWorkMs: readonly number[];
}

/** Owners of one data folder, killed one after the other at moments that follow from the seed, and one that finishes what they left. */
export async function runCrashes(options: CrashOptions): Promise<CrashReport> {
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-crash-'));
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
  const night = new CrashNight(folder, options);
  cleanUp.defer(() => night.close());
  return await night.run();
}

class CrashNight {
  readonly #folder: string;
  readonly #options: CrashOptions;
  readonly #servers: InstantServer[] = [];
  readonly #checker: DatabaseChecker;
  readonly #problems: string[] = [];
  readonly #firstWorkMs: number[] = [];
  /** Samples of each file, by its bytes as a server hears them. */
  readonly #fileOf = new Map<number, string>();
  #ledgerBytes = 0;
  #effects = 0;
  /** Told of the next text that a server sends. */
  #onEffect: (() => void) | null = null;

  constructor(folder: string, options: CrashOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#checker = new DatabaseChecker(this.#databasePath);
  }

  get #databasePath(): string {
    return join(this.#folder, 'data', 'nightshift.db');
  }

  get #ledgerPath(): string {
    return join(this.#folder, 'ledger.jsonl');
  }

  async run(): Promise<CrashReport> {
    const { kills, seed, onKill } = this.#options;
    const random = createFakeRandom(seed);
    await this.#prepare();
    let killedWhileOpening = 0;
    for (let kill = 1; kill <= kills; kill += 1) {
      const roll = random.ratio();
      const from = roll < 0.15 ? 'start' : roll < 0.35 ? 'open' : 'work';
      if (!(await this.#killOne(seed * 100_000 + kill, from, random.ratio() * 600))) killedWhileOpening += 1;
      const facts = this.#check(`kill ${kill}`, kill % FULL_CHECK_EVERY === 0 ? 'full' : 'quick');
      onKill?.(kill, facts);
      // What is wrong stays wrong: the first findings tell all.
      if (this.#problems.length > 0) break;
    }
    if (this.#problems.length === 0) await this.#drain(seed);
    const facts = this.#check('the end', 'full') ?? { runs: 0, tasks: 0, done: 0, lostAttempts: 0, givenUp: 0, open: 0 };
    if (this.#problems.length === 0) await this.#compareResults(facts);
    return {
      kills,
      killedWhileOpening,
      problems: this.#problems,
      announced: this.#checker.announcedOutcomes,
      effects: this.#effects,
      stored: storedResults(this.#databasePath),
      facts,
      firstWorkMs: this.#firstWorkMs,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  async #prepare(): Promise<void> {
    const media = join(this.#folder, 'media');
    await mkdir(media);
    await mkdir(join(this.#folder, 'data'));
    for (let file = 0; file < this.#options.files; file += 1) {
      // A length of its own tells each file from the others where only its audio is heard.
      const samples = tone((3_200 + file) / 16_000, 16_000, 200 + file);
      const name = `${String(file).padStart(5, '0')}.wav`;
      await writeFile(join(media, name), wavBytes(samples));
      await writeFile(join(media, name.replace('.wav', '.txt')), `file ${file}`);
      this.#fileOf.set(samples.length * BYTES_PER_SAMPLE_HEARD, name);
    }
    for (const mode of MODES) {
      const text = (_: number, bytes: number): string => {
        this.#effects += 1;
        this.#onEffect?.();
        return this.#textOf(this.#fileOf.get(bytes) ?? `${bytes} bytes`);
      };
      this.#servers.push(await startInstantServer({ mode, text, capacity: 4, delayMs: 15, failEvery: 97, dropEvery: 211 }));
    }
  }

  #textOf(name: string): string {
    return `file ${Number(name.replace('.wav', ''))}`;
  }

  #start(seed: number, how: 'work' | 'drain'): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
    const ports = this.#servers.map(({ port }) => port).join(',');
    const args = [OWNER, join(this.#folder, 'data'), join(this.#folder, 'media'), ports, this.#ledgerPath, String(seed), how];
    return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /**
   * @param from from when on the time counts: its start, its first answer, or the first text of a server; a slow machine must not keep it from working
   * @returns whether it had opened the folder by then
   */
  async #killOne(seed: number, from: 'start' | 'open' | 'work', afterMs: number): Promise<boolean> {
    const startedMs = performance.now();
    const owner = this.#start(seed, 'work');
    const exited = once(owner, 'exit') as Promise<[number | null, string | null]>;
    let complaints = '';
    let isOpen = false;
    owner.stderr.on('data', (part: Buffer) => (complaints += part.toString()));
    owner.stdout.on('data', () => (isOpen = true));
    const opened = Promise.withResolvers<void>();
    const working = Promise.withResolvers<void>();
    owner.stdout.once('data', opened.resolve);
    this.#onEffect = () => {
      this.#onEffect = null;
      this.#firstWorkMs.push(performance.now() - startedMs);
      working.resolve();
    };
    if (from !== 'start') await Promise.race([opened.promise, exited, delay(PATIENCE_MS)]);
    if (from === 'work') await Promise.race([working.promise, exited, delay(PATIENCE_MS)]);
    await Promise.race([delay(afterMs), exited]);
    owner.kill('SIGKILL');
    const [code, signal] = await exited;
    this.#onEffect = null;
    if (signal !== 'SIGKILL') this.#problems.push(`an owner ended by itself with ${code ?? signal}: ${complaints.slice(0, 2_000)}`);
    return isOpen;
  }

  async #drain(seed: number): Promise<void> {
    const owner = this.#start(seed, 'drain');
    let complaints = '';
    owner.stderr.on('data', (part: Buffer) => (complaints += part.toString()));
    owner.stdout.resume();
    const timer = setTimeout(() => owner.kill('SIGKILL'), DRAIN_LIMIT_MS);
    const [code, signal] = (await once(owner, 'exit')) as [number | null, string | null];
    clearTimeout(timer);
    if (code !== 0) this.#problems.push(`the last owner ended with ${code ?? signal}: ${complaints.slice(0, 2_000)}`);
  }

  #check(when: string, how: 'quick' | 'full'): DatabaseFacts | null {
    const { lines, toByte } = readLines(this.#ledgerPath, this.#ledgerBytes);
    this.#ledgerBytes = toByte;
    const heard = this.#checker.hear(lines);
    const { problems, facts } = this.#checker.check(how);
    this.#problems.push(...[...heard, ...problems].map((problem) => `${when}: ${problem}`));
    return facts;
  }

  /** At the end nothing is open, every text is that of its file, and each results file holds what the database does. */
  async #compareResults(facts: DatabaseFacts): Promise<void> {
    if (facts.open > 0) this.#problems.push(`the end: ${facts.open} tasks are still open`);
    const connection = new BetterSqlite(this.#databasePath, { readonly: true });
    try {
      const wrong = connection
        .prepare<[], { fileId: string; hypothesis: string }>(
          `SELECT i.file_id AS fileId, r.hypothesis FROM tasks t JOIN items i ON i.id = t.item_id JOIN results r ON r.id = t.result_id`,
        )
        .all()
        .filter(({ fileId, hypothesis }) => hypothesis !== this.#textOf(fileId));
      if (wrong.length > 0) this.#problems.push(`the end: ${wrong.length} files have the text of another one`);
      const runs = connection
        .prepare<[], { id: number; path: string; tasks: number }>(
          `SELECT id, results_path AS path, (SELECT count(*) FROM tasks t WHERE t.run_id = runs.id AND t.superseded = 0) AS tasks FROM runs WHERE status = 'finished'`,
        )
        .all();
      for (const { id, path, tasks } of runs) {
        const document = JSON.parse(await readFile(path, 'utf8')) as Record<string, { raw_results?: RawResult[] }>;
        const rows = MODES.flatMap((mode) => document[mode]?.raw_results ?? []);
        if (rows.length !== tasks) this.#problems.push(`the end: results.json of run ${id} has ${rows.length} rows of ${tasks}`);
      }
    } finally {
      connection.close();
    }
  }
}

function storedResults(path: string): number {
  const connection = new BetterSqlite(path, { readonly: true });
  try {
    return connection.prepare<[], number>('SELECT count(*) FROM results').pluck().get() ?? 0;
  } finally {
    connection.close();
  }
}
