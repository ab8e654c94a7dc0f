import { type RunOptions, RunOptionsSchema, type RunSummary } from '#shared/contract/runs.ts';
import { type Mode, MODES } from '#shared/domain/mode.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Random } from '../../core/ports.ts';
import { ItemChanges } from '../../core/queue/itemChanges.ts';
import { createFakeRandom } from '../fakeRandom.ts';
import { LocalDatabase } from '../localDatabase.ts';
import { neverInDatabase } from '../neverInDatabase.ts';
import { type Night, NightBench, type Try } from '../night.ts';

const HOUR_MS = 3_600_000;
const NIGHT_MS = 20 * HOUR_MS;
/** By then everything is done that was left in the morning; a night that takes longer is stuck. */
const MORNING_MS = 200 * HOUR_MS;
/** A pause keeps new files from being started within this time (S1.11). */
const PAUSE_WITHIN_MS = 100;
/** Steps between two looks at all rows. */
const LOOK_EVERY = 250;

export interface NightReport {
  readonly seed: number;
  readonly tries: number;
  readonly steps: number;
  readonly kills: number;
  readonly actions: number;
  readonly done: number;
  readonly failed: number;
  /** Fake time from the evening to the last outcome. */
  readonly hours: number;
}

/** What the servers of a mode are like this night: shares of tries. */
interface Weather {
  readonly dies: number;
  readonly hangs: number;
  readonly busy: number;
  readonly errs: number;
  readonly refusesFile: number;
  /** Of starts. */
  readonly failsToStart: number;
  /** Of a file. */
  readonly meanMs: number;
}

/**
 * A night of twenty hours with the real scheduler and the real operations of the queue, on a clock, servers, a decoder and a user that all follow from
 * the seed, so that it is the same every time.
 * @throws Error naming the seed when something happens that must not
 */
export async function simulateNight(seed: number): Promise<NightReport> {
  const night = await SimulatedNight.open(seed);
  try {
    return await night.pass();
  } catch (error) {
    throw new Error(`night of seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, { cause: error });
  } finally {
    await night.close();
  }
}

class SimulatedNight {
  readonly #seed: number;
  readonly #random: Random;
  readonly #bench: NightBench;
  readonly #database: LocalDatabase;
  readonly #weather: ReadonlyMap<Mode, Weather>;
  readonly #capacity: number;
  /** Under way on the servers, as `mode:file`. */
  readonly #running = new Set<string>();
  readonly #crashes = new Map<Mode, AbortController>();
  /** Runs that were paused or stopped, and when nobody had asked them to go on. */
  readonly #blockedAtMs = new Map<number, number>();
  readonly #options = new Map<number, Partial<RunOptions>>();
  readonly #expectedTasks = new Map<number, number>();
  #owner: Night;
  #boots = 1;
  #steps = 0;
  #tries = 0;
  #actions = 0;
  #wrong: string | null = null;

  static async open(seed: number): Promise<SimulatedNight> {
    const random = createFakeRandom(seed);
    const opened: { bench?: NightBench; database?: LocalDatabase } = {};
    // Some commits are announced late: meanwhile everything else goes on.
    const delay = async (): Promise<void> => {
      if (opened.bench !== undefined && random.ratio() < 0.1) await opened.bench.clock.sleep(1 + Math.floor(random.ratio() * 40));
    };
    const database = new LocalDatabase(':memory:', { delay });
    const bench = await NightBench.open(async () => database);
    opened.bench = bench;
    return new SimulatedNight(seed, random, bench, database);
  }

  private constructor(seed: number, random: Random, bench: NightBench, database: LocalDatabase) {
    this.#seed = seed;
    this.#random = random;
    this.#bench = bench;
    this.#database = database;
    this.#capacity = this.#number(1, 6);
    this.#weather = new Map(MODES.map((mode) => [mode, this.#forecast()]));
    this.#owner = this.#boot();
  }

  async pass(): Promise<NightReport> {
    await this.#recordBoot();
    await this.#addRun();
    for (;;) {
      const waitMs = Math.ceil(-Math.log(1 - this.#random.ratio()) * 0.7 * HOUR_MS);
      if (this.#nowMs + waitMs > NIGHT_MS) break;
      await this.#passTime(waitMs);
      await this.#act();
    }
    await this.#finish();
    return this.#report();
  }

  async close(): Promise<void> {
    await this.#bench.close();
  }

  get #nowMs(): number {
    return this.#bench.clock.monotonicMs();
  }

  #number(from: number, to: number): number {
    return from + Math.floor(this.#random.ratio() * (to - from + 1));
  }

  #chance(ratio: number): boolean {
    return this.#random.ratio() < ratio;
  }

  #pick<T>(choices: readonly T[]): T | undefined {
    return choices[Math.floor(this.#random.ratio() * choices.length)];
  }

  #forecast(): Weather {
    const stormy = this.#chance(0.3) ? 5 : 1;
    const share = (most: number): number => this.#random.ratio() * most * stormy;
    return {
      dies: share(0.01),
      hangs: share(0.01),
      busy: share(0.03),
      errs: share(0.03),
      refusesFile: share(0.02),
      failsToStart: this.#chance(0.2) ? 0.1 : 0,
      meanMs: this.#number(20, 900) * 1_000,
    };
  }

  #boot(): Night {
    const owner = this.#bench.begin(`boot-${this.#boots}`);
    owner.capacity = this.#capacity;
    owner.retryAfterMs = this.#chance(0.5) ? this.#number(1, 60) * 1_000 : null;
    const isAlive = (): boolean => this.#owner === owner;
    owner.play = (call) => this.#play(call, isAlive);
    owner.onNeed = async (mode, signal) => {
      await this.#bench.clock.sleep(this.#number(1, 60) * 1_000, signal);
      if (this.#chance(this.#weather.get(mode)?.failsToStart ?? 0)) throw new NightshiftError('SERVER_START_TIMEOUT');
    };
    this.#running.clear();
    this.#crashes.clear();
    return owner;
  }

  async #recordBoot(): Promise<void> {
    const facts = { bootId: `boot-${this.#boots}`, nowMs: this.#bench.clock.nowMs() };
    await this.#settled(this.#database.write('recordBoot', { ...facts, pid: 1, host: 'library' }));
    await this.#settled(this.#database.write('recoverOtherBoots', facts));
  }

  /** One try at a file: what must hold when it begins, and what the weather makes of it. */
  async #play({ mode, fileId, signal }: Try, isAlive: () => boolean): Promise<'ok' | 'serverDies' | ErrorCode> {
    const weather = this.#weather.get(mode);
    if (weather === undefined || !isAlive()) throw new NightshiftError('CANCELLED');
    const key = `${mode}:${fileId}`;
    this.#beginTry(mode, fileId, key);
    const crash = this.#crashes.get(mode) ?? new AbortController();
    this.#crashes.set(mode, crash);
    try {
      const roll = this.#random.ratio();
      const fault = faultOf(weather, roll);
      if (fault === 'SERVER_BUSY') return fault;
      const spentMs = fault === 'SERVER_UNRESPONSIVE' ? 600_000 : Math.ceil(-Math.log(1 - this.#random.ratio()) * weather.meanMs);
      await this.#bench.clock.sleep(spentMs, AbortSignal.any([signal, crash.signal]));
      if (fault === 'serverDies') {
        this.#crashes.delete(mode);
        crash.abort();
      }
      return fault ?? 'ok';
    } catch (error) {
      if (crash.signal.aborted && !signal.aborted) return 'CONNECTION_LOST';
      throw error;
    } finally {
      if (isAlive()) this.#running.delete(key);
    }
  }

  #beginTry(mode: Mode, fileId: string, key: string): void {
    this.#tries += 1;
    const runId = Number(/^(\d+)-/.exec(fileId)?.[1]);
    if (this.#running.has(key)) this.#blame(`${key} is tried twice at the same time`);
    this.#running.add(key);
    const ofMode = [...this.#running].filter((entry) => entry.startsWith(`${mode}:`)).length;
    const most = Math.min(this.#capacity, this.#options.get(runId)?.workers ?? this.#capacity);
    if (ofMode > most) this.#blame(`${ofMode} files at once in ${mode}, ${most} are allowed`);
    if (this.#owner.controller.currentRunId !== runId)
      this.#blame(`${key} was started while run ${this.#owner.controller.currentRunId} has its turn`);
    const blockedAtMs = this.#blockedAtMs.get(runId);
    if (blockedAtMs !== undefined && this.#nowMs > blockedAtMs + PAUSE_WITHIN_MS)
      this.#blame(`${key} was started ${this.#nowMs - blockedAtMs} ms after its run was paused`);
  }

  #blame(what: string): void {
    this.#wrong ??= `after ${(this.#nowMs / HOUR_MS).toFixed(3)} h: ${what}`;
  }

  /** Lets the time pass from timer to timer. */
  async #passTime(ms: number): Promise<void> {
    const { clock } = this.#bench;
    const untilMs = this.#nowMs + ms;
    for (let nextMs = clock.nextTimerInMs; nextMs !== null && this.#nowMs + nextMs <= untilMs; nextMs = clock.nextTimerInMs) {
      await clock.advance(nextMs);
      this.#look();
    }
    await clock.advance(untilMs - this.#nowMs);
  }

  #look(): void {
    this.#steps += 1;
    if (this.#steps % LOOK_EVERY === 0) this.#lookAtRows();
    if (this.#wrong !== null) throw new Error(this.#wrong);
  }

  #lookAtRows(): void {
    const [wrong] = neverInDatabase(this.#database.connection);
    if (wrong !== undefined) this.#blame(wrong);
  }

  /** The answer to something that is asked while the clock stands: it goes on until the answer is there. */
  async #settled<T>(asked: Promise<T>): Promise<T> {
    const { clock } = this.#bench;
    let isSettled = false;
    const settled = asked.finally(() => (isSettled = true));
    settled.catch(() => undefined);
    await clock.whenIdle();
    while (!isSettled) {
      const nextMs = clock.nextTimerInMs;
      if (nextMs === null) throw new Error('what was asked is never answered');
      await clock.advance(nextMs);
      this.#look();
    }
    return await settled;
  }

  /** @returns null when somebody was faster, as a user may be told */
  async #asked<T>(ask: Promise<T>): Promise<T | null> {
    try {
      return await this.#settled(ask);
    } catch (thrown) {
      const { code } = toNightshiftError(thrown);
      if (code === 'RUN_STATE_CONFLICT' || code === 'RUN_NOT_FOUND') return null;
      throw thrown;
    }
  }

  async #runs(): Promise<RunSummary[]> {
    return (await this.#settled(this.#owner.controller.list({ beforeId: null, count: 100 }))).runs;
  }

  async #addRun(): Promise<void> {
    const runId = this.#expectedTasks.size + 1;
    const modes = MODES.filter(() => this.#chance(0.5));
    const options: Partial<RunOptions> = {
      modes: modes.length === 0 ? ['streaming'] : [...modes],
      modesAtOnce: this.#number(1, 3),
      workers: this.#chance(0.5) ? this.#number(1, 4) : null,
      maxRetries: this.#number(0, 3),
      priority: this.#number(1, 12),
      // New work, whatever was done before.
      language: `x-${runId}`,
    };
    const files = this.#number(5, 40);
    this.#owner.fileNames = Array.from({ length: files }, (_, file) => `${runId}-${file}.wav`);
    this.#options.set(runId, options);
    this.#expectedTasks.set(runId, files * (options.modes?.length ?? 0));
    const { controller } = this.#owner;
    const made = await this.#settled(
      controller.create({ sources: ['/in'], options: RunOptionsSchema.parse(options), startWhenReady: true }),
    );
    if (made.id !== runId) throw new Error(`run ${made.id} was made, ${runId} was expected`);
    while ((await this.#settled(controller.get(runId))).status === 'preparing') await this.#passTime(100);
  }

  async #act(): Promise<void> {
    this.#actions += 1;
    const roll = this.#random.ratio();
    if (roll < 0.12) return await this.#kill();
    if (roll < 0.25 && this.#expectedTasks.size < 6) return await this.#addRun();
    const run = this.#pick(await this.#runs());
    if (run === undefined) return;
    const { controller } = this.#owner;
    if (roll < 0.35) await this.#changeItems(run.id);
    else if (roll < 0.5) {
      const paused = await this.#asked(controller.pause(run.id, { now: this.#chance(0.4) }));
      if (paused !== null) this.#block(paused);
    } else if (roll < 0.8) await this.#resume(run.id);
    else if (roll < 0.97) {
      const stopped = await this.#asked(controller.stop(run.id, { now: this.#chance(0.5), keep: this.#chance(0.8) }));
      if (stopped !== null) this.#block(stopped);
    } else this.#bench.clock.jumpWallClock(this.#number(-3, 3) * HOUR_MS);
  }

  /** Moves, edits, holds or takes out some of the files that wait. */
  async #changeItems(runId: number): Promise<void> {
    const itemIds = this.#itemsOf(runId, `status IN ('queued', 'claimed')`).filter(() => this.#chance(0.2));
    if (itemIds.length === 0) return;
    const changes = this.#itemChanges();
    const roll = this.#random.ratio();
    if (roll < 0.3) await this.#asked(changes.hold(runId, itemIds, this.#chance(0.6)));
    else if (roll < 0.6) await this.#asked(changes.place(runId, itemIds, this.#pick(['top', 'next', 'last'] as const) ?? 'top'));
    else if (roll < 0.9) await this.#asked(changes.edit(runId, itemIds, { priority: this.#number(0, 12) }));
    else await this.#asked(changes.remove(runId, itemIds.slice(0, 2)));
  }

  #itemChanges(): ItemChanges {
    const { database, controller } = this.#owner;
    return new ItemChanges({ database, clock: this.#bench.clock, tasksReordered: (runId) => controller.tasksReordered(runId) });
  }

  #itemsOf(runId: number, which: string): number[] {
    const { connection } = this.#database;
    return connection.prepare<[number], number>(`SELECT DISTINCT item_id FROM tasks WHERE run_id = ? AND ${which}`).pluck().all(runId);
  }

  #block({ id, status }: RunSummary): void {
    if (['pausing', 'paused', 'stopping', 'stopped', 'interrupted'].includes(status) && !this.#blockedAtMs.has(id))
      this.#blockedAtMs.set(id, this.#nowMs);
  }

  async #resume(runId: number): Promise<void> {
    this.#blockedAtMs.delete(runId);
    await this.#asked(this.#owner.controller.resume(runId));
  }

  /** The process dies; the next owner finds what it left, and takes up what was under way. */
  async #kill(): Promise<void> {
    this.#boots += 1;
    this.#owner = this.#boot();
    await this.#recordBoot();
    this.#lookAtRows();
    for (const run of await this.#runs()) {
      if (run.status === 'interrupted' && !this.#blockedAtMs.has(run.id)) await this.#resume(run.id);
    }
  }

  /** Nobody stops anything any more: whatever is left ends. */
  async #finish(): Promise<void> {
    for (;;) {
      let isAllDone = true;
      for (const run of await this.#runs()) {
        const held = this.#itemsOf(run.id, `status = 'queued' AND held = 1`);
        if (held.length > 0) await this.#asked(this.#itemChanges().hold(run.id, held, false));
        if (run.status === 'interrupted' || run.status === 'paused') await this.#resume(run.id);
        isAllDone &&= run.status === 'finished' || run.status === 'stopped';
      }
      if (isAllDone) break;
      if (this.#nowMs > MORNING_MS)
        throw new Error(`stuck: ${JSON.stringify((await this.#runs()).map(({ id, status, totals }) => ({ id, status, totals })))}`);
      await this.#passTime(HOUR_MS / 6);
    }
    this.#lookAtRows();
    if (this.#running.size > 0) this.#blame(`still under way at the end: ${[...this.#running].join(', ')}`);
    for (const { id, totals } of await this.#runs()) {
      const { total, queued, active, done, failed, skipped, cancelled } = totals;
      const expected = this.#expectedTasks.get(id) ?? 0;
      if (total !== expected || done + failed + skipped + cancelled !== total || queued + active !== 0)
        this.#blame(`run ${id} of ${expected} tasks ended with ${JSON.stringify(totals)}`);
    }
    if (this.#wrong !== null) throw new Error(this.#wrong);
  }

  async #report(): Promise<NightReport> {
    const runs = await this.#runs();
    const sum = (of: (run: RunSummary) => number): number => runs.reduce((total, run) => total + of(run), 0);
    return {
      seed: this.#seed,
      tries: this.#tries,
      steps: this.#steps,
      kills: this.#boots - 1,
      actions: this.#actions,
      done: sum(({ totals }) => totals.done),
      failed: sum(({ totals }) => totals.failed),
      hours: this.#nowMs / HOUR_MS,
    };
  }
}

function faultOf(weather: Weather, roll: number): 'serverDies' | ErrorCode | null {
  let upTo = 0;
  for (const [share, fault] of [
    [weather.dies, 'serverDies'],
    [weather.hangs, 'SERVER_UNRESPONSIVE'],
    [weather.busy, 'SERVER_BUSY'],
    [weather.errs, 'SERVER_BAD_RESPONSE'],
    [weather.refusesFile, 'MEDIA_CORRUPT'],
  ] as const) {
    upTo += share;
    if (roll < upTo) return fault;
  }
  return null;
}
