import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWorkplace, jsonLines, readResults, SAMPLES, type ResultsFile, type Workplace } from './nightshiftProcess.ts';

let place: Workplace;

beforeEach(async () => {
  place = await createWorkplace();
});

afterEach(async () => {
  await place.close();
});

function rowsOf(results: ResultsFile, mode: string): ResultsFile[string]['raw_results'] {
  return results[mode]?.raw_results ?? [];
}

/** Files with that status, by name. */
function withStatus(results: ResultsFile, mode: string, status: string): string[] {
  return rowsOf(results, mode)
    .filter((row) => row.status === status)
    .map((row) => row.file_id);
}

/** Six recordings of two speakers: about 20 s of audio. */
async function copySomeSamples(): Promise<string> {
  const folder = join(place.folder, 'some');
  for (const speaker of ['1001', '1002']) await cp(join(SAMPLES, 'test-tiny', speaker), join(folder, speaker), { recursive: true });
  return folder;
}

test('the sample batch runs in all modes, and a second time there is nothing to do', async () => {
  const args = ['batch', SAMPLES, '--all-modes', '--calculate-wer', '--output', 'out/results.json', '--ports', place.ports];
  const first = await place.run(...args);
  expect(first).toMatchObject({ exitCode: 0 });
  const [streaming = '', chunked = ''] = place.ports.split(',');
  const lines = first.stdout.split('\n');
  const expected = [
    'MODE 1/3: STREAMING',
    `Connecting to: ws://localhost:${streaming}`,
    'Processing 24 audio files from samples dataset',
    'RESULTS SUMMARY - STREAMING MODE',
    'Total files processed: 24',
    /^Overall WER: \d+\.\d\d%$/,
    'Completed STREAMING mode',
    `Next: CHUNKED mode (port ${chunked})`,
    'Waiting 3 seconds before next mode...',
    'MODE 2/3: CHUNKED',
    'Completed CHUNKED mode',
    'MODE 3/3: ORIGINAL',
    'Completed ORIGINAL mode',
    'ALL MODES COMPLETED',
    /^STREAMING: 24 files processed/,
    /^ORIGINAL: 24 files processed/,
    'Total: 72 | Done: 72 | Failed: 0 | Skipped: 0',
    'Success rate: 100.0%',
    'Results saved to: out/results.json',
  ];
  let at = -1;
  for (const text of expected) {
    const found = lines.findIndex((line, index) => index > at && (typeof text === 'string' ? line === text : text.test(line)));
    expect({ text, isThere: found > at }).toEqual({ text, isThere: true });
    at = found;
  }
  expect(first.stdout).toMatch(
    /^Progress: 24\/24 \(100\.0% success\) \| Active: 0 \| Failed: 0 \| Memory: (\d+\.\dMB|n\/a) \| CPU: (\d+\.\d%|n\/a)$/m,
  );

  const path = join(place.folder, 'out', 'results.json');
  const results = await readResults(path);
  expect(Object.keys(results)).toEqual(['streaming', 'chunked', 'original']);
  for (const mode of ['streaming', 'chunked', 'original']) {
    const overall = results[mode]?.overall;
    expect(overall).toMatchObject({ num_files: 24, num_done: 24, num_failed: 0, reference_words: 190, normalizer: 'simple' });
    expect(overall?.['wer']).toBeLessThan(0.5);
    expect(rowsOf(results, mode).every((row) => row.hypothesis !== null && row.wer !== null && !row.done_earlier)).toBe(true);
  }

  const second = await place.run(...args);
  expect(second).toMatchObject({ exitCode: 0 });
  expect(second.stdout).toContain(
    'Found 24 already processed files for chunked mode\nSkipping 24 already processed files\nRemaining files to process: 0',
  );
  expect(second.stdout).toContain('Total: 72 | Done: 0 | Failed: 0 | Skipped: 72');
  expect(second.stdout).not.toContain('Waiting 3 seconds');
  const again = await readResults(path);
  for (const mode of ['streaming', 'chunked', 'original']) {
    const facts = (file: ResultsFile): unknown =>
      rowsOf(file, mode).map(({ file_id, status, hypothesis, wer }) => [file_id, status, hypothesis, wer]);
    expect(facts(again)).toEqual(facts(results));
    expect(again[mode]?.overall).toMatchObject({ num_files: 24, wer: results[mode]?.overall['wer'], num_done_earlier: 24 });
  }
});

test('a limit counts what is not done yet: repeating takes the next ones', async () => {
  const folder = await copySomeSamples();
  const args = ['batch', folder, '--mode', 'original', '--limit', '2', '--ports', place.ports];
  expect(await place.run(...args)).toMatchObject({ exitCode: 0 });
  const first = await readResults(join(place.folder, 'results.json'));
  expect(await place.run(...args)).toMatchObject({ exitCode: 0 });
  const second = await readResults(join(place.folder, 'results.json'));
  expect(withStatus(first, 'original', 'done')).toHaveLength(2);
  expect(withStatus(second, 'original', 'done')).toHaveLength(4);
  expect(
    rowsOf(second, 'original')
      .filter((row) => row.done_earlier)
      .map((row) => row.file_id),
  ).toEqual(withStatus(first, 'original', 'done'));
});

describe('bad input', () => {
  test('bad files fail with their code, the good one is finished, and the totals reconcile', async () => {
    const folder = join(place.folder, 'mixed [1] 한글');
    await mkdir(folder);
    await cp(join(SAMPLES, 'test-tiny', '1001', '1', '1001-1-0000.flac'), join(folder, 'good.flac'));
    await writeFile(join(folder, 'good.txt'), 'CALL WINDOW SEND ORANGE BUS WAS DOOR GRAY');
    await writeFile(join(folder, 'empty.wav'), '');
    await writeFile(join(folder, 'text.mp3'), 'this is not music');
    await writeFile(join(folder, 'text.txt'), 'three words lost');
    const ended = await place.run('batch', folder, '--calculate-wer', '--mode', 'original', '--ports', place.ports);
    expect(ended).toMatchObject({ exitCode: 1 });
    expect(ended.stdout).toContain('Failed files (2):');
    expect(ended.stdout).toMatch(/empty\.wav \[original\] FILE_EMPTY: /);
    expect(ended.stdout).toMatch(/text\.mp3 \[original\] MEDIA_UNRECOGNISED: /);
    const results = await readResults(join(place.folder, 'results.json'));
    expect(results['original']?.overall).toMatchObject({ num_files: 3, num_done: 1, num_failed: 2, num_pending: 0 });
    expect(rowsOf(results, 'original').find((row) => row.file_id === 'text.mp3')).toMatchObject({ status: 'failed', wer: 1 });
  });

  test.each([
    ['SOURCE_NOT_FOUND', 'missing', null],
    ['SOURCE_EMPTY', 'empty', []],
    ['SOURCE_HAS_NO_MEDIA', 'papers', ['letter.txt']],
  ] as const)('%s', async (code, name, files) => {
    if (files !== null) await mkdir(join(place.folder, name));
    for (const file of files ?? []) await writeFile(join(place.folder, name, file), 'text');
    const ended = await place.run('batch', name, '--ports', place.ports);
    expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`${code}: `) as string });
    expect(await readdir(place.folder)).not.toContain('results.json');
  });

  test('a flag that makes no sense is refused before anything is opened', async () => {
    const ended = await place.run('batch', 'x', '--limit', 'many');
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ended.stderr).toContain('INPUT_INVALID: The request is not valid (--limit): expected a whole number of at least 1, got "many".');
    expect(await readdir(place.folder)).toEqual([]);
  });

  test('a results file that cannot be written is refused before the work', async () => {
    await mkdir(join(place.folder, 'taken.json'));
    const ended = await place.run('batch', SAMPLES, '--output', 'taken.json', '--ports', place.ports);
    expect(ended).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('OUTPUT_UNWRITABLE: ') as string });
  });

  test('a port held by something else is named with the flags that help', async () => {
    const stranger = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => stranger.listen(Number(place.ports.split(',')[2]), '127.0.0.1', resolve));
    try {
      const ended = await place.run('batch', await copySomeSamples(), '--mode', 'original', '--ports', place.ports);
      expect(ended).toMatchObject({ exitCode: 3 });
      expect(ended.stdout).toMatch(/ORIGINAL mode could not run: PORT_IN_USE: .*--ports.*--use-running-servers/);
      expect(ended.stdout).not.toContain('ALL MODES COMPLETED');
    } finally {
      await new Promise((resolve) => stranger.close(resolve));
    }
  });
});

test('a results file of another program is merged, never destroyed', async () => {
  const theirs = {
    original: {
      timestamp: '2025-01-01T00:00:00',
      overall: { num_files: 1, wer: 0.4 },
      folders: {},
      raw_results: [{ file_id: 'theirs', wer: 0.4 }],
    },
    streaming: { timestamp: '2025-01-02T00:00:00', overall: { wer: 0.3 }, folders: {}, raw_results: [] },
    note: 'keep me',
  };
  await writeFile(join(place.folder, 'results.json'), JSON.stringify(theirs));
  expect(await place.run('batch', await copySomeSamples(), '--mode', 'original', '--ports', place.ports)).toMatchObject({ exitCode: 0 });
  const results = await readResults(join(place.folder, 'results.json'));
  expect(results['streaming']).toEqual(theirs.streaming);
  expect(results['note']).toBe('keep me');
  expect(rowsOf(results, 'original').map((row) => row.file_id)).toContain('theirs');
  expect(results['original']?.overall).toMatchObject({ num_files: 6, num_kept_rows: 1, merged_from: { wer: 0.4 } });
});

test('--json has one object a line and the summary last; everything else is on standard error', async () => {
  const ended = await place.run('batch', await copySomeSamples(), '--mode', 'chunked', '--json', '--calculate-wer', '--ports', place.ports);
  expect(ended.exitCode).toBe(0);
  const events = jsonLines(ended.stdout);
  const types = events.map((event) => event.type);
  expect(types.filter((type) => type === 'taskFinished')).toHaveLength(6);
  expect(types).toEqual(expect.arrayContaining(['prepared', 'modeStarted', 'modeFinished']));
  expect(events.at(-1)).toMatchObject({ type: 'summary', exitCode: 0, run: { status: 'finished', totals: { total: 6, done: 6 } } });
  expect(ended.stderr).toContain('MODE 1/1: CHUNKED');
});

test('--preflight-only lists and starts nothing', async () => {
  const ended = await place.run(
    'batch',
    await copySomeSamples(),
    '--all-modes',
    '--limit',
    '4',
    '--preflight-only',
    '--ports',
    place.ports,
  );
  expect(ended).toMatchObject({ exitCode: 0 });
  expect(ended.stdout).toContain('Found 6 files');
  expect(ended.stdout).toContain('ORIGINAL: 4 found, 0 already processed, 4 to process, 2 beyond the limit');
  expect(ended.stdout).toMatch(/\d\.\d s {2}1001\/1\/1001-1-0000\.flac/);
  expect(await readdir(place.folder)).not.toContain('results.json');
  expect(jsonLines((await place.run('runs', '--json')).stdout)).toEqual([{ type: 'summary', exitCode: 0, total: 0 }]);
});
