import type { Sample } from '#shared/contract/resources.ts';
import type { RunOptions, RunPlan, RunSummary } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { type PauseCause, RUN_TRANSITIONS, type RunStatus } from '#shared/domain/run.ts';
import { transition } from '#shared/domain/transition.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { MediaDecoder } from '../media/mediaDecoder.ts';
import type { FolderScanner } from '../ports.ts';
import { PeakStore } from './peakStore.ts';
import { RunAdditions } from './runAdditions.ts';
import { RunLoop, type RunLoopDeps } from './runLoop.ts';
import { RunMonitor } from './runMonitor.ts';
import { type PauseHow, RunPauses } from './runPauses.ts';
import { type NewRunInput, RunPreparations } from './runPreparations.ts';
import { conflict, RunRows } from './runRows.ts';
import { modePlans, RunStarts, type RunStartsDeps } from './runStarts.ts';

export interface RunControllerDeps
  extends
    Omit<RunLoopDeps, 'rows' | 'monitor' | 'whenAdded' | 'additionFailure' | 'peaks'>,
    Pick<RunStartsDeps, 'sampleFolder' | 'environmentWarnings'> {
  readonly decoder: MediaDecoder;
  readonly scanner: FolderScanner;
  /** Folder below which each run has a folder of its own. */
  readonly runsFolder: string;
}

export interface ResumeHow {
  /** Also takes back the pause of this mode. */
  readonly mode?: Mode | null;
  /** Only a pause of this cause is taken back; null: whosever it is. */
  readonly cause?: PauseCause | null;
}

/** All runs: what can be asked of them, and what the answer is in each status. Who carries them out is `RunLoop`. */
export class RunController {
  readonly #deps: RunControllerDeps;
  readonly #monitor: RunMonitor;
  readonly #rows: RunRows;
  readonly #loop: RunLoop;
  readonly #pauses: RunPauses;
  readonly #starts: RunStarts;
  readonly #preparations: RunPreparations;
  readonly #additions: RunAdditions;
  readonly #peaks: PeakStore;
  #isClosing = false;

  constructor(deps: RunControllerDeps) {
    this.#deps = deps;
    this.#monitor = new RunMonitor({ ...deps, live: (runId) => this.#loop.live(runId) });
    const onRunChange = (runId: number): void => this.#monitor.runChanged(runId);
    this.#rows = new RunRows({ ...deps, onRunChange, isUnderWay: (runId) => this.#loop.executionOf(runId) !== null });
    const parts = { ...deps, onRunChange, rows: this.#rows, monitor: this.#monitor };
    this.#peaks = new PeakStore(deps);
    this.#loop = new RunLoop({
      ...parts,
      peaks: this.#peaks.peaks,
      whenAdded: (runId) => this.#additions.whenAdded(runId),
      additionFailure: (runId) => this.#additions.failure(runId),
    });
    this.#pauses = new RunPauses({ ...parts, loop: this.#loop });
    this.#starts = new RunStarts({ ...parts, requireOpen: () => this.#requireOpen() });
    this.#preparations = new RunPreparations({ ...parts, startPrepared: (runId, options) => this.#startFrom(runId, 'preparing', options) });
    this.#additions = new RunAdditions({
      ...parts,
      planModes: modePlans,
      onAdded: (runId) => void this.tasksReordered(runId),
    });
  }

  /** What earlier owners of the data folder left: pauses at a time, files half added. */
  async open(): Promise<void> {
    await this.#peaks.load();
    await this.#pauses.open();
    await this.#additions.open();
  }

  /** @throws RUN_NOT_FOUND */
  async get(runId: number): Promise<RunSummary> {
    const summary = await this.#monitor.summary(runId);
    if (summary === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
    return summary;
  }

  async list(page: { beforeId: number | null; count: number }): Promise<{ runs: RunSummary[]; total: number }> {
    const { ids, total } = await this.#deps.database.read('listRunIds', page);
    const runs = await Promise.all(ids.map((id) => this.#monitor.summary(id)));
    return { runs: runs.filter((run) => run !== null), total };
  }

  /** @throws SHUTTING_DOWN */
  async create(input: NewRunInput): Promise<RunSummary> {
    this.#requireOpen();
    const { database, clock, runsFolder } = this.#deps;
    const runId = await database.write('insertRun', {
      name: input.name ?? nameOf(input.sources),
      sources: input.sources,
      options: input.options,
      defaultFolder: runsFolder,
      nowMs: clock.nowMs(),
      startWhenReady: input.startWhenReady,
      imported: input.imported,
    });
    this.#preparations.start(runId, input);
    return await this.get(runId);
  }

  /** Counts before Start. @throws RUN_NOT_FOUND, MODEL_MISSING, MODEL_INVALID */
  async plan(runId: number, options: RunOptions): Promise<RunPlan> {
    return await this.#starts.plan(await this.get(runId), options);
  }

  /** @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT, MODEL_MISSING, MODEL_INVALID, OUTPUT_UNWRITABLE, SHUTTING_DOWN */
  async start(runId: number, options: RunOptions): Promise<RunSummary> {
    this.#requireOpen();
    const { status } = await this.get(runId);
    if (status !== 'ready') throw conflict(runId, status, 'start');
    await this.#startFrom(runId, status, options);
    return await this.get(runId);
  }

  /** @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT; INPUT_INVALID for a mode that the run does not have */
  async pause(runId: number, how: PauseHow = {}): Promise<RunSummary> {
    await this.#pauses.pause(runId, how);
    return await this.get(runId);
  }

  /** Pauses at a time, also after a restart. @param atMs in the past: at once; null: not at all. @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT */
  async planPause(runId: number, atMs: number | null): Promise<RunSummary> {
    await this.#pauses.plan(runId, atMs);
    return await this.get(runId);
  }

  /** Looks at further folders while the run goes on. @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT once it has ended, SHUTTING_DOWN */
  async addFiles(runId: number, sources: readonly string[]): Promise<RunSummary> {
    this.#requireOpen();
    await this.#additions.add(runId, sources);
    return await this.get(runId);
  }

  /**
   * Goes on after a pause or an interruption. A finished or stopped run does again what failed or was cancelled.
   * @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT, SHUTTING_DOWN; INPUT_INVALID for a mode that the run does not have
   */
  async resume(runId: number, { mode = null, cause = null }: ResumeHow = {}): Promise<RunSummary> {
    this.#requireOpen();
    if (mode !== null) await this.#pauses.releaseMode(runId, mode);
    for (;;) {
      const status = await this.#rows.status(runId);
      switch (status) {
        case 'queued':
        case 'running':
          if (mode === null) throw conflict(runId, status, 'resume');
          return await this.get(runId);
        case 'pausing':
          if (!(await this.#isPausedBy(runId, cause))) return await this.get(runId);
          if (this.#loop.executionOf(runId)?.unpause() === true) {
            await this.#rows.move(runId, 'pausing', 'running');
            this.#loop.wake();
            return await this.get(runId);
          }
          // Too late to take it back: once it is paused it can go on like any other.
          await this.#loop.whenLeft(runId);
          break;
        case 'interrupted': {
          const run = await this.get(runId);
          if (run.modes.length === 0) return await this.#prepareAgain(run);
          if (await this.#requeue(runId, status)) return await this.get(runId);
          break;
        }
        case 'paused':
          if (!(await this.#isPausedBy(runId, cause))) return await this.get(runId);
          if (cause === null && mode === null) await this.#releaseWhereAllIsHeld(runId);
          if (await this.#requeue(runId, status, { pausedBy: cause })) return await this.get(runId);
          break;
        case 'finished':
        case 'stopped':
          if (await this.#requeue(runId, status, { redo: true })) return await this.get(runId);
          break;
        default:
          throw conflict(runId, status, 'resume');
      }
    }
  }

  /**
   * `now` ends what runs, otherwise current files finish. `keep` leaves the rest queued for another time; without it the rest is
   * cancelled. A run that has ended already is left as it is.
   * @throws RUN_NOT_FOUND
   */
  async stop(runId: number, how: { now: boolean; keep: boolean }): Promise<RunSummary> {
    const isKept = how.keep;
    for (;;) {
      const status = await this.#rows.status(runId);
      switch (status) {
        case 'preparing':
          await this.#preparations.stop(runId, isKept);
          // It may have been queued in the meantime.
          if ((await this.#rows.status(runId)) !== 'preparing') continue;
          break;
        case 'running':
        case 'pausing':
        case 'stopping':
          if (status !== 'stopping' && !(await this.#rows.move(runId, status, 'stopping', { isKept }))) continue;
          if (this.#loop.executionOf(runId)?.stop(how) !== true) {
            // How the run ends was decided before the stop: it applies to what is left then.
            await this.#loop.whenLeft(runId);
            continue;
          }
          break;
        case 'ready':
          if (!(await this.#rows.move(runId, status, 'stopped'))) continue;
          break;
        case 'queued':
        case 'paused':
        case 'interrupted':
          if (isKept && status === 'interrupted') break;
          if (!(await (isKept ? this.#rows.move(runId, status, 'interrupted', { isKept }) : this.#cancel(runId, status)))) continue;
          break;
        case 'finished':
        case 'stopped':
        case 'failed':
          break;
      }
      if (isKept) await this.#additions.stop(runId);
      else await this.#additions.drop(runId);
      return await this.get(runId);
    }
  }

  /** @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT while it is under way */
  async remove(runId: number): Promise<void> {
    for (;;) {
      const status = await this.#rows.status(runId);
      if (this.#loop.executionOf(runId) !== null || status === 'preparing' || status === 'queued') throw conflict(runId, status, 'remove');
      await this.#additions.stop(runId);
      if (await this.#deps.database.write('discardRun', { runId, from: status })) break;
    }
    await this.#loop.forget(runId);
    this.#monitor.forget(runId);
    this.#deps.events.emit('run.removed', { runId });
  }

  /** Runs that a quit, a crash or a reboot left go on in the order they had; not those that the user put aside. One that cannot keeps no other back. */
  async resumeInterrupted(): Promise<void> {
    const { database, logger } = this.#deps;
    for (const runId of await database.read('interruptedInOrder')) {
      await this.resume(runId).catch((error: unknown) => {
        logger.warn('an interrupted run could not go on', { runId, error: String(error) });
      });
    }
  }

  /** Something may be started that could not before: runs, their order, or whether the queue is paused. */
  queueChanged(): void {
    if (!this.#isClosing) this.#loop.wake();
  }

  /** See `RunExecution.tasksReordered`; the run and its files are announced. */
  async tasksReordered(runId: number): Promise<void> {
    await this.#loop.executionOf(runId)?.tasksReordered();
    this.#monitor.manyItemsChanged(runId);
  }

  /** A server takes files again. */
  serversChanged(): void {
    this.#loop.current?.look();
  }

  takeSample(sample: Sample): void {
    this.#loop.takeSample(sample);
  }

  get currentRunId(): number | null {
    return this.#loop.current?.runId ?? null;
  }

  /** Lets current files finish for at most `graceMs`, keeps the rest queued, and writes everything out. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    this.#pauses.close();
    await Promise.all([this.#preparations.close(), this.#additions.close(), this.#loop.close(graceMs)]);
    await this.#peaks.save();
    await this.#monitor.close();
  }

  async #startFrom(runId: number, from: 'preparing' | 'ready', options: RunOptions): Promise<void> {
    await this.#starts.start(runId, from, options);
    this.#loop.wake();
  }

  async #prepareAgain(run: RunSummary): Promise<RunSummary> {
    const { database, clock } = this.#deps;
    const again = await database.write('restartPreparation', { runId: run.id, nowMs: clock.nowMs() });
    if (again === null) throw conflict(run.id, await this.#rows.status(run.id), 'resume');
    this.#preparations.start(run.id, { sources: run.sources, options: run.options, startWhenReady: again.startWhenReady });
    return await this.get(run.id);
  }

  /** @returns false when it is no longer in `from`. @throws RUN_STATE_CONFLICT when there is nothing to do again */
  async #requeue(runId: number, from: RunStatus, how: { redo?: boolean; pausedBy?: PauseCause | null } = {}): Promise<boolean> {
    transition(RUN_TRANSITIONS, `run ${runId}`, from, 'queued');
    const { database, clock } = this.#deps;
    const { redo = false, pausedBy = null } = how;
    const outcome = await database.write('requeueRun', { runId, from, redo, pausedBy, nowMs: clock.nowMs() });
    if (outcome === 'moved') return false;
    if (outcome === 'nothing') throw conflict(runId, from, 'resume');
    this.#monitor.manyItemsChanged(runId);
    await this.#additions.resume(runId);
    this.#loop.wake();
    return true;
  }

  async #cancel(runId: number, from: RunStatus): Promise<boolean> {
    transition(RUN_TRANSITIONS, `run ${runId}`, from, 'stopped');
    const { database, clock } = this.#deps;
    if (!(await database.write('cancelRun', { runId, from, nowMs: clock.nowMs() }))) return false;
    const run = await this.get(runId);
    if (run.modes.length > 0) await this.#loop.writerOf(runId, run.resultsPath).flush();
    this.#monitor.manyItemsChanged(runId);
    return true;
  }

  async #isPausedBy(runId: number, cause: PauseCause | null): Promise<boolean> {
    return cause === null || (await this.get(runId)).pausedBy === cause;
  }

  /** Whoever lets a run go on of which only paused modes are left means them. */
  async #releaseWhereAllIsHeld(runId: number): Promise<void> {
    const { database } = this.#deps;
    if ((await database.read('openWork', { runId })).startable === 0) await database.write('releaseModes', { runId });
  }

  #requireOpen(): void {
    if (this.#isClosing) throw new NightshiftError('SHUTTING_DOWN');
  }
}

/** The last folder or file name of the first source, as people call a data set. */
function nameOf(sources: readonly string[]): string {
  const [first = ''] = sources;
  const name = first.replaceAll('\\', '/').replace(/\/+$/, '').split('/').at(-1);
  return (name === undefined || name === '' ? 'run' : name).slice(0, 200);
}
