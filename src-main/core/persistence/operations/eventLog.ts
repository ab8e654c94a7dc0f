import type { LogEntry, LogFilter } from '#shared/contract/log.ts';
import { EVENT_CODES, EVENT_KINDS, EVENT_LEVELS, type EventCode, type EventLevel } from '#shared/domain/eventLog.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import type { ErrorData, WireError } from '#shared/errors/nightshiftError.ts';
import { maskText } from '#shared/util/maskText.ts';
import { type Connection, sql } from '../connection.ts';

export interface NewLogEntry {
  readonly atMs: number;
  readonly code: EventCode;
  /** Default: that of the code. */
  readonly level?: EventLevel;
  readonly runId?: number | null;
  readonly itemId?: number | null;
  readonly mode?: Mode | null;
  readonly serverId?: string | null;
  readonly error?: WireError | null;
  readonly data?: ErrorData;
}

/** Entries that one question looks at: some ten milliseconds of the reader's time, also with a search. */
const ENTRIES_LOOKED_AT = 20_000;
/** What is drawn beside the readings of a run: neither files, which are counted, nor settings. */
const MARK_CODES = Object.entries(EVENT_CODES).flatMap(([code, { kind }]) => (kind === 'file' || kind === 'settings' ? [] : code));
/** Entries removed in one write, so that no outcome waits for it. */
const TRIMMED_AT_ONCE = 500;

/** Kept of the log: the newest of each class, and nothing older than the age. */
export interface LogLimits {
  /** Of what went as it should. */
  readonly infos: number;
  /** Warnings and errors. */
  readonly problems: number;
  readonly oldestMs: number;
}

/** For the transaction of what it tells about: neither is there without the other. */
export function addLogEntry(connection: Connection, entry: NewLogEntry): void {
  const { code, error = null, data } = entry;
  sql(
    connection,
    `INSERT INTO event_log (at_ms, level, code, run_id, item_id, mode, server_id, error_code, error_data, data)
     VALUES (:atMs, :level, :code, :runId, :itemId, :mode, :serverId, :errorCode, :errorData, :data)`,
  ).run({
    atMs: Math.round(entry.atMs),
    level: EVENT_LEVELS.indexOf(entry.level ?? EVENT_CODES[code].level),
    code,
    runId: entry.runId ?? null,
    itemId: entry.itemId ?? null,
    mode: entry.mode ?? null,
    serverId: entry.serverId ?? null,
    errorCode: error?.code ?? null,
    errorData: error === null ? null : asMaskedJson(error.data),
    data: data === undefined ? null : asMaskedJson(data),
  });
}

/** What became of a task, with the file and mode it was about. */
export function addTaskEntry(
  connection: Connection,
  { taskId, ...entry }: Omit<NewLogEntry, 'runId' | 'itemId' | 'mode' | 'serverId'> & { readonly taskId: number },
): void {
  const task = sql<{ runId: number; itemId: number | null; mode: Mode | null }>(
    connection,
    'SELECT run_id AS runId, item_id AS itemId, mode FROM tasks WHERE id = :taskId',
  ).get({ taskId });
  if (task !== undefined) addLogEntry(connection, { ...entry, ...task });
}

export const eventLogWrites = {
  addLogEntries(connection: Connection, { entries }: { entries: readonly NewLogEntry[] }): void {
    for (const entry of entries) addLogEntry(connection, entry);
  },

  /** Removes a small number of entries beyond the limits. @returns whether there may be more */
  trimLog(connection: Connection, bounds: { infosBelowId: number; problemsBelowId: number }): boolean {
    const { changes } = sql(
      connection,
      `DELETE FROM event_log WHERE id IN (
         SELECT id FROM event_log WHERE (id < :problemsBelowId) OR (id < :infosBelowId AND level = 0) ORDER BY id LIMIT :count)`,
    ).run({ ...bounds, count: TRIMMED_AT_ONCE });
    return changes === TRIMMED_AT_ONCE;
  },
};

interface EntryRow {
  id: number;
  at_ms: number;
  level: number;
  code: EventCode;
  run_id: number | null;
  item_id: number | null;
  file_id: string | null;
  mode: Mode | null;
  server_id: string | null;
  error_code: ErrorCode | null;
  error_data: string | null;
  data: string | null;
}

export interface LogQuestion extends LogFilter {
  readonly beforeId: number | null;
  readonly afterId: number | null;
  readonly count: number;
}

export interface LogPage {
  readonly entries: LogEntry[];
  readonly next: number | null;
  readonly newestId: number;
}

export const eventLogReads = {
  /** As `log.list` says. */
  logPage(connection: Connection, question: LogQuestion): LogPage {
    const newestId = sql<{ id: number | null }>(connection, 'SELECT max(id) AS id FROM event_log').get()?.id ?? 0;
    const isForward = question.afterId !== null;
    // Said literally for the index of problems to be used.
    const severe = question.level === 'info' ? '' : 'AND level > 0';
    const looked = `SELECT * FROM event_log
      WHERE ${isForward ? 'id > :afterId' : '(:beforeId IS NULL OR id < :beforeId)'} ${severe}
      ORDER BY id ${isForward ? 'ASC' : 'DESC'} LIMIT ${ENTRIES_LOOKED_AT}`;
    const { level, kinds, runId, serverId, search, sinceMs, beforeId, afterId, count } = question;
    const parameters = {
      ...(isForward ? { afterId } : { beforeId }),
      level: EVENT_LEVELS.indexOf(level),
      codes: JSON.stringify(kinds.length === 0 ? Object.keys(EVENT_CODES) : codesOf(kinds)),
      runId,
      serverId,
      sinceMs,
      pattern: search.trim() === '' ? null : `%${search.trim().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`,
    };
    const rows = sql<EntryRow>(
      connection,
      `SELECT e.*, i.file_id FROM (${looked}) e LEFT JOIN items i ON i.id = e.item_id
       WHERE e.level >= :level AND e.code IN (SELECT value FROM json_each(:codes)) AND (:runId IS NULL OR e.run_id = :runId)
         AND (:serverId IS NULL OR e.server_id = :serverId) AND (:sinceMs IS NULL OR e.at_ms >= :sinceMs)
         AND (:pattern IS NULL OR (e.code || ' ' || coalesce(e.error_code, '') || ' ' || coalesce(e.error_data, '') || ' ' ||
           coalesce(e.server_id, '') || ' ' || coalesce(e.data, '') || ' ' || coalesce(i.file_id, '')) LIKE :pattern ESCAPE '\\')
       ORDER BY e.id ${isForward ? 'ASC' : 'DESC'} LIMIT :count`,
    ).all({ ...parameters, count });
    const last = rows.at(-1);
    let next = rows.length === count && last !== undefined ? last.id : null;
    if (next === null && !isForward) {
      const window = sql<{ lowest: number | null; total: number; lowestMs: number | null }>(
        connection,
        `SELECT min(id) AS lowest, count(*) AS total, min(at_ms) AS lowestMs FROM (${looked})`,
      ).get({ beforeId });
      const isOlder = sinceMs !== null && window?.lowestMs != null && window.lowestMs < sinceMs;
      if (window?.total === ENTRIES_LOOKED_AT && !isOlder) next = window.lowest;
    }
    const entries = rows.map(toEntry);
    return { entries: isForward ? entries : entries.toReversed(), next: isForward ? null : next, newestId };
  },

  /**
   * What is drawn beside the readings of a run: what happened to it, to servers and to Nightshift in a stretch, and how many files failed in each
   * `bucketMs`. Oldest first; of more than `count` the severe ones stay.
   */
  runMarks(
    connection: Connection,
    stretch: { runId: number; fromMs: number; toMs: number; bucketMs: number; count: number },
  ): { marks: LogEntry[]; isAll: boolean; failures: { atMs: number; count: number }[] } {
    const codes = JSON.stringify(MARK_CODES);
    const { runId, fromMs, toMs, bucketMs, count } = stretch;
    // Said literally as in the index of marks.
    const between = `code <> 'fileDone' AND at_ms >= :fromMs AND at_ms < :toMs`;
    const rows = sql<EntryRow>(
      connection,
      `SELECT e.*, NULL AS file_id FROM event_log e
       WHERE ${between} AND (run_id = :runId OR run_id IS NULL) AND code IN (SELECT value FROM json_each(:codes))
         AND (code <> 'serverChanged' OR level > 0 OR json_extract(data, '$.to') IN ('ready', 'stopped'))
       ORDER BY level DESC, id DESC LIMIT :limit`,
    ).all({ runId, fromMs, toMs, codes, limit: count + 1 });
    const failures = sql<{ atMs: number; count: number }>(
      connection,
      `SELECT at_ms / CAST(:bucketMs AS INTEGER) * CAST(:bucketMs AS INTEGER) AS atMs, count(*) AS count FROM event_log
       WHERE ${between} AND run_id = :runId AND code = 'fileFailed' GROUP BY 1 ORDER BY 1`,
    ).all({ runId, fromMs, toMs, bucketMs });
    const marks = rows.slice(0, count).map(toEntry);
    return { marks: marks.toSorted((left, right) => left.id - right.id), isAll: rows.length <= count, failures };
  },

  /** From where on entries are kept. */
  logBounds(connection: Connection, { infos, problems, oldestMs }: LogLimits): { infosBelowId: number; problemsBelowId: number } {
    const newest = (severe: string, offset: number): number =>
      sql<{ id: number }>(connection, `SELECT id FROM event_log ${severe} ORDER BY id DESC LIMIT 1 OFFSET :offset`).get({ offset })?.id ??
      -1;
    const aged =
      sql<{ id: number }>(connection, 'SELECT id FROM event_log WHERE at_ms >= :oldestMs ORDER BY id LIMIT 1').get({ oldestMs })?.id ??
      newest('', 0) + 1;
    return {
      infosBelowId: Math.max(aged, newest('', infos) + 1),
      problemsBelowId: Math.max(aged, newest('WHERE level > 0', problems) + 1),
    };
  },
};

function toEntry(row: EntryRow): LogEntry {
  return {
    id: row.id,
    atMs: row.at_ms,
    level: EVENT_LEVELS[row.level] ?? 'error',
    kind: EVENT_CODES[row.code].kind,
    code: row.code,
    runId: row.run_id,
    itemId: row.item_id,
    fileId: row.file_id,
    mode: row.mode,
    serverId: row.server_id,
    error: row.error_code === null ? null : { code: row.error_code, data: parseFacts(row.error_data) },
    data: parseFacts(row.data),
  };
}

function parseFacts(text: string | null): Record<string, string | number | boolean | null> {
  return text === null ? {} : (JSON.parse(text) as Record<string, string | number | boolean | null>);
}

function codesOf(kinds: LogFilter['kinds']): string[] {
  const wanted = new Set<string>(EVENT_KINDS.filter((kind) => kinds.includes(kind)));
  return Object.entries(EVENT_CODES)
    .filter(([, { kind }]) => wanted.has(kind))
    .map(([code]) => code);
}

function asMaskedJson(data: ErrorData): string {
  return JSON.stringify(data, (_, value: unknown) => (typeof value === 'string' ? maskText(value) : value));
}
