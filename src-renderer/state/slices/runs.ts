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
  /** Every run that is known: those of the list, and older ones that were opened or that an event named. */
  readonly runById: Readonly<Record<number, RunSummary>>;
  /** The newest part of the runtime's list without gaps, newest first; its last id is where the rest begins. */
  readonly runIds: readonly number[];
  /** Runs of the data folder, as the runtime counted them and as they came and went since. */
  readonly runTotal: number;
  /** Ids are never used twice, so whatever arrives late about one of these is old. */
  readonly removedRunIds: ReadonlySet<number>;
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
    removedRunIds: new Set(),
    pointsByRun: {},
    incidentByRun: {},
    setNewestRuns: (found, total, changedMeanwhile) =>
      change((state) => {
        const runs = found.filter(({ id }) => !state.removedRunIds.has(id));
        const newestId = Math.max(0, ...found.map(({ id }) => id));
        const oldestId = found.length < total ? Math.min(...found.map(({ id }) => id)) : 0;
        const runById: Record<number, RunSummary> = {};
        const createdMeanwhile: number[] = [];
        for (const run of Object.values(state.runById)) {
          const isNewer = run.id > newestId && changedMeanwhile.has(run.id);
          if (isNewer) createdMeanwhile.push(run.id);
          if (isNewer || changedMeanwhile.has(run.id) || run.id < oldestId) runById[run.id] = run;
        }
        for (const run of runs) runById[run.id] ??= run;
        return {
          runById,
          runIds: newestFirst([...createdMeanwhile, ...runs.map(({ id }) => id)]),
          runTotal: total - (found.length - runs.length) + createdMeanwhile.length,
        };
      }),
    addOlderRuns: (found, total) =>
      change((state) => {
        const runs = found.filter(({ id }) => !state.removedRunIds.has(id));
        const runById = { ...state.runById };
        for (const run of runs) runById[run.id] ??= run;
        return {
          runById,
          runIds: newestFirst([...state.runIds, ...runs.map(({ id }) => id)]),
          runTotal: total - (found.length - runs.length),
        };
      }),
    setRun: (run, atMs) =>
      change((state) => {
        if (state.removedRunIds.has(run.id)) return {};
        // Only a run newer than the whole list is a new one; an older one belongs to the part of the list that was not asked for.
        const isNew = state.runById[run.id] === undefined && run.id > (state.runIds[0] ?? 0);
        return {
          runById: { ...state.runById, [run.id]: run },
          pointsByRun: { ...state.pointsByRun, [run.id]: withPoint(state.pointsByRun[run.id] ?? [], run, atMs) },
          ...(isNew ? { runIds: [run.id, ...state.runIds], runTotal: state.runTotal + 1 } : {}),
        };
      }),
    removeRun: (runId) =>
      change((state) => {
        if (state.removedRunIds.has(runId)) return {};
        return {
          runById: without(state.runById, runId),
          runIds: state.runIds.filter((id) => id !== runId),
          runTotal: Math.max(0, state.runTotal - 1),
          removedRunIds: new Set(state.removedRunIds).add(runId),
          pointsByRun: without(state.pointsByRun, runId),
          incidentByRun: without(state.incidentByRun, runId),
        };
      }),
    setIncident: (incident) =>
      change((state) => {
        if (state.removedRunIds.has(incident.runId)) return {};
        return { incidentByRun: { ...state.incidentByRun, [incident.runId]: incident } };
      }),
  };
}

function newestFirst(ids: readonly number[]): number[] {
  return [...new Set(ids)].toSorted((left, right) => right - left);
}

function without<T>(byId: Readonly<Record<number, T>>, id: number): Readonly<Record<number, T>> {
  const { [id]: _removed, ...rest } = byId;
  return rest;
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
  for (const id of newestFirst(Object.keys(state.runById).map(Number))) {
    const status = state.runById[id]?.status;
    if (status === 'running' || status === 'pausing' || status === 'stopping' || status === 'queued' || status === 'paused') return id;
  }
  return null;
}
