import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CLI, createWorkplace, jsonLines, type Workplace } from './nightshiftProcess.ts';

let place: Workplace;

beforeEach(async () => {
  place = await createWorkplace();
});

afterEach(async () => {
  // None of these commands has anything to do with a data folder.
  expect(existsSync(place.dataDir)).toBe(false);
  await place.close();
});

const write = (name: string, content: string): Promise<void> => writeFile(join(place.folder, name), content);

const PAIRS = [
  { id: 'u-1', ref: 'The cat sat.', hyp: 'the cat sat' },
  { id: 'u-2', ref: 'on the mat', hyp: 'on a mat too' },
  { id: 'u-3', ref: 'again' },
];

/** Pipes a text through a command. */
function filter(args: readonly string[], input: string | Uint8Array): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd: place.folder, env: { ...process.env, LC_ALL: 'C' } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
    child.stdin.end(input);
  });
}

describe('score', () => {
  test('one object for each pair, then one for all', async () => {
    await write('pairs.jsonl', PAIRS.map((pair) => JSON.stringify(pair)).join('\n'));
    const ended = await place.run('score', '--pairs', 'pairs.jsonl', '--json');
    expect(ended.exitCode).toBe(0);
    const lines = jsonLines(ended.stdout);
    expect(lines).toHaveLength(4);
    expect(lines.slice(0, 3)).toMatchObject([
      { id: 'u-1', substitutions: 0, deletions: 0, insertions: 0, hits: 3, wer: 0, cer: 0 },
      { id: 'u-2', substitutions: 1, deletions: 0, insertions: 1, hits: 2, wer: 2 / 3 },
      { id: 'u-3', substitutions: 0, deletions: 1, insertions: 0, hits: 0, wer: 1, cer: 1 },
    ]);
    expect(lines[3]).toMatchObject({
      overall: { substitutions: 1, deletions: 1, insertions: 1, hits: 5, reference_words: 7, wer: 3 / 7, missing_hypotheses: ['u-3'] },
    });
    expect(ended.stderr).toContain('1 without a hypothesis: counted as deletions: u-3');
  });

  test('two files in two forms', async () => {
    await write('ref.trn', 'the cat sat (u-1)\non the mat (u-2)\nagain (u-3)\n');
    await write('hyp.txt', 'u-2 on a mat too\nu-1 the cat sat\nu-9 what\n');
    const ended = await place.run('score', '--ref', 'ref.trn', '--hyp', 'hyp.txt', '--metric', 'wer');
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('WER 42.86 %\n    3 errors in 7 words') as string });
    expect(ended.stdout).not.toContain('CER');
    expect(ended.stderr.trimEnd().split('\n')).toEqual([
      'hyp.txt: the first word of each line is taken for its id; --format lines if all of it is text',
      '1 without a hypothesis: counted as deletions: u-3',
      '1 with a hypothesis and no reference: not scored: u-9',
    ]);
  });

  test('an old night with another normaliser', async () => {
    const night = {
      chunked: {
        timestamp: '2026-01-01T00:00:00Z',
        overall: {},
        raw_results: [{ file_id: 'a/1.flac', reference: 'TWENTY ONE', hypothesis: '21.' }],
      },
      original: {
        timestamp: '2026-01-01T00:00:00Z',
        overall: {},
        raw_results: [{ file_id: 'a/1.flac', reference: 'TWENTY ONE', hypothesis: 'Twenty' }],
      },
    };
    await write('results.json', JSON.stringify(night));
    expect(await place.run('score', 'results.json')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('results.json has chunked, original: say which') as string,
    });
    const overall = async (...args: string[]): Promise<unknown> =>
      jsonLines((await place.run('score', 'results.json', '--json', ...args)).stdout).at(-1);
    expect(await overall('--mode', 'chunked')).toMatchObject({ overall: { wer: 1, normalizer_label: 'simple 1' } });
    expect(await overall('--mode', 'chunked', '--normalizer', 'whisper-en')).toMatchObject({
      overall: { wer: 0, normalizer: 'whisper-en', normalizer_version: 1, normalizer_label: 'whisper-en 1 (no-spelling-list)' },
    });
    expect(await overall('--mode', 'original')).toMatchObject({ overall: { wer: 0.5 } });
  });

  test.each([
    ['a file that is not there', ['score', '--pairs', 'nothing.jsonl'], 'nothing.jsonl'],
    ['a broken line', ['score', '--pairs', 'broken.jsonl', '--json'], 'line 2: expected a JSON object'],
    ['a folder', ['score', '--pairs', '.'], 'it is a folder'],
    ['half of the files', ['score', '--ref', 'broken.jsonl'], 'either --ref FILE and --hyp FILE, or --pairs FILE'],
  ])('%s is refused', async (_, args, detail) => {
    await write('broken.jsonl', '{"id":"a","ref":"b","hyp":"b"}\n{"id":\n');
    const ended = await place.run(...args);
    expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(detail) as string });
    expect(ended.stderr).toContain('INPUT_INVALID');
    if (args.includes('--json'))
      expect(jsonLines(ended.stdout)).toMatchObject([{ type: 'summary', exitCode: 2, error: { code: 'INPUT_INVALID' } }]);
    else expect(ended.stdout).toBe('');
  });
});

const REAL = fileURLToPath(new URL('../../../shared/data/scoring/real-two-modes.jsonl', import.meta.url));
const hasReal = existsSync(REAL);

describe('compare', () => {
  test('two files: effect first, p second, and the same again with the same seed', async () => {
    const utterances = Array.from({ length: 12 }, (_, i) => ({ id: `u-${i}`, ref: 'one two three four five six' }));
    const rows = (wrong: number): string =>
      utterances.map((row, i) => JSON.stringify({ ...row, hyp: row.ref.slice(i < wrong ? 3 + i : 0) })).join('\n');
    await write('a.jsonl', rows(10));
    await write('b.jsonl', rows(1));
    const first = await place.run('compare', 'a.jsonl', 'b.jsonl', '--json', '--seed', '5', '--bootstrap', '500');
    expect(first.exitCode).toBe(0);
    expect(jsonLines(first.stdout)).toMatchObject([
      {
        comparison: {
          a: { name: 'a.jsonl' },
          b: { name: 'b.jsonl' },
          utterances: 12,
          is_enough_data: true,
          bootstrap: { replicates: 500, seed: 5 },
          mapsswe: { segments: 10 },
        },
      },
    ]);
    expect((await place.run('compare', 'a.jsonl', 'b.jsonl', '--json', '--seed', '5', '--bootstrap', '500')).stdout).toBe(first.stdout);
    const people = (await place.run('compare', 'a.jsonl', 'b.jsonl')).stdout;
    expect(people).toMatch(/B is better by [\d.]+ points; A − B [\d.]+ points \(95 % interval [\d.]+ to [\d.]+\)\n {2}MAPSSWE p/);
  });

  test('what cannot be compared is said', async () => {
    await write('a.jsonl', '{"id":"a","ref":"x","hyp":"x"}');
    await write('b.jsonl', '{"id":"b","ref":"x","hyp":"x"}');
    expect(await place.run('compare', 'a.jsonl', 'b.jsonl')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('a.jsonl and b.jsonl have no utterance with the same id and reference') as string,
    });
    expect(await place.run('compare', 'a.jsonl')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('a.jsonl has no modes: name a second file, or two modes of it') as string,
    });
  });

  test.skipIf(!hasReal)(`two modes of real output${hasReal ? '' : ' skipped: no shared data'}`, async () => {
    const ended = await place.run('compare', REAL, '--modes', 'chunked,original', '--json', '--top', '3');
    const [line] = jsonLines(ended.stdout);
    expect(line).toMatchObject({
      comparison: {
        a: { name: 'chunked', wer: 0.08575398235807295 },
        b: { name: 'original', wer: 0.06769200943487673 },
        utterances: 1_696,
        speakers: 20,
        changed_total: 378,
      },
    });
  });
});

describe('normalize', () => {
  test('filters lines', async () => {
    expect(await filter(['normalize', '--normalizer', 'whisper-en'], "Mr. Smith's two dogs\r\n\ncafé\tnineteen ninety")).toEqual({
      exitCode: 0,
      stdout: 'mister smith is 2 dogs\n\ncafe 1990\n',
      stderr: '',
    });
    const json = await filter(['normalize', '--json'], 'A, b!\n');
    expect(JSON.parse(json.stdout)).toEqual({ text: 'A, b!', normalized: 'a b' });
  });

  test('a text larger than a pipe holds comes through whole, line by line', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `Zeile ${i}, 한국어!`);
    const ended = await filter(['normalize', '--normalizer', 'korean'], `${lines.join('\n')}\n`);
    expect(ended.stdout.split('\n')).toEqual([...lines.map((_, i) => `zeile ${i} 한국어`), '']);
  });

  test('bytes that are no UTF-8 are refused', async () => {
    expect(await filter(['normalize'], Uint8Array.of(0x61, 0xff, 0x0a))).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('it is not UTF-8') as string,
    });
  });
});
