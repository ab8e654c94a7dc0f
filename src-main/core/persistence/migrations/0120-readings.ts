import type { Migration } from './index.ts';

/**
 * Readings of the machine, folded: for each series (a figure of the machine, a card or a server) buckets of 1 s, 10 s and 60 s with the least, the
 * sum, the greatest and the number of values, so that any of them can be put together exactly. `samples` held each second as JSON; its rows become
 * buckets. `event_log_marks` finds what is drawn beside the readings among hundreds of thousands of files that were done.
 */
export const readings: Migration = {
  version: 120,
  sql: `
CREATE TABLE reading_series (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  figure TEXT NOT NULL,
  subject TEXT NOT NULL,
  name TEXT,
  UNIQUE (run_id, figure, subject)
) STRICT;

CREATE TABLE readings (
  series_id INTEGER NOT NULL REFERENCES reading_series (id) ON DELETE CASCADE,
  bucket_ms INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  low REAL NOT NULL,
  total REAL NOT NULL,
  high REAL NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (series_id, bucket_ms, at_ms)
) STRICT, WITHOUT ROWID;

CREATE TEMP TABLE old_values AS
  SELECT run_id, at_ms, e.key AS figure, '' AS subject, NULL AS name, e.value AS value
  FROM samples, json_each(sample) e WHERE e.type IN ('integer', 'real') AND e.key <> 'atMs'
  UNION ALL
  SELECT run_id, at_ms, 'gpu' || upper(substr(e.key, 1, 1)) || substr(e.key, 2), CAST(json_extract(g.value, '$.index') AS TEXT),
    json_extract(g.value, '$.name'), e.value
  FROM samples, json_each(sample, '$.gpus') g, json_each(g.value) e WHERE e.type IN ('integer', 'real') AND e.key <> 'index';
INSERT INTO reading_series (run_id, figure, subject, name) SELECT run_id, figure, subject, max(name) FROM old_values GROUP BY 1, 2, 3;
WITH tiers (bucket_ms) AS (VALUES (1000), (10000), (60000))
INSERT INTO readings (series_id, bucket_ms, at_ms, low, total, high, count)
  SELECT s.id, bucket_ms, at_ms / bucket_ms * bucket_ms AS at, min(value), sum(value), max(value), count(*)
  FROM old_values v JOIN reading_series s ON s.run_id = v.run_id AND s.figure = v.figure AND s.subject = v.subject CROSS JOIN tiers
  GROUP BY s.id, bucket_ms, at;
DROP TABLE old_values;
DROP TABLE samples;

CREATE INDEX event_log_marks ON event_log (at_ms) WHERE code <> 'fileDone';
`,
};
