import type { AnyEvent } from '#shared/contract/events.ts';
import { LOG_EXPORT_MAX, type Advice, type LogEntry, type LogFilter } from '#shared/contract/log.ts';
import type { KnownServer } from '#shared/contract/servers.ts';
import type { Settings } from '#shared/contract/settings.ts';
import type { ServerStatus, ServerWarning } from '#shared/domain/server.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { EventBus } from '../events.ts';
import type { Database } from '../persistence/database.ts';
import type { LogLimits, LogPage, LogQuestion, NewLogEntry } from '../persistence/operations/eventLog.ts';
import type { Clock, Logger } from '../ports.ts';
import { adviceOf } from './advice.ts';

export interface EventLogDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventBus;
  readonly settings: Settings;
  /** Default: LIMITS. */
  readonly limits?: typeof LIMITS;
}

/**
 * The durable log of what happened. What agrees with a row (outcomes of files, states of runs and modes) is written in the transaction of that row;
 * what only the living runtime knows (servers, settings) comes from its events, a moment later and together.
 */
export interface EventLog {
  page(question: LogQuestion): Promise<LogPage>;
  /** JSON Lines of the newest matching entries. */
  export(filter: LogFilter): Promise<{ name: string; text: string; count: number; isComplete: boolean }>;
  /** @throws RUN_NOT_FOUND */
  advice(runId: number): Promise<Advice[]>;
  /** Writes out what waits. */
  close(): Promise<void>;
}

/** Several nights of 100,000 files in three modes, at most some 100 MB, and whatever went wrong for longer than what went well. */
export const LIMITS = { infos: 600_000, problems: 200_000, ageMs: 90 * 86_400_000 };
/** Entries that come together are written together. */
const BATCH_MS = 200;
/** More wait only when the disk does not take them; the oldest are given up then. */
const MOST_WAITING = 10_000;
const FIRST_TRIM_MS = 60_000;
const TRIM_INTERVAL_MS = 10 * 60_000;
const EXPORT_PAGE = 1_000;
/** States that come and go with every file. */
const WORKING: ReadonlySet<ServerStatus> = new Set(['ready', 'busy']);
const BAD: ReadonlySet<ServerStatus> = new Set(['crashed', 'broken', 'unresponsive']);
const DOUBTFUL: ReadonlySet<ServerStatus> = new Set(['backingOff', 'suspect']);

export function openEventLog(deps: EventLogDeps): EventLog {
  const { database, clock, logger, events } = deps;
  const { infos, problems, ageMs } = deps.limits ?? LIMITS;
  let waiting: NewLogEntry[] = [];
  let batchTimer: Disposable | null = null;
  let writing: Promise<void> = Promise.resolve();
  let isClosed = false;

  const flush = (): Promise<void> => {
    batchTimer?.[Symbol.dispose]();
    batchTimer = null;
    const entries = waiting;
    waiting = [];
    if (entries.length === 0) return writing;
    writing = writing.then(() =>
      database
        .write('addLogEntries', { entries })
        .catch((error: unknown) => logger.warn('entries of the event log were lost', { count: entries.length, error })),
    );
    return writing;
  };
  const add = (entry: Omit<NewLogEntry, 'atMs'>): void => {
    waiting.push({ atMs: clock.nowMs(), ...entry });
    if (waiting.length > MOST_WAITING) waiting.shift();
    batchTimer ??= clock.setTimer(BATCH_MS, () => void flush());
  };

  const onServer = serverWatcher(add);
  let settings = deps.settings;
  const take = (event: AnyEvent): void => {
    switch (event.name) {
      case 'server.changed':
        onServer(event.payload);
        break;
      case 'settings.changed':
        for (const data of settingChanges(settings, event.payload)) add({ code: 'settingChanged', data });
        settings = event.payload;
        break;
      case 'profiles.changed':
        add({ code: 'profilesChanged' });
        break;
      case 'run.removed':
        add({ code: 'runRemoved', runId: event.payload.runId });
        break;
      default:
    }
  };
  const unsubscribe = events.subscribe(take);

  /** In steps, so that no outcome waits for it. */
  const trim = async (): Promise<void> => {
    const limits: LogLimits = { infos, problems, oldestMs: clock.nowMs() - ageMs };
    const bounds = await database.read('logBounds', limits);
    while (!isClosed && (await database.write('trimLog', bounds)));
  };
  let trimTimer: Disposable;
  let trimming: Promise<void> = Promise.resolve();
  const trimAfter = (delayMs: number): void => {
    trimTimer = clock.setTimer(delayMs, () => {
      trimming = trim()
        .catch((error: unknown) => logger.warn('the event log was not trimmed', { error }))
        .then(() => {
          if (!isClosed) trimAfter(TRIM_INTERVAL_MS);
        });
    });
  };
  trimAfter(FIRST_TRIM_MS);

  return {
    page: (question) => database.read('logPage', question),
    async export(filter) {
      const found: LogEntry[][] = [];
      let count = 0;
      let beforeId: number | null = null;
      do {
        const page: LogPage = await database.read('logPage', {
          ...filter,
          beforeId,
          afterId: null,
          count: Math.min(EXPORT_PAGE, LOG_EXPORT_MAX - count),
        });
        found.unshift(page.entries);
        count += page.entries.length;
        beforeId = page.next;
      } while (beforeId !== null && count < LOG_EXPORT_MAX);
      const day = new Date(clock.nowMs()).toISOString().slice(0, 10);
      const text = found.map((entries) => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')).join('');
      return { name: `nightshift-log-${day}.jsonl`, text, count, isComplete: beforeId === null };
    },
    async advice(runId) {
      const troubles = await database.read('runTroubles', { runId });
      if (troubles === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
      return adviceOf(troubles);
    },
    async close() {
      unsubscribe();
      isClosed = true;
      trimTimer[Symbol.dispose]();
      await trimming;
      await flush();
    },
  };
}

/** Logs changes of state with their reason, but not each file that a server takes and gives back. */
function serverWatcher(add: (entry: Omit<NewLogEntry, 'atMs'>) => void): (server: KnownServer) => void {
  const known = new Map<string, { status: ServerStatus; warnings: readonly ServerWarning[] }>();
  return ({ id, mode, port, status, reason, warnings, error }) => {
    const before = known.get(id) ?? { status: 'stopped', warnings: [] };
    known.set(id, { status, warnings });
    for (const warning of warnings)
      if (!before.warnings.includes(warning)) add({ code: 'serverWarned', serverId: id, mode, data: { warning } });
    if (before.status === status || (WORKING.has(before.status) && WORKING.has(status))) return;
    const level = BAD.has(status) ? 'error' : DOUBTFUL.has(status) ? 'warn' : 'info';
    add({ code: 'serverChanged', level, serverId: id, mode, error, data: { from: before.status, to: status, reason, port } });
  };
}

function settingChanges(before: Settings, after: Settings): { setting: string; value: string }[] {
  return (Object.keys(after) as (keyof Settings)[])
    .filter((setting) => JSON.stringify(before[setting]) !== JSON.stringify(after[setting]))
    .map((setting) => ({ setting, value: JSON.stringify(after[setting]) }));
}
