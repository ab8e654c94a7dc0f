import type { Mode } from '#shared/domain/mode.ts';
import type { TaskType } from '#shared/domain/run.ts';
import { type Connection, sql } from '../connection.ts';

export interface StoredPeaks {
  /** own: Nightshift and its workers; machine: with the servers that it started. */
  readonly memory: 'own' | 'machine';
  readonly type: TaskType;
  readonly mode: Mode;
  /** MB, oldest first. */
  readonly peaksMb: readonly number[];
}

/** How much audio a mode got done in which time at work, once. */
export interface StoredSpeed {
  readonly audioSec: number;
  readonly workedSec: number;
}

export interface SpeedOf {
  readonly mode: Mode;
  /** Model, servers and pacing as one word. */
  readonly system: string;
}

/** More than these say nothing new: machines and models change. */
const KEPT_SPEEDS = 10;

export const learnedLoadWrites = {
  storePeaks(connection: Connection, { peaks }: { peaks: readonly StoredPeaks[] }): void {
    const store = sql(
      connection,
      `INSERT INTO learned_peaks (memory, task_type, mode, peaks_mb) VALUES (:memory, :type, :mode, :peaks)
       ON CONFLICT (memory, task_type, mode) DO UPDATE SET peaks_mb = excluded.peaks_mb`,
    );
    for (const { peaksMb, ...of } of peaks) store.run({ ...of, peaks: JSON.stringify(peaksMb) });
  },

  storeSpeed(connection: Connection, speed: StoredSpeed & SpeedOf): void {
    sql(connection, 'INSERT INTO learned_speeds (mode, system, audio_sec, worked_sec) VALUES (:mode, :system, :audioSec, :workedSec)').run(
      speed,
    );
    sql(
      connection,
      `DELETE FROM learned_speeds WHERE mode = :mode AND system = :system AND id NOT IN
         (SELECT id FROM learned_speeds WHERE mode = :mode AND system = :system ORDER BY id DESC LIMIT :kept)`,
    ).run({ mode: speed.mode, system: speed.system, kept: KEPT_SPEEDS });
  },
};

export const learnedLoadReads = {
  storedPeaks(connection: Connection): StoredPeaks[] {
    return sql<Omit<StoredPeaks, 'peaksMb'> & { peaks: string }>(
      connection,
      'SELECT memory, task_type AS type, mode, peaks_mb AS peaks FROM learned_peaks',
    )
      .all()
      .map(({ peaks, ...of }) => ({ ...of, peaksMb: JSON.parse(peaks) as number[] }));
  },

  /** Newest first. */
  storedSpeeds(connection: Connection, of: SpeedOf): StoredSpeed[] {
    return sql<StoredSpeed>(
      connection,
      'SELECT audio_sec AS audioSec, worked_sec AS workedSec FROM learned_speeds WHERE mode = :mode AND system = :system ORDER BY id DESC',
    ).all(of);
  },
};
