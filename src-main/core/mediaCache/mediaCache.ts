import type { MediaCacheUsage } from '#shared/contract/retention.ts';
import type { Database } from '../persistence/database.ts';
import type { AudioCache } from './audioCache.ts';

/** Two runs of the largest size; about 100 MB of the database. */
const MAX_KNOWN_FILES = 200_000;
/** Rows of one transaction: a few milliseconds of the writer's time. */
const ROWS_AT_ONCE = 500;

/** What is known of files from earlier and made again when it is lost: hashes and forms (rows), decoded audio (files). */
export interface MediaCache {
  usage(): Promise<MediaCacheUsage>;
  /** @returns what went */
  empty(): Promise<MediaCacheUsage>;
}

export function createMediaCache({ audio, database }: { readonly audio: AudioCache; readonly database: Database }): MediaCache {
  return {
    async usage() {
      const { bytes, files } = await audio.usage();
      return { audioBytes: bytes, audioFiles: files, knownFiles: await database.read('knownFileCount') };
    },
    async empty() {
      const { bytes, files } = await audio.empty();
      return { audioBytes: bytes, audioFiles: files, knownFiles: await forgetFiles(database, 0) };
    },
  };
}

/** Keeps what is known of the files that were looked at last. @param keep how many @returns how many were forgotten */
export async function forgetFiles(database: Database, keep = MAX_KNOWN_FILES): Promise<number> {
  const known = await database.read('knownFileCount');
  let forgotten = 0;
  while (known - forgotten > keep) {
    const count = await database.write('forgetOldestFiles', { count: Math.min(ROWS_AT_ONCE, known - forgotten - keep) });
    if (count === 0) break;
    forgotten += count;
  }
  return forgotten;
}
