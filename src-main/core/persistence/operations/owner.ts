import type { Mode } from '#shared/domain/mode.ts';
import { type Connection, sql } from '../connection.ts';
import { addLogEntry } from './eventLog.ts';

export interface LedgerStart {
  readonly bootId: string;
  readonly mode: Mode;
  readonly port: number;
  readonly instance: string;
  readonly command: string;
  readonly nowMs: number;
}

export interface OpenLedgerRow {
  readonly id: number;
  readonly mode: Mode;
  readonly port: number;
  readonly instance: string;
  readonly pid: number | null;
  readonly processStartId: string | null;
}

/** What the owner keeps about itself: its boots, the servers it started, and settings. */
export const ownerWrites = {
  recordBoot(connection: Connection, boot: { bootId: string; pid: number; host: string; nowMs: number }): void {
    sql(connection, 'INSERT INTO boots (boot_id, pid, host, started_at_ms) VALUES (:bootId, :pid, :host, :nowMs)').run(boot);
    addLogEntry(connection, { atMs: boot.nowMs, code: 'ownerStarted', data: { host: boot.host, pid: boot.pid } });
  },

  endBoot(connection: Connection, end: { bootId: string; nowMs: number }): void {
    sql(connection, 'UPDATE boots SET ended_at_ms = :nowMs WHERE boot_id = :bootId').run(end);
    addLogEntry(connection, { atMs: end.nowMs, code: 'ownerEnded' });
  },

  /** Written before the process is spawned, so that one that outlives us can be found. */
  recordServerStart(connection: Connection, start: LedgerStart): number {
    const { lastInsertRowid } = sql(
      connection,
      `INSERT INTO server_ledger (boot_id, mode, port, instance, command, started_at_ms)
       VALUES (:bootId, :mode, :port, :instance, :command, :nowMs)`,
    ).run(start);
    return Number(lastInsertRowid);
  },

  recordServerPid(connection: Connection, spawned: { id: number; pid: number; processStartId: string | null }): void {
    sql(connection, 'UPDATE server_ledger SET pid = :pid, process_start_id = :processStartId WHERE id = :id').run(spawned);
  },

  recordServerEnd(connection: Connection, end: { id: number; exit: string; nowMs: number }): void {
    sql(connection, 'UPDATE server_ledger SET ended_at_ms = :nowMs, exit = :exit WHERE id = :id').run(end);
  },

  saveSetting(connection: Connection, setting: { key: string; value: string }): void {
    sql(connection, 'INSERT INTO settings (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value').run(
      setting,
    );
  },
};

export const ownerReads = {
  setting(connection: Connection, { key }: { key: string }): string | null {
    return sql<{ value: string }>(connection, 'SELECT value FROM settings WHERE key = :key').get({ key })?.value ?? null;
  },

  openServerRows(connection: Connection, { exceptBootId }: { exceptBootId: string }): OpenLedgerRow[] {
    return sql<OpenLedgerRow>(
      connection,
      `SELECT id, mode, port, instance, pid, process_start_id AS processStartId FROM server_ledger
       WHERE ended_at_ms IS NULL AND boot_id <> :exceptBootId`,
    ).all({ exceptBootId });
  },

  runExists(connection: Connection, { runId }: { runId: number }): boolean {
    return sql(connection, 'SELECT 1 FROM runs WHERE id = :runId').get({ runId }) !== undefined;
  },

  hasRuns(connection: Connection): boolean {
    return sql(connection, 'SELECT 1 FROM runs LIMIT 1').get() !== undefined;
  },
};
