import type { RunOptions, RunSummary } from '#shared/contract/runs.ts';
import type { ImportedRun } from '../persistence/operations/queueImports.ts';

/** What the queue needs of the runs that are carried out. */
export interface QueueRuns {
  /** Carried out now; null: none. */
  readonly currentRunId: number | null;
  /** @throws RUN_NOT_FOUND */
  get(runId: number): Promise<RunSummary>;
  /** @throws SHUTTING_DOWN */
  create(input: {
    sources: string[];
    name: string;
    options: RunOptions;
    startWhenReady: boolean;
    imported: ImportedRun;
  }): Promise<RunSummary>;
  /** Those left by a quit, a crash or a reboot go on in the order they had. */
  resumeInterrupted(): Promise<void>;
  /**
   * Another run is the next one, or the queue goes on: an idle scheduler takes the next run, and a run of priority 0 that waits makes the one
   * under way give way after its current files.
   */
  queueChanged(): void;
  /**
   * Tasks of the run were moved, edited, held, released, removed or put back, or its marker was: what is claimed ahead goes back to its row and is claimed anew, modes that have
   * tasks again are taken up. Its row and files are announced. Resolves when nothing claimed before is waiting to be started.
   */
  tasksReordered(runId: number): Promise<void>;
}
