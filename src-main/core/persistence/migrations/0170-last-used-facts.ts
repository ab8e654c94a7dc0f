import type { Migration } from './index.ts';

/** When a file was last looked at, so that what was not used for longest can go. Rows from before count as never. */
export const lastUsedFacts: Migration = {
  version: 170,
  sql: `
ALTER TABLE media_facts ADD COLUMN last_used_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX media_facts_by_use ON media_facts (last_used_ms);
`,
};
