import type { Segment } from '../../servers/adapters/asrAdapter.ts';
import { type Connection, sql } from '../connection.ts';

/** What of an unfinished file is final. Figures and times count from the beginning of the file. */
export interface Checkpoint {
  /** Audio that need not be sent again: samples at 16 kHz. */
  readonly samples: number;
  /** Not cut to the length of the audio. */
  readonly segments: readonly Segment[];
  readonly language: string | null;
  readonly processingSec: number;
  readonly decodeSec: number | null;
  readonly firstTokenLatencyMs: number | null;
}

/** What makes a checkpoint that of just this work: what is heard, by whom, and from which samples. */
interface CheckpointKey {
  readonly taskId: number;
  readonly resultKey: string;
  /** Another decoder may give other samples. */
  readonly decoder: string;
}

type CheckpointRow = Omit<Checkpoint, 'segments'> & { segments: string };

export const checkpointWrites = {
  /**
   * Where a task goes on: at its own checkpoint, or at that of another task of the same work that nobody is at (the run that was interrupted, when the
   * same folder is begun again), which is its own from then on. null: at the beginning of the file.
   */
  takeCheckpoint(connection: Connection, key: CheckpointKey): Checkpoint | null {
    const own = checkpointOf(connection, key);
    if (own !== null) return own;
    const other = sql<{ taskId: number }>(
      connection,
      `SELECT c.task_id AS taskId FROM checkpoints c JOIN tasks t ON t.id = c.task_id
       WHERE c.result_key = :resultKey AND c.decoder = :decoder AND t.status <> 'claimed' ORDER BY c.samples DESC LIMIT 1`,
    ).get({ resultKey: key.resultKey, decoder: key.decoder });
    if (other === undefined) return null;
    sql(connection, 'DELETE FROM checkpoints WHERE task_id = :taskId').run({ taskId: key.taskId });
    sql(connection, 'UPDATE checkpoints SET task_id = :taskId WHERE task_id = :otherId').run({ taskId: key.taskId, otherId: other.taskId });
    return checkpointOf(connection, key);
  },

  /**
   * Adds what became final since the one before, which ended at `fromSamples`; `segments` are only the new ones. One of other work is dropped first. Losses so far count
   * no more: they are those at one place of the file, and a night may bring a long file many.
   * @returns false when nothing was added: the lease is no longer held, or the one before is not there
   */
  addCheckpoint(
    connection: Connection,
    added: CheckpointKey & Checkpoint & { leaseToken: string; fromSamples: number; nowMs: number },
  ): boolean {
    const { taskId, leaseToken, resultKey, decoder, fromSamples, samples, segments, nowMs } = added;
    if (!isHeld(connection, { taskId, leaseToken })) return false;
    sql(connection, 'DELETE FROM checkpoints WHERE task_id = :taskId AND (result_key <> :resultKey OR decoder <> :decoder)').run({
      taskId,
      resultKey,
      decoder,
    });
    const last = sql<{ samples: number | null }>(connection, 'SELECT max(samples) AS samples FROM checkpoints WHERE task_id = :taskId');
    if ((last.get({ taskId })?.samples ?? 0) !== fromSamples) return false;
    sql(
      connection,
      `INSERT INTO checkpoints (task_id, samples, result_key, decoder, segments, language, processing_sec, decode_sec, first_token_latency_ms,
         updated_at_ms)
       VALUES (:taskId, :samples, :resultKey, :decoder, :segments, :language, :processingSec, :decodeSec, :firstTokenLatencyMs, :nowMs)`,
    ).run({
      taskId,
      samples,
      resultKey,
      decoder,
      segments: JSON.stringify(segments),
      language: added.language,
      processingSec: added.processingSec,
      decodeSec: added.decodeSec,
      firstTokenLatencyMs: added.firstTokenLatencyMs,
      nowMs,
    });
    sql(connection, 'UPDATE tasks SET losses = 0 WHERE id = :taskId AND losses > 0').run({ taskId });
    return true;
  },

  /** The file is heard from its beginning next time; nothing happens when the lease is no longer held. */
  dropCheckpoint(connection: Connection, drop: { taskId: number; leaseToken: string }): void {
    if (isHeld(connection, drop)) sql(connection, 'DELETE FROM checkpoints WHERE task_id = :taskId').run({ taskId: drop.taskId });
  },
};

function isHeld(connection: Connection, { taskId, leaseToken }: { taskId: number; leaseToken: string }): boolean {
  const held = sql(connection, `SELECT 1 FROM tasks WHERE id = :taskId AND status = 'claimed' AND lease_token = :leaseToken`);
  return held.get({ taskId, leaseToken }) !== undefined;
}

/** null when there is none of just this work. */
function checkpointOf(connection: Connection, key: CheckpointKey): Checkpoint | null {
  const rows = sql<CheckpointRow>(
    connection,
    `SELECT samples, segments, language, processing_sec AS processingSec, decode_sec AS decodeSec, first_token_latency_ms AS firstTokenLatencyMs
     FROM checkpoints WHERE task_id = :taskId AND result_key = :resultKey AND decoder = :decoder ORDER BY samples`,
  ).all({ taskId: key.taskId, resultKey: key.resultKey, decoder: key.decoder });
  const last = rows.at(-1);
  if (last === undefined) return null;
  return { ...last, segments: rows.flatMap(({ segments }) => JSON.parse(segments) as Segment[]) };
}
