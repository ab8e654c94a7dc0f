import type { Connection } from '#main/core/persistence/connection.ts';

/** What must never be in the rows of the queue, whenever its owner stops; each statement counts the rows that are wrong. */
const NEVER: Readonly<Record<string, string>> = {
  'an item has two current tasks in a mode':
    'SELECT count(*) FROM (SELECT 1 FROM tasks WHERE superseded = 0 GROUP BY item_id, mode HAVING count(*) > 1)',
  'an item is done twice in a mode': `SELECT count(*) FROM (SELECT 1 FROM tasks WHERE status = 'done' GROUP BY item_id, mode HAVING count(*) > 1)`,
  'two results have one key': 'SELECT count(*) FROM (SELECT 1 FROM results GROUP BY result_key HAVING count(*) > 1)',
  'two results have one attempt':
    'SELECT count(*) FROM (SELECT 1 FROM results WHERE attempt_id IS NOT NULL GROUP BY attempt_id HAVING count(*) > 1)',
  'a task is done without a result': `SELECT count(*) FROM tasks WHERE status = 'done' AND result_id IS NULL`,
  'a result is under the key of another task':
    'SELECT count(*) FROM tasks t JOIN results r ON r.id = t.result_id WHERE r.result_key <> t.result_key',
  'a task that is not claimed is leased': `SELECT count(*) FROM tasks WHERE status <> 'claimed' AND (lease_token IS NOT NULL OR boot_id IS NOT NULL)`,
  'a task that ended has no time': `SELECT count(*) FROM tasks WHERE status NOT IN ('queued', 'claimed') AND ended_at_ms IS NULL`,
  'a dead owner holds a task while the next one works': `SELECT count(*) FROM tasks
     WHERE status = 'claimed' AND boot_id <> (SELECT boot_id FROM boots ORDER BY rowid DESC LIMIT 1)
       AND EXISTS (SELECT 1 FROM attempts WHERE boot_id = (SELECT boot_id FROM boots ORDER BY rowid DESC LIMIT 1))`,
  'an attempt runs without its lease': `SELECT count(*) FROM attempts a JOIN tasks t ON t.id = a.task_id
     WHERE a.outcome = 'running' AND (t.status <> 'claimed' OR t.lease_token IS NOT a.lease_token)`,
  'attempts are not numbered one after the other': `SELECT count(*) FROM (
     SELECT number, 1 + coalesce(sum(outcome <> 'released') OVER (PARTITION BY task_id ORDER BY id
       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS wanted FROM attempts) WHERE number <> wanted`,
  'a done task has not one good attempt': `SELECT count(*) FROM tasks t
     WHERE status = 'done' AND (SELECT count(*) FROM attempts a WHERE a.task_id = t.id AND a.outcome = 'done') <> 1`,
  'failed attempts are not counted': `SELECT count(*) FROM tasks t
     WHERE failed_attempts <> (SELECT count(*) FROM attempts a WHERE a.outcome = 'failed' AND a.task_id IN
       (SELECT id FROM tasks o WHERE o.id = t.id OR (o.item_id = t.item_id AND o.mode = t.mode AND o.removed = 1 AND o.id < t.id)))`,
  'a task was tried more often than allowed': 'SELECT count(*) FROM tasks WHERE failed_attempts > max_retries + 1 OR losses > 4',
  'a run that ended has open tasks': `SELECT count(*) FROM runs r WHERE r.status IN ('finished', 'stopped') AND EXISTS
     (SELECT 1 FROM tasks t WHERE t.run_id = r.id AND t.superseded = 0 AND t.status IN ('queued', 'claimed'))`,
  'an item of a planned run has no task in a mode': `SELECT count(*) FROM runs r JOIN run_modes m ON m.run_id = r.id JOIN items i ON i.run_id = r.id
     WHERE json_extract(r.options, '$.limit') IS NULL
       AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.item_id = i.id AND t.mode = m.mode AND t.superseded = 0)`,
  'sums differ from the tasks they are of': `SELECT count(*) FROM
     (SELECT run_id, mode, state, sum(tasks) AS n FROM task_tallies GROUP BY 1, 2, 3 HAVING n <> 0) kept
     FULL JOIN (SELECT run_id, mode, CASE WHEN status = 'claimed' THEN iif(started_at_ms IS NULL, 'queued', 'active') ELSE status END AS state,
         count(*) AS n FROM tasks WHERE superseded = 0 AND mode IS NOT NULL GROUP BY 1, 2, 3) found USING (run_id, mode, state)
     WHERE kept.n IS NOT found.n`,
  'an outcome came late': 'SELECT count(*) FROM late_results',
};

/** Sentences about what is wrong; empty when nothing is. */
export function neverInDatabase(connection: Connection): string[] {
  return Object.entries(NEVER).flatMap(([name, text]) => {
    const found = connection.prepare<[], number>(text).pluck().get() ?? 0;
    return found === 0 ? [] : [`${name}: ${found}`];
  });
}
