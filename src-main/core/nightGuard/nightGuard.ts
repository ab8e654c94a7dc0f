import type { AnyEvent, RunStep } from '#shared/contract/events.ts';
import type { Sample } from '#shared/contract/resources.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import type { PauseCause } from '#shared/domain/run.ts';
import type { DiskReading } from '../alerts/machineReadings.ts';
import type { EventBus } from '../events.ts';
import type { Database } from '../persistence/database.ts';
import type { GuardCounts } from '../persistence/operations/nightGuard.ts';
import type { Clock, Logger, PowerHold, StorageFolder } from '../ports.ts';
import { addOutcome, failureRatio, outcomeLetter } from './failureRate.ts';
import { heatVerdicts, lowDiskVerdicts, PassingCondition, type PartVerdicts } from './passingCondition.ts';

const TICK_MS = 1_000;
/** An older reading is none. */
const SAMPLE_STANDS_MS = 5_000;
/** What was counted since is lost with the process. */
const SAVE_INTERVAL_MS = 10_000;
const MEASURE_INTERVAL_MS = 60_000;
/** A data folder of many files is measured more rarely: at most this share of the time. */
const MEASURE_SHARE = 0.02;
const BYTES_PER_MB = 1024 * 1024;

/** Pauses that Nightshift takes back by itself. */
export const PASSING_CAUSES = ['lowDisk', 'heat'] as const satisfies readonly PauseCause[];
type PassingCause = (typeof PASSING_CAUSES)[number];

/** What the guard asks of the runs. */
export interface GuardedRuns {
  get(runId: number): Promise<RunSummary>;
  list(page: { beforeId: number | null; count: number }): Promise<{ runs: RunSummary[] }>;
  pause(runId: number, how: { now: boolean; cause: PauseCause }): Promise<unknown>;
  /** Only a pause of this cause. */
  resume(runId: number, how: { cause: PauseCause }): Promise<unknown>;
}

export interface NightGuardDeps {
  readonly runs: GuardedRuns;
  readonly database: Database;
  readonly storage: StorageFolder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventBus;
  readonly power: PowerHold;
  /** Bytes that the cache may take from now on; null: as the settings say. */
  allowCache(bytes: number | null): Promise<void>;
  disks(sample: Sample): readonly DiskReading[];
}

interface Going {
  run: RunSummary;
  counts: GuardCounts;
  /** What an earlier owner had counted is part of `counts`. */
  isLoaded: boolean;
  sinceMs: number;
  lastTickMs: number;
  /** The pause was asked for; it leaves `running` soon. */
  isAsked: boolean;
}

/** What became of a pause of ours while its cause is there: asked for → left → the user went on (told once). */
type OwnPause = 'asked' | 'left' | 'overridden';

/**
 * Watches over runs that nobody watches: pauses them at their limits (duration, failures, data folder), and while the machine is too hot or a disk nearly full;
 * the latter it takes back by itself. What the user resumes against it goes on until the cause has gone and come again.
 */
export class NightGuard {
  readonly #deps: NightGuardDeps;
  readonly #going = new Map<number, Going>();
  /** Paused by a passing cause: go on when it has gone. */
  readonly #parked = new Map<number, RunSummary>();
  readonly #conditions = new Map<PassingCause, PassingCondition>();
  /** By cause and run. */
  readonly #ownPauses = new Map<string, OwnPause>();
  readonly #work = new Set<Promise<void>>();
  #sample: { readonly sample: Sample; readonly atMs: number } | null = null;
  #hold: Disposable | null = null;
  #timer: Disposable | null = null;
  #nextSaveMs = 0;
  #nextMeasureMs = 0;
  #isMeasuring = false;
  #isCacheLimited = false;
  #isClosed = false;
  #unsubscribe: (() => void) | null = null;

  constructor(deps: NightGuardDeps) {
    this.#deps = deps;
  }

  /** Takes up pauses of an earlier owner. */
  async open(): Promise<void> {
    const { runs, events } = this.#deps;
    for (const cause of PASSING_CAUSES) this.#conditions.set(cause, new PassingCondition(false));
    const { runs: newest } = await runs.list({ beforeId: null, count: 200 });
    for (const run of newest) {
      const cause = passingCauseOf(run);
      if (cause !== null) {
        this.#parked.set(run.id, run);
        this.#conditions.set(cause, new PassingCondition(true));
      }
      if (run.status === 'paused' && (cause !== null || run.pausedBy === 'diskUsed'))
        this.#ownPauses.set(`${run.pausedBy} ${run.id}`, 'left');
    }
    this.#unsubscribe = events.subscribe((event) => this.#hear(event));
    this.#holdWhileParked();
    this.#tickLater();
  }

  takeSample(sample: Sample): void {
    this.#sample = { sample, atMs: this.#deps.clock.monotonicMs() };
  }

  /** The run that is going on, and since when; null while none is or it is being paused. */
  get goingRun(): { readonly runId: number; readonly sinceMs: number } | null {
    const [going] = this.#going.values();
    return going === undefined ? null : { runId: going.run.id, sinceMs: going.sinceMs };
  }

  /** Where a run that is going on, or waits for room, keeps its results; null: in the data folder. */
  get outputPath(): string | null {
    const runs = [...[...this.#going.values()].map(({ run }) => run), ...this.#parked.values()];
    return runs.find(({ options }) => options.outputPath !== null)?.options.outputPath ?? null;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unsubscribe?.();
    this.#timer?.[Symbol.dispose]();
    this.#hold?.[Symbol.dispose]();
    await this.#save();
    await Promise.all(this.#work);
  }

  #hear(event: AnyEvent): void {
    if (event.name === 'run.changed') this.#hearRun(event.payload);
    else if (event.name === 'run.stepped') this.#hearStep(event.payload.runId, event.payload.step);
    else if (event.name === 'run.removed') {
      this.#going.delete(event.payload.runId);
      this.#parked.delete(event.payload.runId);
      this.#holdWhileParked();
    }
  }

  #hearRun(run: RunSummary): void {
    const { clock } = this.#deps;
    const going = this.#going.get(run.id);
    if (run.status === 'running') {
      if (going !== undefined) going.run = run;
      else {
        const nowMs = clock.monotonicMs();
        const counts = { ranMs: 0, outcomes: '' };
        this.#going.set(run.id, { run, counts, isLoaded: false, sinceMs: clock.nowMs(), lastTickMs: nowMs, isAsked: false });
        this.#do('counts of the night guard were not read', this.#load(run.id));
      }
    } else if (going !== undefined) this.#leave(going, run);
    if (passingCauseOf(run) === null) this.#parked.delete(run.id);
    else this.#parked.set(run.id, run);
    this.#holdWhileParked();
  }

  /** An interruption and a pause of our own go on counting; after any other pause, and after the end, counting begins anew. */
  #leave(going: Going, run: RunSummary): void {
    this.#count(going);
    this.#going.delete(run.id);
    for (const [key, state] of this.#ownPauses) if (state === 'asked' && key.endsWith(` ${run.id}`)) this.#ownPauses.set(key, 'left');
    const goesOnCounting = ['interrupted', 'queued', 'stopping'].includes(run.status) || passingCauseOf(run) !== null;
    const counts = goesOnCounting ? going.counts : { ranMs: 0, outcomes: '' };
    if (goesOnCounting && !going.isLoaded) return;
    this.#do('counts of the night guard were not saved', this.#deps.database.write('saveGuard', { runId: run.id, ...counts }));
  }

  #hearStep(runId: number, step: RunStep): void {
    const going = this.#going.get(runId);
    if (going === undefined || step.step !== 'taskFinished') return;
    const letter = outcomeLetter(step.status, step.error?.code ?? null);
    if (letter === null) return;
    going.counts = { ...going.counts, outcomes: addOutcome(going.counts.outcomes, letter) };
    this.#checkFailures(going);
  }

  async #load(runId: number): Promise<void> {
    const before = await this.#deps.database.read('guardCounts', { runId });
    const going = this.#going.get(runId);
    if (going === undefined || going.isLoaded) return;
    going.isLoaded = true;
    let outcomes = before.outcomes;
    for (const letter of going.counts.outcomes) outcomes = addOutcome(outcomes, letter === 'f' ? 'f' : 'd');
    going.counts = { ranMs: before.ranMs + going.counts.ranMs, outcomes };
    this.#checkFailures(going);
  }

  #tickLater(): void {
    this.#timer = this.#deps.clock.setTimer(TICK_MS, () => {
      this.#tick();
      if (!this.#isClosed) this.#tickLater();
    });
  }

  #tick(): void {
    const { clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    for (const going of this.#going.values()) {
      this.#count(going);
      const { maxDurationSec } = going.run.options;
      if (going.isLoaded && maxDurationSec !== null && going.counts.ranMs >= maxDurationSec * 1_000) this.#pause(going, 'duration', false);
    }
    const sample = this.#sample !== null && nowMs - this.#sample.atMs <= SAMPLE_STANDS_MS ? this.#sample.sample : null;
    this.#watch('lowDisk', sample === null ? new Map() : lowDiskVerdicts(this.#deps.disks(sample)));
    this.#watch('heat', sample === null ? new Map() : heatVerdicts(sample));
    this.#goOn();
    this.#measureNowAndThen();
    if (nowMs < this.#nextSaveMs) return;
    this.#nextSaveMs = nowMs + SAVE_INTERVAL_MS;
    this.#do('counts of the night guard were not saved', this.#save());
  }

  /** Time that the process itself did not get (a machine that slept) is no time that the run was running. */
  #count(going: Going): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const ranMs = Math.min(nowMs - going.lastTickMs, SAMPLE_STANDS_MS);
    going.lastTickMs = nowMs;
    going.counts = { ...going.counts, ranMs: going.counts.ranMs + ranMs };
  }

  #checkFailures(going: Going): void {
    const { failureThresholdRatio } = going.run.options;
    const ratio = failureRatio(going.counts.outcomes);
    if (going.isLoaded && failureThresholdRatio !== null && ratio !== null && ratio >= failureThresholdRatio)
      this.#pause(going, 'failureRate', false);
  }

  #watch(cause: PassingCause, verdicts: PartVerdicts): void {
    const condition = this.#conditions.get(cause);
    if (condition === undefined) return;
    if (cause === 'lowDisk' && this.outputPath === null) condition.forget('output');
    condition.take(verdicts, this.#deps.clock.monotonicMs());
    if (condition.isThere) for (const going of this.#going.values()) this.#pauseUnlessOverridden(going, cause, true);
    else if (![...this.#parked.values()].some((run) => run.pausedBy === cause)) this.#forgetPauses(cause);
  }

  #pauseUnlessOverridden(going: Going, cause: PassingCause | 'diskUsed', now: boolean): void {
    const { run } = going;
    const key = `${cause} ${run.id}`;
    const state = this.#ownPauses.get(key);
    if (state === undefined) {
      this.#ownPauses.set(key, 'asked');
      this.#pause(going, cause, now);
    } else if (state === 'left') {
      this.#ownPauses.set(key, 'overridden');
      const entry = { atMs: this.#deps.clock.nowMs(), code: 'limitOverridden' as const, runId: run.id, data: { cause } };
      this.#do('a warning was not logged', this.#deps.database.write('addLogEntries', { entries: [entry] }));
    }
  }

  #forgetPauses(cause: PauseCause, runId?: number): void {
    for (const key of this.#ownPauses.keys())
      if (key.startsWith(`${cause} `) && (runId === undefined || key === `${cause} ${runId}`)) this.#ownPauses.delete(key);
  }

  #pause(going: Going, cause: PauseCause, now: boolean): void {
    if (going.isAsked || this.#isClosed) return;
    going.isAsked = true;
    const { runs, logger } = this.#deps;
    const runId = going.run.id;
    logger.warn('a run is paused', { runId, cause });
    const asked = runs.pause(runId, { now, cause }).catch((error: unknown) => {
      // It may just have ended; otherwise the next look asks again.
      going.isAsked = false;
      this.#forgetPauses(cause, runId);
      throw error;
    });
    this.#do('a run was not paused', asked);
  }

  /** What waits for a passing cause goes on when none is there any more; a pause of the user's is not among it. */
  #goOn(): void {
    if (this.#isClosed || [...this.#conditions.values()].some(({ isThere }) => isThere)) return;
    for (const run of this.#parked.values()) {
      if (run.status !== 'paused') continue;
      this.#parked.delete(run.id);
      this.#do('a run did not go on by itself', this.#resume(run.id));
    }
    this.#holdWhileParked();
  }

  async #resume(runId: number): Promise<void> {
    const { runs, logger } = this.#deps;
    const run = await runs.get(runId);
    const cause = passingCauseOf(run);
    if (run.status !== 'paused' || cause === null) return;
    logger.info('a run goes on by itself', { runId, cause });
    await runs.resume(runId, { cause });
  }

  #measureNowAndThen(): void {
    const { clock } = this.#deps;
    const isNeeded = [...this.#going.values()].some(({ run }) => run.options.diskLimitMb !== null);
    if (!isNeeded && this.#isCacheLimited) {
      this.#isCacheLimited = false;
      this.#do('the cache was not told that it may grow', this.#deps.allowCache(null));
    }
    if (!isNeeded || this.#isMeasuring || clock.monotonicMs() < this.#nextMeasureMs) return;
    this.#isMeasuring = true;
    const startedMs = clock.monotonicMs();
    const measured = this.#measure().finally(() => {
      this.#isMeasuring = false;
      const tookMs = clock.monotonicMs() - startedMs;
      this.#nextMeasureMs = clock.monotonicMs() + Math.max(MEASURE_INTERVAL_MS, tookMs / MEASURE_SHARE);
    });
    this.#do('the data folder was not measured', measured);
  }

  async #measure(): Promise<void> {
    const { kinds } = await this.#deps.storage.measure();
    // The cache takes what the rest leaves, so that it is never the reason for a pause.
    const usedMb = kinds.reduce((sum, { kind, bytes }) => sum + (kind === 'cache' ? 0 : bytes), 0) / BYTES_PER_MB;
    const limitMb = Math.min(...[...this.#going.values()].map(({ run }) => run.options.diskLimitMb ?? Number.POSITIVE_INFINITY));
    if (Number.isFinite(limitMb)) {
      this.#isCacheLimited = true;
      await this.#deps.allowCache(Math.max(0, limitMb - usedMb) * BYTES_PER_MB);
    }
    for (const going of this.#going.values()) {
      const { diskLimitMb } = going.run.options;
      if (diskLimitMb !== null && usedMb > diskLimitMb) this.#pauseUnlessOverridden(going, 'diskUsed', false);
      else this.#forgetPauses('diskUsed', going.run.id);
    }
  }

  async #save(): Promise<void> {
    const loaded = [...this.#going.values()].filter(({ isLoaded }) => isLoaded);
    await Promise.all(loaded.map(({ run, counts }) => this.#deps.database.write('saveGuard', { runId: run.id, ...counts })));
  }

  /** A machine that falls asleep meanwhile would not notice that it can go on. */
  #holdWhileParked(): void {
    if (this.#parked.size > 0 && !this.#isClosed) this.#hold ??= this.#deps.power.acquire('a run goes on by itself soon');
    else {
      this.#hold?.[Symbol.dispose]();
      this.#hold = null;
    }
  }

  #do(failed: string, work: Promise<unknown>): void {
    const done: Promise<void> = work
      .then(() => undefined)
      .catch((error: unknown) => this.#deps.logger.warn(failed, { error: String(error) }))
      .finally(() => this.#work.delete(done));
    this.#work.add(done);
  }
}

/** Why a run waits for the machine; null when it does not. */
function passingCauseOf({ status, pausedBy }: RunSummary): PassingCause | null {
  return status === 'paused' || status === 'pausing' ? (PASSING_CAUSES.find((cause) => cause === pausedBy) ?? null) : null;
}
