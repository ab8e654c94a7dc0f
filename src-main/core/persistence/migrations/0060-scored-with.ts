import type { Migration } from './index.ts';

/**
 * The version of the normaliser that word counts were made with; null where a task has none. Until this migration every normaliser had the version 1.
 * The index finds runs over the same data.
 */
export const scoredWith: Migration = {
  version: 60,
  sql: `
ALTER TABLE tasks ADD COLUMN normalizer_version INTEGER;
UPDATE tasks SET normalizer_version = 1 WHERE reference_words IS NOT NULL;
CREATE INDEX items_by_content ON items (sha256) WHERE sha256 IS NOT NULL AND reference IS NOT NULL;
`,
};
