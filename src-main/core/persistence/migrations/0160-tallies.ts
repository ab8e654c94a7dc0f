import type { Migration } from './index.ts';

/** What is added up, as an expression of a task's columns. */
const SUMS = {
  tasks: () => '1',
  doubtful: (row) => `(${row}.error_code IS NOT NULL)`,
  audio_known: (row) => `(${row}.audio_sec IS NOT NULL)`,
  audio_sec: (row) => `coalesce(${row}.audio_sec, 0)`,
  processing_sec: (row) => `coalesce(${row}.processing_sec, 0)`,
  processed_audio_sec: (row) => `iif(${row}.processing_sec IS NULL, 0, coalesce(${row}.audio_sec, 0))`,
  scored: (row) => `(${row}.reference_words IS NOT NULL)`,
  substitutions: (row) => `coalesce(${row}.substitutions, 0)`,
  deletions: (row) => `coalesce(${row}.deletions, 0)`,
  insertions: (row) => `coalesce(${row}.insertions, 0)`,
  hits: (row) => `coalesce(${row}.hits, 0)`,
  reference_words: (row) => `coalesce(${row}.reference_words, 0)`,
  latencies: (row) => `(${row}.first_token_latency_ms IS NOT NULL)`,
} as const satisfies Record<string, (row: string) => string>;

const SUM_NAMES = Object.keys(SUMS);
const KEY_NAMES = ['run_id', 'mode', 'state', 'normalizer_version'];
/** Claimed ahead and not begun is waiting, to a person. */
const STATE = (row: string): string =>
  `CASE WHEN ${row}.status = 'claimed' THEN iif(${row}.started_at_ms IS NULL, 'queued', 'active') ELSE ${row}.status END`;
const KEY = (row: string): string => `${row}.run_id, ${row}.mode, ${STATE(row)}, coalesce(${row}.normalizer_version, -1)`;

const count = (row: 'OLD' | 'NEW', sign: '' | '-'): string => `
  INSERT INTO task_tallies (${[...KEY_NAMES, ...SUM_NAMES].join(', ')})
  SELECT ${KEY(row)}, ${Object.values(SUMS)
    .map((sum) => `${sign}${sum(row)}`)
    .join(', ')}
  WHERE ${row}.superseded = 0 AND ${row}.mode IS NOT NULL
  ON CONFLICT DO UPDATE SET ${SUM_NAMES.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')};`;

/**
 * Sums of a run's tasks by mode and state, kept by triggers in the transaction of every change, so that a summary of 300,000 tasks reads a dozen rows. Sums of seconds
 * carry rounding of the order of 1e-9. The indexes hold only tasks that a filter of the list asks for.
 */
export const tallies: Migration = {
  version: 160,
  sql: `
CREATE TABLE task_tallies (
  run_id INTEGER NOT NULL,
  mode TEXT NOT NULL,
  state TEXT NOT NULL,
  normalizer_version INTEGER NOT NULL,
  ${SUM_NAMES.map((name) => `${name} ${name.endsWith('_sec') ? 'REAL' : 'INTEGER'} NOT NULL`).join(',\n  ')},
  PRIMARY KEY (run_id, mode, state, normalizer_version)
) STRICT, WITHOUT ROWID;

INSERT INTO task_tallies (${[...KEY_NAMES, ...SUM_NAMES].join(', ')})
SELECT ${KEY('t')}, ${Object.values(SUMS)
    .map((sum) => `sum(${sum('t')})`)
    .join(', ')}
FROM tasks t WHERE superseded = 0 AND mode IS NOT NULL GROUP BY 1, 2, 3, 4;

CREATE TRIGGER task_counted AFTER INSERT ON tasks
BEGIN${count('NEW', '')}
END;

CREATE TRIGGER task_uncounted AFTER DELETE ON tasks
BEGIN${count('OLD', '-')}
END;

CREATE TRIGGER task_recounted AFTER UPDATE OF run_id, mode, status, started_at_ms, superseded, error_code, audio_sec, processing_sec, substitutions, deletions,
  insertions, hits, reference_words, normalizer_version, first_token_latency_ms ON tasks
BEGIN${count('OLD', '-')}${count('NEW', '')}
END;

CREATE TRIGGER run_uncounted AFTER DELETE ON runs
BEGIN
  DELETE FROM task_tallies WHERE run_id = OLD.id;
END;

CREATE INDEX tasks_waiting ON tasks (run_id, mode, not_before_ms) WHERE status = 'queued' AND not_before_ms > 0;
CREATE INDEX tasks_held ON tasks (run_id, mode) WHERE status = 'queued' AND held = 1;
CREATE INDEX tasks_latency ON tasks (run_id, mode, first_token_latency_ms) WHERE superseded = 0 AND first_token_latency_ms IS NOT NULL;
CREATE INDEX tasks_failed ON tasks (run_id, item_id) WHERE superseded = 0 AND status = 'failed';
CREATE INDEX tasks_under_way ON tasks (run_id, item_id) WHERE superseded = 0 AND status = 'claimed';
CREATE INDEX tasks_doubtful ON tasks (run_id, item_id) WHERE superseded = 0 AND status IN ('done', 'skipped') AND error_code IS NOT NULL;
CREATE INDEX tasks_high_wer ON tasks (run_id, item_id)
  WHERE superseded = 0 AND reference_words > 0 AND substitutions + deletions + insertions > 0.2 * reference_words;
CREATE INDEX items_with_problem ON items (run_id, id) WHERE problem_code IS NOT NULL;
CREATE INDEX items_without_reference ON items (run_id, id) WHERE reference IS NULL;
`,
};
