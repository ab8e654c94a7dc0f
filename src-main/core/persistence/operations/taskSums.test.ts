import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { ITEM_FILTERS } from '#shared/contract/items.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { answeredResult, failedResult, reportItem } from '#main/testing/reportRows.ts';
import { type Connection, openWriter } from '../connection.ts';
import { itemReads } from './items.ts';
import { runReads } from './runs.ts';
import { taskSums } from './taskSums.ts';

let folder: string;
let connection: Connection;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-sums-'));
  connection = openWriter(join(folder, 'nightshift.db'));
  connection.pragma('synchronous = OFF');
});

beforeEach(() => {
  connection.exec('DELETE FROM runs; DELETE FROM results;');
});

afterAll(async () => {
  connection.close();
  await rm(folder, { recursive: true });
});

const OPTIONS = RunOptionsSchema.parse({ modes: ['streaming', 'chunked'] });

function plant(count: number): number {
  const items = Array.from({ length: count }, (_, index) =>
    reportItem(index + 1, `${index}.wav`, 'one two', [
      index % 3 === 0 ? failedResult('streaming', 'one two') : answeredResult('streaming', 'one two', index % 2 === 0 ? 'one two' : 'one'),
      answeredResult('chunked', 'one two', 'one two'),
    ]),
  );
  return plantRun(connection, items, OPTIONS);
}

/** The same figures from the rows themselves. */
function addedUp(runId: number): unknown[] {
  return connection
    .prepare(
      `SELECT mode, count(*) AS total,
         sum(status = 'queued' OR (status = 'claimed' AND started_at_ms IS NULL)) AS queued,
         sum(status = 'claimed' AND started_at_ms IS NOT NULL) AS active,
         sum(status = 'done') AS done, sum(status = 'failed') AS failed, sum(status = 'skipped') AS skipped, sum(status = 'cancelled') AS cancelled,
         sum(status = 'queued' AND not_before_ms > 5) AS retrying, sum(status = 'queued' AND held = 1) AS held,
         sum(status IN ('done', 'skipped') AND error_code IS NOT NULL) AS partial,
         round(coalesce(sum(audio_sec) FILTER (WHERE status IN ('done', 'skipped')), 0), 6) AS audio_sec,
         round(coalesce(sum(audio_sec), 0), 6) AS known_audio_sec, count(audio_sec) AS known_audio_count,
         round(coalesce(sum(audio_sec) FILTER (WHERE status IN ('queued', 'claimed')), 0), 6) AS left_audio_sec,
         sum(status IN ('queued', 'claimed') AND audio_sec IS NULL) AS left_unknown,
         round(coalesce(sum(processing_sec), 0), 6) AS processing_sec,
         round(coalesce(sum(audio_sec) FILTER (WHERE processing_sec IS NOT NULL), 0), 6) AS processed_audio_sec,
         count(reference_words) AS scored, coalesce(sum(substitutions), 0) AS substitutions, coalesce(sum(deletions), 0) AS deletions,
         coalesce(sum(insertions), 0) AS insertions, coalesce(sum(hits), 0) AS hits, coalesce(sum(reference_words), 0) AS reference_words,
         count(first_token_latency_ms) AS latency_count, min(normalizer_version) AS normalizer_version
       FROM tasks WHERE run_id = ? AND superseded = 0 GROUP BY mode`,
    )
    .all(runId);
}

const CHANGES = [
  `status = 'claimed', started_at_ms = 7`,
  `status = 'claimed', started_at_ms = NULL`,
  `status = 'queued', not_before_ms = 9, held = 1`,
  `status = 'queued', not_before_ms = 0, audio_sec = NULL`,
  `status = 'done', error_code = 'AUDIO_PARTIAL', audio_sec = 1.1, processing_sec = 0.3`,
  `status = 'cancelled', error_code = NULL, processing_sec = NULL`,
  `superseded = 1`,
  `superseded = 0`,
  `substitutions = 3, reference_words = 9, normalizer_version = 2, first_token_latency_ms = 4`,
  `substitutions = NULL, deletions = NULL, insertions = NULL, hits = NULL, reference_words = NULL, normalizer_version = NULL, first_token_latency_ms = NULL`,
];

test('sums are those of the rows, whatever becomes of the tasks', () => {
  const step = fc.record({ place: fc.nat({ max: 11 }), change: fc.constantFrom(...CHANGES, 'DELETE') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      connection.exec('DELETE FROM runs; DELETE FROM results;');
      const runId = plant(6);
      const ids = connection.prepare<[number], { id: number }>('SELECT id FROM tasks WHERE run_id = ? ORDER BY id').all(runId);
      for (const { place, change } of steps) {
        const id = ids[place]?.id ?? 0;
        connection.exec(change === 'DELETE' ? `DELETE FROM tasks WHERE id = ${id}` : `UPDATE tasks SET ${change} WHERE id = ${id}`);
        expect([...taskSums(connection, runId, 5).values()]).toEqual(addedUp(runId));
      }
    }),
    {
      numRuns: 40,
      examples: [
        [
          [
            { place: 0, change: CHANGES[2] ?? '' },
            { place: 0, change: 'superseded = 1' },
          ],
        ],
      ],
    },
  );
});

const ITEM_CHANGES = [
  `inspected = 1, announced_sec = 1.1`,
  `inspected = 0, announced_sec = NULL`,
  `problem_code = 'FILE_EMPTY', inspected = 1`,
  `problem_code = NULL`,
  `reference = NULL`,
  `reference = 'three'`,
];

test('sums of the files are those of their rows, whatever becomes of them', () => {
  const step = fc.record({ place: fc.nat({ max: 5 }), change: fc.constantFrom(...ITEM_CHANGES, 'DELETE') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      connection.exec('DELETE FROM runs; DELETE FROM results;');
      const runId = plant(6);
      const ids = connection.prepare<[number], { id: number }>('SELECT id FROM items WHERE run_id = ? ORDER BY id').all(runId);
      for (const { place, change } of steps) {
        const id = ids[place]?.id ?? 0;
        connection.exec(change === 'DELETE' ? `DELETE FROM items WHERE id = ${id}` : `UPDATE items SET ${change} WHERE id = ${id}`);
      }
      const found = runReads.storedRun(connection, { runId, nowMs: 0 });
      const rows = connection
        .prepare(
          `SELECT count(*) AS itemCount, coalesce(sum(inspected), 0) AS inspectedCount, round(coalesce(sum(announced_sec), 0), 6) AS audioSec,
             count(reference) AS withReferenceCount, count(problem_code) AS unusableCount FROM items WHERE run_id = ?`,
        )
        .get(runId);
      expect(found).toMatchObject(rows as object);
    }),
    { numRuns: 40 },
  );
});

test('a removed run leaves no sums behind', () => {
  const runId = plant(3);
  connection.prepare('DELETE FROM runs WHERE id = ?').run(runId);
  expect(connection.prepare('SELECT count(*) AS n FROM task_tallies').get()).toEqual({ n: 0 });
  expect(connection.prepare('SELECT count(*) AS n FROM item_tallies').get()).toEqual({ n: 0 });
});

test('every filter finds its files through an index', () => {
  const runId = plant(7);
  const asked: string[] = [];
  for (const filter of ITEM_FILTERS) {
    const page = itemReads.listItems(connection, { runId, afterId: 0, count: 3, filter, search: '' });
    asked.push(`${filter}: ${page.items.map(({ fileId }) => fileId).join(' ')} of ${page.total}`);
    const searched = itemReads.listItems(connection, { runId, afterId: 0, count: 3, filter, search: '3.w' });
    expect(searched.total).toBe(['all', 'failed', 'highWer'].includes(filter) ? 1 : 0);
  }
  expect(asked).toEqual([
    'all: 0.wav 1.wav 2.wav of 7',
    'active:  of 0',
    'failed: 0.wav 3.wav 6.wav of 3',
    'highWer: 0.wav 1.wav 3.wav of 5',
    'problem:  of 0',
    'noReference:  of 0',
  ]);
  const condition = 'substitutions + deletions + insertions > 0.2 * reference_words';
  const plan = connection
    .prepare<[number], { detail: string }>(
      `EXPLAIN QUERY PLAN SELECT DISTINCT item_id FROM tasks WHERE run_id = ? AND superseded = 0 AND reference_words > 0 AND ${condition}`,
    )
    .all(runId);
  expect(plan.map(({ detail }) => detail).join()).toContain('tasks_high_wer');
});
