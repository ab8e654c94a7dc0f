import { dirname, join, sep } from 'node:path';
import type { RunOptions, RunPlan, RunSummary } from '#shared/contract/runs.ts';
import { inModeOrder } from '#shared/domain/mode.ts';
import { RUN_TRANSITIONS, type RunStatus } from '#shared/domain/run.ts';
import { transition } from '#shared/domain/transition.ts';
import type { Database } from '../persistence/database.ts';
import type { RunModel } from '../persistence/operations/runs.ts';
import type { ModePlan, PlanPart, PlanRequest } from '../persistence/operations/tasks.ts';
import type { Clock, FileStore, Logger } from '../ports.ts';
import type { ChosenModel } from './runLoop.ts';
import type { RunMonitor } from './runMonitor.ts';
import { conflict, type RunRows } from './runRows.ts';
import { workKey } from './workKey.ts';

/** Files planned in one write: with three modes some 15 ms of the writer's time. */
const PLANNED_AT_ONCE = 300;

export interface RunStartsDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly files: FileStore;
  readonly rows: RunRows;
  readonly monitor: RunMonitor;
  /** Folder below which each run has a folder of its own. */
  readonly runsFolder: string;
  /** The clips that the sample model was made for. */
  readonly sampleFolder: string;
  /** @throws MODEL_MISSING, MODEL_INVALID */
  chooseModel(options: RunOptions): Promise<ChosenModel>;
  /** Things to know before Start that the queue cannot see (ports, decoder). */
  environmentWarnings(options: RunOptions): Promise<RunPlan['warnings']>;
  /** @throws SHUTTING_DOWN */
  requireOpen(): void;
}

/** The step from a list of files to a run in the queue: what it would do, and doing it. */
export class RunStarts {
  readonly #deps: RunStartsDeps;
  readonly #underWay = new Set<number>();

  constructor(deps: RunStartsDeps) {
    this.#deps = deps;
  }

  /** Counts before Start. @throws MODEL_MISSING, MODEL_INVALID */
  async plan(run: RunSummary, options: RunOptions): Promise<RunPlan> {
    const { database, monitor } = this.#deps;
    const model = await this.#deps.chooseModel(options);
    const modes = await database.read('planCounts', { runId: run.id, modes: modePlans(options, model), limit: options.limit });
    const warnings: RunPlan['warnings'] = [...(await this.#deps.environmentWarnings(options))];
    if (model.vocabularyWords !== null && !this.#isSampleSource(run)) {
      warnings.push({ code: 'sampleModelVocabulary', data: { words: model.vocabularyWords, model: model.name } });
    }
    if (options.calculateWer && run.itemCount > 0 && run.withReferenceCount === 0) warnings.push({ code: 'noReferences', data: {} });
    if (run.unusableCount > 0) warnings.push({ code: 'unusableFiles', data: { count: run.unusableCount } });
    return { modes, ...(await monitor.estimator.plan(modes, options, model)), warnings };
  }

  /** Freezes options and model, plans the tasks and queues the run. @throws RUN_STATE_CONFLICT, MODEL_MISSING, MODEL_INVALID, OUTPUT_UNWRITABLE, SHUTTING_DOWN */
  async start(runId: number, from: 'preparing' | 'ready', options: RunOptions): Promise<void> {
    // The tasks of two starts would be mixed.
    if (this.#underWay.has(runId)) throw conflict(runId, from, 'start');
    this.#underWay.add(runId);
    try {
      await this.#planAndQueue(runId, from, options);
    } finally {
      this.#underWay.delete(runId);
    }
  }

  async #planAndQueue(runId: number, from: 'preparing' | 'ready', options: RunOptions): Promise<void> {
    transition(RUN_TRANSITIONS, `run ${runId}`, from, 'queued');
    const { database, clock, files, rows, monitor, runsFolder } = this.#deps;
    const { name, path, fingerprint } = await this.#deps.chooseModel(options);
    const model: RunModel = { name, path, fingerprint };
    const ordered: RunOptions = { ...options, modes: inModeOrder(options.modes) };
    // Better refused now than found missing in the morning.
    await files.ensureFolder(ordered.outputPath === null ? join(runsFolder, String(runId)) : dirname(ordered.outputPath));
    const languages = await database.read('importedLanguages', { runId });
    const modesOfLanguage = Object.fromEntries(languages.map((language) => [language, modePlans({ ...ordered, language }, model)]));
    const plan: PlanRequest = {
      runId,
      type: 'transcribe',
      modes: modePlans(ordered, model),
      limit: ordered.limit,
      priority: ordered.priority,
      maxRetries: ordered.maxRetries,
      nowMs: clock.nowMs(),
    };
    let didStart = false;
    try {
      const part = await this.#planAhead(from, plan);
      this.#deps.requireOpen();
      const frozen = { options: ordered, model, defaultFolder: runsFolder, modesOfLanguage };
      didStart = await database.write('startRun', { from, ...frozen, plan: { ...plan, part } });
    } finally {
      if (!didStart) await this.#dropPlanned(runId);
    }
    if (!didStart) throw conflict(runId, await rows.status(runId), 'start');
    monitor.runChanged(runId);
  }

  /**
   * The tasks of a run that is about to be started, in steps between which the outcomes of the run under way are written: 100,000 at once held the writer for 1.6 s.
   * What is left of a start that did not come about is dropped, at the latest when Nightshift starts again. A limit is a choice among all files, so they are planned together.
   * @returns the files that are left to be planned
   */
  async #planAhead(from: RunStatus, plan: PlanRequest): Promise<PlanPart> {
    let part: PlanPart = { afterItemId: 0, count: PLANNED_AT_ONCE, placesBefore: 0 };
    while (plan.limit === null) {
      this.#deps.requireOpen();
      const last = await this.#deps.database.write('planPart', { from, plan, part });
      if (last === null) break;
      part = { ...part, afterItemId: last, placesBefore: part.placesBefore + PLANNED_AT_ONCE };
    }
    return { ...part, count: null };
  }

  async #dropPlanned(runId: number): Promise<void> {
    const { database, logger } = this.#deps;
    try {
      while (await database.write('dropPlanned', { runId, count: PLANNED_AT_ONCE }));
    } catch (error) {
      logger.warn('tasks of a start that did not come about are left', { runId, error: String(error) });
    }
  }

  #isSampleSource(run: RunSummary): boolean {
    const { sampleFolder } = this.#deps;
    return run.sources.every((source) => source === sampleFolder || source.startsWith(sampleFolder + sep));
  }
}

export function modePlans(options: RunOptions, model: RunModel): ModePlan[] {
  return inModeOrder(options.modes).map((mode) => ({ mode, workKey: workKey(mode, model.fingerprint, options) }));
}
