import type { Migration } from './index.ts';

/** What is added up, as an expression of an item's columns. */
const SUMS = {
  items: () => '1',
  inspected: (row) => `${row}.inspected`,
  audio_sec: (row) => `coalesce(${row}.announced_sec, 0)`,
  with_reference: (row) => `(${row}.reference IS NOT NULL)`,
  unusable: (row) => `(${row}.problem_code IS NOT NULL)`,
} as const satisfies Record<string, (row: string) => string>;

const NAMES = Object.keys(SUMS);

const count = (row: 'OLD' | 'NEW', sign: '' | '-'): string => `
  INSERT INTO item_tallies (run_id, ${NAMES.join(', ')})
  VALUES (${row}.run_id, ${Object.values(SUMS)
    .map((sum) => `${sign}${sum(row)}`)
    .join(', ')})
  ON CONFLICT DO UPDATE SET ${NAMES.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')};`;

/**
 * Sums of a run's items, kept by triggers as those of its tasks: a summary is read ten times a second while a run goes on, and counting 100,000 items took
 * 20 ms each time. Sums of seconds carry rounding of the order of 1e-9.
 */
export const itemTallies: Migration = {
  version: 180,
  sql: `
CREATE TABLE item_tallies (
  run_id INTEGER PRIMARY KEY,
  ${NAMES.map((name) => `${name} ${name.endsWith('_sec') ? 'REAL' : 'INTEGER'} NOT NULL`).join(',\n  ')}
) STRICT;

INSERT INTO item_tallies (run_id, ${NAMES.join(', ')})
SELECT run_id, ${Object.values(SUMS)
    .map((sum) => `sum(${sum('i')})`)
    .join(', ')}
FROM items i GROUP BY run_id;

CREATE TRIGGER item_counted AFTER INSERT ON items
BEGIN${count('NEW', '')}
END;

CREATE TRIGGER item_uncounted AFTER DELETE ON items
BEGIN${count('OLD', '-')}
END;

CREATE TRIGGER item_recounted AFTER UPDATE OF run_id, inspected, announced_sec, reference, problem_code ON items
BEGIN${count('OLD', '-')}${count('NEW', '')}
END;

CREATE TRIGGER run_items_uncounted AFTER DELETE ON runs
BEGIN
  DELETE FROM item_tallies WHERE run_id = OLD.id;
END;
`,
};
