import type { Migration } from './index.ts';

/**
 * What the night guard counts since a run was last resumed: `ran_ms` that it really ran, and `outcomes` of the newest finished tasks, one letter each
 * (f: failed by a server, the network, a lack of resources or the engine; d: done). The index finds the few alerts among hundreds of thousands of entries.
 */
export const nightGuard: Migration = {
  version: 140,
  sql: `
CREATE TABLE run_guards (
  run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  ran_ms INTEGER NOT NULL,
  outcomes TEXT NOT NULL
) STRICT;
CREATE INDEX event_log_alerts ON event_log (id) WHERE code IN ('alertRaised', 'alertCleared');
`,
};
