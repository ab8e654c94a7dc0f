import { dirname, join, sep } from 'node:path';
import type { RunOptions, RunPlan, RunSummary } from '#shared/contract/runs.ts';
import { inModeOrder } from '#shared/domain/mode.ts';
import { RUN_TRANSITIONS } from '#shared/domain/run.ts';
import { transition } from '#shared/domain/transition.ts';
import type { Database } from '../persistence/database.ts';
import type { RunModel } from '../persistence/operations/runs.ts';
import type { ModePlan } from '../persistence/operations/tasks.ts';
import type { Clock, FileStore } from '../ports.ts';
import type { ChosenModel } from './runLoop.ts';
import type { RunMonitor } from './runMonitor.ts';
import { conflict, type RunRows } from './runRows.ts';
import { workKey } from './workKey.ts';

export interface RunStartsDeps {
  readonly database: Database;
  readonly clock: Clock;
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
    transition(RUN_TRANSITIONS, `run ${runId}`, from, 'queued');
    const { database, clock, files, rows, monitor, runsFolder } = this.#deps;
    const { name, path, fingerprint } = await this.#deps.chooseModel(options);
    const model: RunModel = { name, path, fingerprint };
    const ordered: RunOptions = { ...options, modes: inModeOrder(options.modes) };
    // Better refused now than found missing in the morning.
    await files.ensureFolder(ordered.outputPath === null ? join(runsFolder, String(runId)) : dirname(ordered.outputPath));
    const languages = await database.read('importedLanguages', { runId });
    const modesOfLanguage = Object.fromEntries(languages.map((language) => [language, modePlans({ ...ordered, language }, model)]));
    this.#deps.requireOpen();
    const didStart = await database.write('startRun', {
      from,
      options: ordered,
      model,
      defaultFolder: runsFolder,
      modesOfLanguage,
      plan: {
        runId,
        type: 'transcribe',
        modes: modePlans(ordered, model),
        limit: ordered.limit,
        priority: ordered.priority,
        maxRetries: ordered.maxRetries,
        nowMs: clock.nowMs(),
      },
    });
    if (!didStart) throw conflict(runId, await rows.status(runId), 'start');
    monitor.runChanged(runId);
  }

  #isSampleSource(run: RunSummary): boolean {
    const { sampleFolder } = this.#deps;
    return run.sources.every((source) => source === sampleFolder || source.startsWith(sampleFolder + sep));
  }
}

export function modePlans(options: RunOptions, model: RunModel): ModePlan[] {
  return inModeOrder(options.modes).map((mode) => ({ mode, workKey: workKey(mode, model.fingerprint, options) }));
}
