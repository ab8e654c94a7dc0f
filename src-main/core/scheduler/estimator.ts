import type { ModeProgress, RunOptions, RunPlan, RunSummary } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { Database } from '../persistence/database.ts';
import type { RunModel, StoredRun } from '../persistence/operations/runs.ts';
import type { Logger } from '../ports.ts';
import { serverFingerprint } from '../servers/runProfiles.ts';
import { type Estimate, estimateOf, estimateOfAll, estimateOfPlan, NO_ESTIMATE, type Speed, speedOf, speedOfEarlier } from './forecast.ts';
import { PaceMeter } from './paceMeter.ts';

type RunEstimates = Pick<
  RunSummary,
  'modes' | 'etaSec' | 'etaLowSec' | 'etaHighSec' | 'progressRatio' | 'audioMinPerMin' | 'audioMinPerMinOverall'
>;

interface Watched {
  readonly meters: ReadonlyMap<Mode, PaceMeter>;
  /** Modes whose speed is kept already. */
  readonly kept: Set<Mode>;
  progressRatio: number;
  total: number;
  settled: number;
}

/** Too little work says nothing to a later run, s. */
const MIN_KEPT_SEC = 20;
const NOTHING_ACTIVE: ReadonlyMap<Mode, number> = new Map();

/** What is left of a run and how far it is, from the audio of its modes and the speeds they were seen to have. */
export class Estimator {
  readonly #database: Database;
  readonly #logger: Logger;
  readonly #watched = new Map<number, Watched>();

  constructor({ database, logger }: { database: Database; logger: Logger }) {
    this.#database = database;
    this.#logger = logger;
  }

  /** Looks at a run that goes on; about once a second. @param activeSec by mode: audio of files under way whose text is final */
  async look(run: StoredRun, nowMs: number, activeSec: ReadonlyMap<Mode, number> = NOTHING_ACTIVE): Promise<void> {
    const isGoing = run.status === 'running' || run.status === 'pausing';
    if (!isGoing && !this.#watched.has(run.id)) return;
    const watched = this.#watched.get(run.id) ?? (await this.#begin(run));
    for (const progress of run.modes) {
      const meter = watched.meters.get(progress.mode);
      const isWorking = isGoing && (progress.status === 'running' || progress.status === 'pausing');
      meter?.look(nowMs, progress.totalAudioSec - progress.leftAudioSec, settledCount(progress), isWorking);
      if (meter !== undefined && !isWorking && (progress.status === 'done' || !isGoing))
        await this.#keep(run, progress.mode, meter, watched);
    }
    watched.progressRatio = progressOf(run, watched, activeSec);
    watched.total = run.totals.total;
    watched.settled = settledCount(run.totals);
    if (!isGoing) this.#watched.delete(run.id);
  }

  estimates(run: StoredRun, activeSec: ReadonlyMap<Mode, number> = NOTHING_ACTIVE): RunEstimates {
    const watched = this.#watched.get(run.id);
    const isGoing = run.status === 'running' || run.status === 'pausing';
    const known = new Map<Mode, Speed>();
    for (const [mode, { speed }] of watched?.meters ?? []) if (speed !== null) known.set(mode, speed);
    const modes = run.modes.map((progress) => {
      const meter = watched?.meters.get(progress.mode);
      const isOpen = isGoing && progress.queued + progress.active > 0;
      const expectedSec = Math.min(meter?.underWaySec ?? 0, activeAudioSec(progress));
      const leftSec = Math.max(0, progress.leftAudioSec - Math.max(expectedSec, activeSec.get(progress.mode) ?? 0));
      const estimate: Estimate = isOpen
        ? estimateOf(leftSec, progress.queued + progress.active, speedOf(progress.mode, known))
        : NO_ESTIMATE;
      return { ...progress, ...estimate, audioMinPerMin: meter?.audioMinPerMin ?? null };
    });
    const open = modes.filter(({ queued, active }) => queued + active > 0);
    const whole = [...(watched?.meters.values() ?? [])].map((meter) => meter.whole);
    const workedSec = whole.reduce((sum, meter) => sum + meter.workedSec, 0);
    const atWork = modes.filter(({ status, audioMinPerMin }) => status === 'running' && audioMinPerMin !== null);
    return {
      modes,
      ...(isGoing ? estimateOfAll(open, run.options.modesAtOnce) : NO_ESTIMATE),
      progressRatio: progressOf(run, watched ?? null, activeSec),
      audioMinPerMin: atWork.length === 0 ? null : atWork.reduce((sum, { audioMinPerMin }) => sum + (audioMinPerMin ?? 0), 0),
      audioMinPerMinOverall: workedSec === 0 ? null : whole.reduce((sum, meter) => sum + meter.audioSec, 0) / workedSec,
    };
  }

  /** Before Start. */
  async plan(modes: RunPlan['modes'], options: RunOptions, model: RunModel): Promise<Estimate> {
    const known = new Map<Mode, Speed>();
    for (const { mode } of modes) {
      const speed = await this.#earlier(mode, options, model);
      if (speed !== null) known.set(mode, speed);
    }
    return estimateOfPlan(modes, known, options.modesAtOnce);
  }

  forget(runId: number): void {
    this.#watched.delete(runId);
  }

  async #begin(run: StoredRun): Promise<Watched> {
    const meters = new Map<Mode, PaceMeter>();
    for (const { mode } of run.modes)
      meters.set(mode, new PaceMeter(run.model === null ? null : await this.#earlier(mode, run.options, run.model)));
    const watched: Watched = { meters, kept: new Set(), progressRatio: 0, total: 0, settled: 0 };
    this.#watched.set(run.id, watched);
    return watched;
  }

  async #earlier(mode: Mode, options: RunOptions, model: RunModel): Promise<Speed | null> {
    return speedOfEarlier(await this.#database.read('storedSpeeds', { mode, system: systemOf(mode, options, model) }));
  }

  async #keep(run: StoredRun, mode: Mode, { whole }: PaceMeter, watched: Watched): Promise<void> {
    if (watched.kept.has(mode) || run.model === null || whole.workedSec < MIN_KEPT_SEC) return;
    watched.kept.add(mode);
    try {
      await this.#database.write('storeSpeed', { mode, system: systemOf(mode, run.options, run.model), ...whole });
    } catch (error) {
      this.#logger.warn('could not keep how fast a mode was', { runId: run.id, mode, error: String(error) });
    }
  }
}

/** Never back, unless there is more to do than before: files were added, or failed ones are done again. */
function progressOf(run: StoredRun, before: Watched | null, activeSec: ReadonlyMap<Mode, number>): number {
  const sum = (pick: (mode: ModeProgress) => number): number => run.modes.reduce((total, mode) => total + pick(mode), 0);
  const totalSec = sum((mode) => mode.totalAudioSec);
  const leftSec = sum((mode) => Math.max(0, mode.leftAudioSec - (activeSec.get(mode.mode) ?? 0)));
  const { total, queued, active } = run.totals;
  const isComplete = total > 0 && queued + active === 0;
  const ratio = isComplete ? 1 : totalSec <= 0 ? 0 : Math.min(1, Math.max(0, 1 - leftSec / totalSec));
  const isSameWork = before !== null && total === before.total && settledCount(run.totals) >= before.settled;
  return isSameWork ? Math.max(before.progressRatio, ratio) : ratio;
}

function settledCount({ done, failed, skipped, cancelled }: Pick<ModeProgress, 'done' | 'failed' | 'skipped' | 'cancelled'>): number {
  return done + failed + skipped + cancelled;
}

/** About: files under way are as long as those that are left. */
function activeAudioSec({ active, queued, leftAudioSec }: ModeProgress): number {
  return active === 0 ? 0 : (leftAudioSec * active) / (active + queued);
}

/** Model, servers and pacing: what decides how fast a mode goes, as one word. */
function systemOf(mode: Mode, options: RunOptions, model: RunModel): string {
  return `${serverFingerprint(options, mode, model.fingerprint)} ${options.pacing}`;
}
