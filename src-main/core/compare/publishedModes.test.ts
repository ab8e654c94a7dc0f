import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { compareRoutes, type Comparison } from '#shared/contract/compare.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { openWriter } from '#main/core/persistence/connection.ts';
import { editsOf } from '#main/core/scoring/metrics.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { answeredResult, reportItem } from '#main/testing/reportRows.ts';
import { createCompareDesk } from './compareDesk.ts';

const FOLDER = fileURLToPath(new URL('../../../../shared/data/scoring/', import.meta.url));
const hasData = existsSync(join(FOLDER, 'real-two-modes.jsonl'));

interface Utterance {
  readonly id: string;
  readonly reference: string;
  readonly chunked: string;
  readonly original: string;
}

test.skipIf(!hasData)(`two published modes have their published errors${hasData ? '' : ' skipped: no shared data'}`, async () => {
  const utterances = readFileSync(join(FOLDER, 'real-two-modes.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Utterance);
  const expected = JSON.parse(readFileSync(join(FOLDER, 'real-two-modes.expect.json'), 'utf8')) as {
    readonly simple: { readonly ref_words: number; readonly chunked_edits: number; readonly original_edits: number };
  };
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-compare-'));
  const connection = openWriter(join(folder, 'nightshift.db'));
  try {
    const items = utterances.map(({ id, reference, chunked, original }, index) =>
      reportItem(index + 1, `${id}.flac`, reference, [
        answeredResult('chunked', reference, chunked),
        answeredResult('original', reference, original),
      ]),
    );
    const runId = plantRun(connection, items, RunOptionsSchema.parse({ modes: ['chunked', 'original'] }));
    const systems = [
      { runId, mode: 'chunked' },
      { runId, mode: 'original' },
    ] as const;
    const args = compareRoutes['compare.open'].input.parse({ systems, clusterBy: 'speaker' });
    const comparison = (await createCompareDesk(connection)({ route: 'compare.open', args })) as Comparison;
    const { ref_words: referenceWords, chunked_edits: chunkedEdits, original_edits: originalEdits } = expected.simple;
    expect(comparison.referenceWords).toBe(referenceWords);
    expect(comparison.systems.map(({ counts }) => editsOf(counts))).toEqual([chunkedEdits, originalEdits]);
    expect(comparison.speakers).toHaveLength(20);
    expect(comparison.headline.findings).toMatchObject([{ better: 1, worse: 0 }]);
    expect(comparison.headline.findings[0]?.difference).toBeCloseTo((chunkedEdits - originalEdits) / referenceWords, 12);
  } finally {
    connection.close();
    await rm(folder, { recursive: true });
  }
});
