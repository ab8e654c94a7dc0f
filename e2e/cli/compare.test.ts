import { rename, rm } from 'node:fs/promises';
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

async function batch(...args: string[]): Promise<void> {
  const ended = await place.run('batch', SAMPLES, '--calculate-wer', '--ports', place.ports, '--limit', '8', ...args);
  expect(ended.exitCode, ended.stderr).toBe(0);
}

interface Line {
  readonly comparison: {
    readonly a: { readonly run: number; readonly mode: string; readonly wer: number; readonly reference_words: number };
    readonly b: { readonly run: number; readonly mode: string; readonly wer: number; readonly reference_words: number };
    readonly utterances: number;
    readonly wer_delta: number;
    readonly mapsswe: { readonly p: number; readonly p_holm: number } | null;
    readonly normalizer_label: string;
    readonly changed: readonly unknown[];
    readonly changed_total: number;
  };
}

async function compare(...args: string[]): Promise<Line['comparison'][]> {
  const ended = await place.run('compare', ...args, '--json');
  expect(ended.exitCode, ended.stderr).toBe(0);
  return jsonLines(ended.stdout).map((line) => (line as unknown as Line).comparison);
}

test('runs and their modes are compared, and the figures are those of the files', async () => {
  await batch('--all-modes');
  const pairs = await compare('1', '--top', '2');
  expect(pairs.map(({ a, b }) => `${a.mode} ${b.mode}`)).toEqual(['streaming chunked', 'streaming original', 'chunked original']);
  for (const { a, b, utterances, wer_delta: delta, changed, changed_total: total, mapsswe, normalizer_label: label } of pairs) {
    expect({ utterances, label, words: b.reference_words }).toEqual({ utterances: 8, label: 'simple 1', words: a.reference_words });
    expect(delta).toBeCloseTo(a.wer - b.wer, 12);
    expect(changed).toHaveLength(Math.min(2, total));
    expect(mapsswe?.p_holm ?? 1).toBeGreaterThanOrEqual(mapsswe?.p ?? 1);
  }
  // The same texts without a run: results.json, compared by the other road.
  const [ofFile] = await compare('results.json', '--modes', 'chunked,original');
  const [ofRun] = await compare('1:chunked', '1:original');
  expect(ofRun?.a.wer).toBeCloseTo(ofFile?.a.wer ?? -1, 12);
  expect(ofRun?.b.wer).toBeCloseTo(ofFile?.b.wer ?? -1, 12);
  expect(ofRun?.utterances).toBe(ofFile?.utterances);

  // A second run over the same files in two modes, its results being there already: mode by mode.
  await batch('--mode', 'chunked', '--continue-modes', '--output', 'second.json');
  const byMode = await compare('1', '2');
  expect(byMode.map(({ a, b }) => [a.run, a.mode, b.run, b.mode])).toEqual([
    [1, 'chunked', 2, 'chunked'],
    [1, 'original', 2, 'original'],
  ]);
  expect(byMode.map(({ wer_delta: delta, utterances }) => [delta, utterances])).toEqual([
    [0, 8],
    [0, 8],
  ]);

  const other = await compare('1:chunked', '2:original', '--normalizer', 'none', '--cluster-by', 'speaker');
  expect(other).toMatchObject([{ normalizer_label: 'none 1', a: { run: 1, mode: 'chunked' }, b: { run: 2, mode: 'original' } }]);

  const told = await place.run('compare', '1', '--modes', 'streaming,original');
  expect(told.stdout).toMatch(/^A run 1 streaming, B run 1 original: 8 files, normaliser simple 1\n {2}A {2}WER /);
  expect(told.stdout).toMatch(/(A is better|B is better|have the same WER)/);
});

test('what cannot be compared is said with its code and what to do', async () => {
  await batch('--mode', 'original');
  const refused = async (...args: string[]): Promise<string> => {
    const ended = await place.run('compare', ...args);
    expect(ended.exitCode).toBe(2);
    return ended.stderr;
  };
  expect(await refused('1')).toContain('NOTHING_TO_COMPARE: There is only one mode to compare in run 1.');
  expect(await refused('1', '--lang', 'ko')).toContain('비교할 모드가 하나뿐입니다 (실행 1).');
  expect(await refused('1:original', '1:chunked')).toContain('NOTHING_TO_COMPARE: The chosen mode is not part of the run: run 1, chunked.');
  expect(await refused('1', '99')).toContain('RUN_NOT_FOUND: There is no run with the number 99.');
  expect(await refused('1', 'results.json')).toContain('INPUT_INVALID');
  await rename(join(place.folder, 'results.json'), join(place.folder, '7'));
  // A file of such a name is named by a path.
  expect(await refused('7', '1')).toContain('RUN_NOT_FOUND');
  expect(await refused('./7')).toContain('INPUT_INVALID');
  await rm(join(place.folder, '7'));
});
