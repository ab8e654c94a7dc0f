import type { RunStatus } from '#shared/domain/run.ts';
import type { ScannedFile } from '../../ports.ts';
import { type Connection, sql } from '../connection.ts';
import { addLogEntry } from './eventLog.ts';
import { itemWrites } from './items.ts';
import { runStatusOf } from './runState.ts';
import { type PlanRequest, taskWrites } from './tasks.ts';

/** Folders that are being added to a run. */
export interface Addition {
  readonly id: number;
  readonly runId: number;
  readonly sources: readonly string[];
}

/** What became of the files that were found. */
export interface AddedFiles {
  readonly added: number;
  /** In the run already, also when an owner that died meanwhile had taken them in. */
  readonly known: number;
}

/** Statuses of a run that files can be added to. */
export const OPEN_STATUSES: readonly RunStatus[] = ['ready', 'queued', 'running', 'pausing', 'paused', 'interrupted'];

export const additionWrites = {
  /** @returns null when the run can take no more files. */
  beginAddition(connection: Connection, { runId, sources }: { runId: number; sources: readonly string[] }): number | null {
    const run = sql<{ status: RunStatus; sources: string }>(connection, 'SELECT status, sources FROM runs WHERE id = :runId').get({
      runId,
    });
    if (run === undefined || !OPEN_STATUSES.includes(run.status)) return null;
    const all = [...new Set([...(JSON.parse(run.sources) as string[]), ...sources])];
    sql(connection, 'UPDATE runs SET sources = :sources WHERE id = :runId').run({ runId, sources: JSON.stringify(all) });
    const { lastInsertRowid } = sql(connection, 'INSERT INTO run_additions (run_id, sources) VALUES (:runId, :sources)').run({
      runId,
      sources: JSON.stringify(sources),
    });
    return Number(lastInsertRowid);
  },

  /** Files that the run has already, by their path, are left as they are. @returns how many are new. */
  addItems(connection: Connection, { runId, files }: { runId: number; files: readonly ScannedFile[] }): number {
    // One look at all files of the run for all that are added: their paths have no index.
    const known = new Set(
      sql<{ path: string }>(connection, 'SELECT path FROM items WHERE run_id = :runId AND path IN (SELECT value FROM json_each(:paths))')
        .all({ runId, paths: JSON.stringify(files.map(({ path }) => path)) })
        .map(({ path }) => path),
    );
    const byFileId = sql(connection, 'SELECT 1 FROM items WHERE run_id = :runId AND file_id = :fileId');
    let added = 0;
    for (const file of files) {
      if (known.has(file.path)) continue;
      known.add(file.path);
      // As within one scan: what has a name that is taken gets a counter.
      let { fileId } = file;
      for (let counter = 2; byFileId.get({ runId, fileId }) !== undefined; counter += 1) fileId = `${file.fileId} (${String(counter)})`;
      itemWrites.insertItems(connection, { runId, files: [{ ...file, fileId }] });
      added += 1;
    }
    return added;
  },

  /**
   * Queues what was added and forgets that it was being added. A run that was not started is planned when it is; one that is over takes
   * nothing more.
   * @param end.plan null: the run was not started when it was looked at
   * @returns 'unplanned' when it was started meanwhile: look again
   */
  endAddition(
    connection: Connection,
    end: { id: number; runId: number; plan: PlanRequest | null; files: AddedFiles; nowMs: number },
  ): 'done' | 'unplanned' {
    const { id, runId, plan } = end;
    const status = runStatusOf(connection, runId);
    const isOpen = status !== null && OPEN_STATUSES.includes(status);
    if (plan === null && isOpen && hasModes(connection, runId)) return 'unplanned';
    if (plan !== null && isOpen) {
      for (const mode of plan.modes) {
        const limit = plan.limit === null ? null : Math.max(0, plan.limit - chosenBefore(connection, runId, mode.mode));
        taskWrites.planTasks(connection, { ...plan, modes: [mode], limit });
      }
    }
    sql(connection, 'DELETE FROM run_additions WHERE id = :id').run({ id });
    const { added, known } = end.files;
    if (isOpen) addLogEntry(connection, { atMs: end.nowMs, code: 'filesAdded', runId, data: { added, known } });
    return 'done';
  },

  /** What could not be added, or is not wanted, is added no more. @param drop.id null: all of the run */
  dropAdditions(connection: Connection, drop: { runId: number; id: number | null }): void {
    sql(connection, 'DELETE FROM run_additions WHERE run_id = :runId AND (:id IS NULL OR id = :id)').run(drop);
  },
};

export const additionReads = {
  /** Those that nobody finished, in their order. @param of.runId null: of every run that can take files */
  openAdditions(connection: Connection, { runId }: { runId: number | null }): Addition[] {
    return sql<{ id: number; runId: number; sources: string }>(
      connection,
      'SELECT id, run_id AS runId, sources FROM run_additions WHERE :runId IS NULL OR run_id = :runId ORDER BY id',
    )
      .all({ runId })
      .map((row) => ({ ...row, sources: JSON.parse(row.sources) as string[] }));
  },
};

function hasModes(connection: Connection, runId: number): boolean {
  return sql(connection, 'SELECT 1 FROM run_modes WHERE run_id = :runId LIMIT 1').get({ runId }) !== undefined;
}

/** Files of the mode that used up the limit of the run. */
function chosenBefore(connection: Connection, runId: number, mode: string): number {
  return (
    sql<{ total: number }>(
      connection,
      `SELECT count(*) AS total FROM tasks
       WHERE run_id = :runId AND mode = :mode AND superseded = 0 AND result_key IS NOT NULL AND done_earlier = 0`,
    ).get({ runId, mode })?.total ?? 0
  );
}
