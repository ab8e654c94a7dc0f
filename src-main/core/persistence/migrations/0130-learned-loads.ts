import type { Migration } from './index.ts';

/**
 * What tasks of a kind were seen to need, and how fast a mode was with a model: a few small rows, written over, that a forecast starts from. Both may be
 * emptied at any time; then it starts from the values that are built in.
 */
export const learnedLoads: Migration = {
  version: 130,
  sql: `
CREATE TABLE learned_peaks (
  memory TEXT NOT NULL,
  task_type TEXT NOT NULL,
  mode TEXT NOT NULL,
  peaks_mb TEXT NOT NULL,
  PRIMARY KEY (memory, task_type, mode)
) STRICT, WITHOUT ROWID;

CREATE TABLE learned_speeds (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  mode TEXT NOT NULL,
  system TEXT NOT NULL,
  audio_sec REAL NOT NULL,
  worked_sec REAL NOT NULL
) STRICT;
CREATE INDEX learned_speeds_by_system ON learned_speeds (mode, system, id);
`,
};
