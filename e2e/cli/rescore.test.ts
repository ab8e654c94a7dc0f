import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorkplace, jsonLines, SAMPLES, type Workplace } from './nightshiftProcess.ts';

let place: Workplace;

beforeEach(async () => {
  place = await createWorkplace();
});

afterEach(async () => {
  await place.close();
});

interface ModeLine {
  readonly type: string;
  readonly original: { readonly werRatio: number };
  readonly rescored: { readonly werRatio: number };
}

/** Two sample clips with transcripts of their own, which two rules see differently. */
async function plantSpeech(): Promise<string> {
  const folder = join(place.folder, 'speech');
  await mkdir(folder);
  const from = join(SAMPLES, 'test-tiny', '1001', '1');
  const lines = (await readFile(join(from, '1001-1.trans.txt'), 'utf8')).trim().split('\n').slice(0, 2);
  for (const line of lines) {
    const [id = '', ...words] = line.split(' ');
    await cp(join(from, `${id}.flac`), join(folder, `${id}.flac`));
    await writeFile(join(folder, `${id}.txt`), `${words.join(' ').toUpperCase()}, Mr.!\n`);
  }
  return folder;
}

test('a finished run is scored once more under another rule, and both figures stay', async () => {
  const speech = await plantSpeech();
  expect(await place.run('rescore', '1', '--normalizer', 'none')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('RUN_NOT_FOUND') as string,
  });
  const batch = await place.run('batch', speech, '--mode', 'original', '--calculate-wer', '--ports', place.ports);
  expect(batch).toMatchObject({ exitCode: 0 });

  const first = await place.run('rescore', '1', '--normalizer', 'none', '--files', '--json');
  expect(first).toMatchObject({ exitCode: 0 });
  const lines = jsonLines(first.stdout);
  const [mode, ...rest] = lines as unknown as [ModeLine, ...typeof lines];
  expect(mode).toMatchObject({ type: 'mode', mode: 'original', original: { scored: 2 }, rescored: { scored: 2, changed: 2 } });
  expect(rest.map(({ type }) => type)).toEqual(['file', 'file', 'summary']);
  expect(rest.at(-1)).toMatchObject({
    runId: 1,
    isNew: true,
    original: { normalizer: 'simple', normalizerVersion: 1, normalizerLabel: 'simple 1' },
    rescored: { normalizer: 'none', normalizerVersion: 1, normalizerLabel: 'none 1' },
  });
  // Capitals, and `Mr.!` as a word of its own: nothing is right any more.
  const { original, rescored } = mode;
  expect(original.werRatio).toBeLessThan(rescored.werRatio);
  expect(rescored.werRatio).toBeGreaterThanOrEqual(1);

  const again = await place.run('rescore', '1', '--normalizer', 'none');
  expect(again.exitCode).toBe(0);
  const percent = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`;
  expect(again.stdout).toContain('Run 1: simple 1 → none 1');
  expect(again.stdout).toContain(`original   WER ${percent(original.werRatio)} → ${percent(rescored.werRatio)}`);

  // Reports under the rule have its figures and its name; those of the run stay what they were.
  const reported = await place.run('report', '1', '--normalizer', 'none', '--format', 'json,csv,results', '--output', 'none');
  expect(reported).toMatchObject({ exitCode: 0 });
  const read = async (...parts: string[]): Promise<unknown> => JSON.parse(await readFile(join(place.folder, ...parts), 'utf8'));
  expect(await read('none', 'report.json')).toMatchObject({
    run: { normalizer: 'none 1', ownNormalizer: 'simple 1' },
    modes: [{ werRatio: rescored.werRatio }],
  });
  expect(await read('none', 'results.json')).toMatchObject({
    original: { overall: { normalizer: 'none', normalizer_label: 'none 1', wer: rescored.werRatio } },
  });
  expect(await readFile(join(place.folder, 'none', 'items.csv'), 'utf8')).toContain(',none 1,');
  expect(await read('results.json')).toMatchObject({ original: { overall: { normalizer: 'simple', wer: original.werRatio } } });
});

test('a run without transcripts cannot be rescored, and says what to do', async () => {
  const folder = join(place.folder, 'bare');
  await mkdir(folder);
  await cp(join(SAMPLES, 'test-tiny', '1001', '1', '1001-1-0000.flac'), join(folder, 'a.flac'));
  expect(await place.run('batch', folder, '--mode', 'original', '--ports', place.ports)).toMatchObject({ exitCode: 0 });
  const refused = await place.run('rescore', '1', '--normalizer', 'none', '--json');
  expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('NOTHING_TO_SCORE') as string });
  expect(jsonLines(refused.stdout).at(-1)).toMatchObject({ type: 'summary', exitCode: 2, error: { code: 'NOTHING_TO_SCORE' } });
});
