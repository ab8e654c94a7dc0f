import type { EventPayload } from '#shared/contract/events.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import type { Change, PanelState } from '../store.ts';

/** A point of a run's recent past, for its speed and the workers gauge. */
export interface RunPoint {
  readonly atMs: number;
  /** Tasks that got an outcome by work, not by skipping. */
  readonly processed: number;
  readonly activeWorkers: number;
  readonly allowedWorkers: number;
}

/** Points kept per run: two minutes at one a second. */
const KEPT_POINTS = 120;
const POINT_EVERY_MS = 1_000;

export interface RunsSlice {
  readonly runById: Readonly<Record<number, RunSummary>>;
  /** Newest first. */
  readonly runIds: readonly number[];
  readonly runTotal: number;
  readonly pointsByRun: Readonly<Record<number, readonly RunPoint[]>>;
  /** The latest retry or failure of each run, for the status line. */
  readonly incidentByRun: Readonly<Record<number, EventPayload<'run.stepped'>>>;
  /**
   * The newest part of the list as the runtime has it. `changedMeanwhile` are runs of which an event arrived after the list was asked
   * for: what the event said is newer and stays.
   */
  setNewestRuns(runs: readonly RunSummary[], total: number, changedMeanwhile: ReadonlySet<number>): void;
  addOlderRuns(runs: readonly RunSummary[], total: number): void;
  setRun(run: RunSummary, atMs: number): void;
  removeRun(runId: number): void;
  setIncident(incident: EventPayload<'run.stepped'>): void;
}

export function createRunsSlice(change: Change): RunsSlice {
  return {
    runById: {},
    runIds: [],
    runTotal: 0,
    pointsByRun: {},
    incidentByRun: {},
    setNewestRuns: (runs, total, changedMeanwhile) =>
      change((state) => {
        const runById: Record<number, RunSummary> = {};
        for (const id of changedMeanwhile) {
          const known = state.runById[id];
          if (known !== undefined) runById[id] = known;
        }
        for (const run of runs) runById[run.id] ??= run;
        return { runById, runIds: newestFirst(runById), runTotal: Math.max(total, Object.keys(runById).length) };
      }),
    addOlderRuns: (runs, total) =>
      change((state) => {
        const runById = { ...state.runById };
        for (const run of runs) runById[run.id] ??= run;
        return { runById, runIds: newestFirst(runById), runTotal: total };
      }),
    setRun: (run, atMs) =>
      change((state) => {
        const isNew = state.runById[run.id] === undefined;
        const runById = { ...state.runById, [run.id]: run };
        return {
          runById,
          pointsByRun: { ...state.pointsByRun, [run.id]: withPoint(state.pointsByRun[run.id] ?? [], run, atMs) },
          ...(isNew ? { runIds: newestFirst(runById), runTotal: state.runTotal + 1 } : {}),
        };
      }),
    removeRun: (runId) =>
      change((state) => {
        if (state.runById[runId] === undefined) return {};
        const { [runId]: _removed, ...runById } = state.runById;
        return { runById, runIds: newestFirst(runById), runTotal: Math.max(0, state.runTotal - 1) };
      }),
    setIncident: (incident) => change((state) => ({ incidentByRun: { ...state.incidentByRun, [incident.runId]: incident } })),
  };
}

function newestFirst(runById: Readonly<Record<number, RunSummary>>): number[] {
  return Object.keys(runById)
    .map(Number)
    .toSorted((left, right) => right - left);
}

/** Adds a point at most once a second; a change within the second replaces the last one, so the newest value is always there. */
function withPoint(points: readonly RunPoint[], run: RunSummary, atMs: number): readonly RunPoint[] {
  const point: RunPoint = {
    atMs,
    processed: run.totals.done + run.totals.failed,
    activeWorkers: run.activeWorkers,
    allowedWorkers: run.allowedWorkers,
  };
  const before = points.at(-2);
  const replacesLast = before !== undefined && atMs - before.atMs < POINT_EVERY_MS;
  return [...(replacesLast ? points.slice(0, -1) : points), point].slice(-KEPT_POINTS);
}

/** The run that occupies the scheduler or waits to do so, newest first; null when nothing runs. */
export function selectCurrentRunId(state: PanelState): number | null {
  for (const id of state.runIds) {
    const status = state.runById[id]?.status;
    if (status === 'running' || status === 'pausing' || status === 'stopping' || status === 'queued' || status === 'paused') return id;
  }
  return null;
}
