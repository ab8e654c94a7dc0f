import type { Migration } from './index.ts';

/**
 * Words of stored texts by their trigrams, which finds parts of words in every language (https://sqlite.org/fts5.html, 4.3.4). The index has no copy of the texts;
 * it is filled behind the outcomes, in small steps, up to `indexed_to`, so that no outcome waits for it and an old database opens at once. What comes after
 * is looked through row by row. A text that goes takes its entry with it, whoever removes it.
 */
export const textSearch: Migration = {
  version: 150,
  sql: `
CREATE VIRTUAL TABLE result_search USING fts5(hypothesis, content='', contentless_delete=1, tokenize='trigram');

CREATE TABLE result_search_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  indexed_to INTEGER NOT NULL
) STRICT;
INSERT INTO result_search_state (id, indexed_to) VALUES (1, 0);

CREATE TRIGGER result_search_removed AFTER DELETE ON results
WHEN OLD.id <= (SELECT indexed_to FROM result_search_state)
BEGIN
  DELETE FROM result_search WHERE rowid = OLD.id;
END;
`,
};
