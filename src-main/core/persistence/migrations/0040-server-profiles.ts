import type { Migration } from './index.ts';

/** Servers that the user described; those of our own program are made from the settings. `profile` is JSON text and may hold secrets. */
export const serverProfiles: Migration = {
  version: 40,
  sql: `
CREATE TABLE server_profiles (
  id TEXT PRIMARY KEY,
  profile TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;
`,
};
