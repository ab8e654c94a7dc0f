import type { AnyEvent, RunStep } from '#shared/contract/events.ts';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { Sample } from '#shared/contract/resources.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import type { RunStatus } from '#shared/domain/run.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Peaks } from './batchReport.ts';

/** Statuses in which nothing happens any more until somebody starts or resumes the run. */
export const ENDED_STATUSES: readonly RunStatus[] = ['finished', 'stopped', 'interrupted', 'failed'];
/** How often the state is asked for besides the events, so that a missed one or a lost owner is noticed. */
const CHECK_INTERVAL_MS = 10_000;
/** Failed checks in a row after which the owner counts as gone. */
const MAX_FAILED_CHECKS = 3;

export interface RunFollower {
  /** The newest state; null before the first. */
  readonly run: RunSummary | null;
  readonly sample: Sample | null;
  /** Highest readings so far. */
  readonly peaks: Peaks;
  /** Sets whose run it is; events of others are ignored. */
  follow(run: RunSummary): void;
  /**
   * Resolves with the first state that meets the condition, also the present one.
   * @throws CONNECTION_LOST and the like when the owner cannot be asked any more
   */
  until(condition: (run: RunSummary) => boolean): Promise<RunSummary>;
  close(): void;
}

/**
 * Knows the state of one run from events, and from asking again after a lost connection. Subscribes at once, so that nothing that
 * happens between creating a run and following it is missed.
 */
export function createRunFollower(
  client: NightshiftClient,
  onStep: (step: RunStep, atMs: number) => void,
  onChange: (run: RunSummary) => void,
): RunFollower {
  let runId: number | null = null;
  let run: RunSummary | null = null;
  let sample: Sample | null = null;
  let peaks: Peaks = { memoryMb: 0, cpuPercent: 0 };
  let failure: NightshiftError | null = null;
  let failedChecks = 0;
  const early: AnyEvent[] = [];
  const waiters = new Set<{
    readonly condition: (run: RunSummary) => boolean;
    readonly resolve: (run: RunSummary) => void;
    readonly reject: (error: NightshiftError) => void;
  }>();

  const take = (newer: RunSummary): void => {
    run = newer;
    onChange(newer);
    for (const waiter of waiters) {
      if (!waiter.condition(newer)) continue;
      waiters.delete(waiter);
      waiter.resolve(newer);
    }
  };
  const takeSample = (newer: Sample): void => {
    sample = newer;
    peaks = {
      memoryMb: Math.max(peaks.memoryMb, newer.ownRssBytes / (1024 * 1024)),
      cpuPercent: Math.max(peaks.cpuPercent, newer.cpuPercent ?? 0),
    };
  };
  const handle = (event: AnyEvent): void => {
    if (event.name === 'resources.sampled') takeSample(event.payload);
    else if (runId === null) early.push(event);
    else if (event.name === 'run.changed' && event.payload.id === runId) take(event.payload);
    else if (event.name === 'run.stepped' && event.payload.runId === runId) onStep(event.payload.step, event.payload.atMs);
  };
  const check = async (): Promise<void> => {
    if (runId === null) return;
    try {
      take(await client.request('runs.get', { runId }));
      failedChecks = 0;
    } catch (thrown) {
      const error = toNightshiftError(thrown);
      failedChecks++;
      if (error.kind === 'network' && failedChecks < MAX_FAILED_CHECKS) return;
      failure = error;
      for (const waiter of waiters) waiter.reject(error);
      waiters.clear();
    }
  };

  const unsubscribe = client.subscribe(handle);
  const offReconnect = client.onReconnect(() => void check());
  const timer = setInterval(() => void check(), CHECK_INTERVAL_MS);

  return {
    get run() {
      return run;
    },
    get sample() {
      return sample;
    },
    get peaks() {
      return peaks;
    },
    follow(started) {
      runId = started.id;
      take(started);
      for (const event of early.splice(0)) handle(event);
    },
    until: (condition) =>
      new Promise((resolve, reject) => {
        if (failure !== null) reject(failure);
        else if (run !== null && condition(run)) resolve(run);
        else waiters.add({ condition, resolve, reject });
      }),
    close() {
      clearInterval(timer);
      unsubscribe();
      offReconnect();
      for (const waiter of waiters) waiter.reject(new NightshiftError('CANCELLED'));
      waiters.clear();
    },
  };
}
