import type { MediaDecoder } from '../media/mediaDecoder.ts';
import type { Database } from '../persistence/database.ts';
import type { Checkpoint } from '../persistence/operations/checkpoints.ts';
import type { ClaimedTask } from '../persistence/operations/tasks.ts';

/** Less audio, seconds, is heard again sooner than it is worth a row. */
export const LEAST_KEPT_SEC = 10;

/** Where an attempt at a file begins. */
export interface StartOfFile {
  /** Gives the samples, so that a place in them means the same later; null: too short for a checkpoint. */
  readonly decoder: string | null;
  /** null: at its beginning. */
  readonly checkpoint: Checkpoint | null;
}

/** @throws what the database or the decoder throws */
export async function findStart(
  { database, decoder }: { readonly database: Pick<Database, 'write'>; readonly decoder: Pick<MediaDecoder, 'info'> },
  { taskId, resultKey, announcedSec }: Pick<ClaimedTask, 'taskId' | 'resultKey' | 'announcedSec'>,
): Promise<StartOfFile> {
  if (announcedSec !== null && announcedSec < LEAST_KEPT_SEC) return { decoder: null, checkpoint: null };
  const { route, version } = await decoder.info();
  const name = `${route ?? ''} ${version ?? ''}`;
  return { decoder: name, checkpoint: await database.write('takeCheckpoint', { taskId, resultKey, decoder: name }) };
}
