import type { Migration } from './index.ts';

/**
 * Times are epoch milliseconds, lengths seconds, structured values JSON text. A task carries the figures of its outcome (seconds,
 * word counts), so that lists, progress and results.json read one table; what the recogniser said is in `results`, once per
 * transcription and shared by every later run that finds it by `result_key`.
 */
export const firstSchema: Migration = {
  version: 10,
  sql: `
CREATE TABLE boots (
  boot_id TEXT PRIMARY KEY,
  pid INTEGER NOT NULL,
  host TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER
) STRICT;

CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  sources TEXT NOT NULL,
  options TEXT NOT NULL,
  model_name TEXT,
  model_path TEXT,
  model_fingerprint TEXT,
  results_path TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  started_at_ms INTEGER,
  ended_at_ms INTEGER,
  queued_at_ms INTEGER,
  memory_peak_mb REAL NOT NULL DEFAULT 0,
  cpu_peak_percent REAL NOT NULL DEFAULT 0,
  error TEXT
) STRICT;
CREATE INDEX runs_waiting ON runs (queued_at_ms) WHERE status = 'queued';

CREATE TABLE run_problems (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  code TEXT NOT NULL,
  path TEXT NOT NULL,
  detail TEXT
) STRICT;
CREATE INDEX run_problems_by_run ON run_problems (run_id);

CREATE TABLE run_modes (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  mode TEXT NOT NULL,
  position INTEGER NOT NULL,
  status TEXT NOT NULL,
  started_at_ms INTEGER,
  ended_at_ms INTEGER,
  error TEXT,
  PRIMARY KEY (run_id, mode)
) STRICT, WITHOUT ROWID;

CREATE TABLE items (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  file_id TEXT NOT NULL,
  path TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  modified_ms REAL NOT NULL,
  reference TEXT,
  problem_code TEXT,
  problem_data TEXT,
  inspected INTEGER NOT NULL DEFAULT 0,
  sha256 TEXT,
  announced_sec REAL,
  container TEXT,
  codec TEXT,
  sample_rate_hz INTEGER,
  channels INTEGER,
  UNIQUE (run_id, file_id)
) STRICT;
CREATE INDEX items_by_run ON items (run_id, id);

CREATE TABLE media_facts (
  path TEXT PRIMARY KEY,
  size_bytes INTEGER NOT NULL,
  modified_ms REAL NOT NULL,
  sha256 TEXT NOT NULL,
  facts TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tasks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  item_id INTEGER REFERENCES items (id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  mode TEXT,
  data TEXT,
  priority INTEGER NOT NULL,
  max_retries INTEGER NOT NULL,
  status TEXT NOT NULL,
  not_before_ms INTEGER NOT NULL DEFAULT 0,
  failed_attempts INTEGER NOT NULL DEFAULT 0,
  losses INTEGER NOT NULL DEFAULT 0,
  lease_token TEXT,
  boot_id TEXT,
  started_at_ms INTEGER,
  result_key TEXT,
  result_id INTEGER REFERENCES results (id),
  done_earlier INTEGER NOT NULL DEFAULT 0,
  superseded INTEGER NOT NULL DEFAULT 0,
  error_code TEXT,
  error_data TEXT,
  audio_sec REAL,
  processing_sec REAL,
  first_token_latency_ms REAL,
  substitutions INTEGER,
  deletions INTEGER,
  insertions INTEGER,
  hits INTEGER,
  reference_words INTEGER,
  ended_at_ms INTEGER
) STRICT;
CREATE INDEX tasks_ready ON tasks (run_id, mode, priority, id) WHERE status = 'queued';
CREATE INDEX tasks_claimed ON tasks (boot_id) WHERE status = 'claimed';
CREATE INDEX tasks_by_run ON tasks (run_id, mode);
CREATE INDEX tasks_by_item ON tasks (item_id);
CREATE INDEX tasks_failed_by_key ON tasks (result_key) WHERE status = 'failed';

CREATE TABLE attempts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  lease_token TEXT NOT NULL,
  server_instance TEXT,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  outcome TEXT NOT NULL,
  error_code TEXT,
  error_data TEXT,
  UNIQUE (task_id, lease_token)
) STRICT;
CREATE INDEX attempts_open ON attempts (boot_id) WHERE outcome = 'running';

CREATE TABLE results (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  result_key TEXT NOT NULL,
  attempt_id INTEGER UNIQUE REFERENCES attempts (id) ON DELETE SET NULL,
  sha256 TEXT NOT NULL,
  mode TEXT NOT NULL,
  model TEXT NOT NULL,
  hypothesis TEXT NOT NULL,
  segments TEXT NOT NULL,
  language TEXT,
  decoded_sec REAL NOT NULL,
  announced_sec REAL,
  processing_sec REAL NOT NULL,
  decode_sec REAL,
  first_token_latency_ms REAL,
  warning_code TEXT,
  created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX results_by_key ON results (result_key);

CREATE TABLE late_results (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  task_id INTEGER NOT NULL,
  lease_token TEXT NOT NULL,
  arrived_at_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL
) STRICT;

CREATE TABLE server_ledger (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  boot_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  port INTEGER NOT NULL,
  instance TEXT NOT NULL,
  command TEXT NOT NULL,
  pid INTEGER,
  process_start_id TEXT,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  exit TEXT
) STRICT;
CREATE INDEX server_ledger_open ON server_ledger (id) WHERE ended_at_ms IS NULL;

CREATE TABLE samples (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  at_ms INTEGER NOT NULL,
  sample TEXT NOT NULL,
  PRIMARY KEY (run_id, at_ms)
) STRICT, WITHOUT ROWID;
`,
};
