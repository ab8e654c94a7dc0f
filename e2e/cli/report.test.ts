import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { QcReportSchema, ReportModelSchema } from '../../src-shared/contract/reports.ts';
import { createWorkplace, jsonLines, SAMPLES, type Workplace } from './nightshiftProcess.ts';

let place: Workplace;

beforeEach(async () => {
  place = await createWorkplace();
});

afterEach(async () => {
  await place.close();
});

async function write(name: string, value: unknown): Promise<string> {
  const path = join(place.folder, name);
  await writeFile(path, JSON.stringify(value));
  return path;
}

const read = (...parts: string[]): Promise<string> => readFile(join(place.folder, ...parts), 'utf8');

test('a batch that its gate refuses ends with 4, and its report says why', async () => {
  const strict = await write('strict.json', { version: 1, name: 'strict', rules: [{ scope: 'mode', metric: 'done', min: 1_000 }] });
  const batch = await place.run(
    'batch',
    SAMPLES,
    '--mode',
    'original',
    '--limit',
    '3',
    '--calculate-wer',
    '--ports',
    place.ports,
    '--gate',
    strict,
    '--json',
  );
  expect(batch.exitCode).toBe(4);
  const lines = jsonLines(batch.stdout);
  expect(lines.find(({ type }) => type === 'gate')).toMatchObject({ verdict: { valid: false, name: 'strict' } });
  expect(lines.at(-1)).toMatchObject({ type: 'summary', exitCode: 4 });

  // The verdict stays with the run; notes and another gate can come later.
  const notes = await write('notes.json', { author: 'Kim', decisions: ['<b>go</b>'] });
  const formats = 'html,md,csv,json,results,qc,orchestration,resources,txt,srt,vtt,tsv,transcript-json';
  const report = await place.run('report', '1', '--notes', notes, '--format', formats, '--output', 'out', '--lang', 'ko');
  expect(report).toMatchObject({ exitCode: 0 });
  const names = await readdir(join(place.folder, 'out'));
  expect(names).toEqual(
    expect.arrayContaining([
      'items.csv',
      'original',
      'qc_report.json',
      'report.html',
      'report.json',
      'report.md',
      'resource_usage_detailed.json',
      'results.json',
      'words.csv',
    ]),
  );
  expect(names.some((name) => /^orchestration_results_\d{8}_\d{6}\.json$/.test(name))).toBe(true);

  const { items, ...model } = JSON.parse(await read('out', 'report.json')) as { items: unknown[] };
  expect(ReportModelSchema.parse(model)).toMatchObject({
    outcome: { total: 3, done: 3, failed: 0, successRatio: 1 },
    gate: { name: 'strict', valid: false },
    notes: { author: 'Kim' },
  });
  expect(items).toHaveLength(3);
  expect(QcReportSchema.parse(JSON.parse(await read('out', 'qc_report.json')))).toMatchObject({ verdict: 'failed' });
  const html = await read('out', 'report.html');
  expect(html).toContain('<html lang="ko">');
  expect(html).toContain('&lt;b&gt;go&lt;/b&gt;');
  const transcripts = (await readdir(join(place.folder, 'out', 'original'), { recursive: true })).filter((name) => name.endsWith('.srt'));
  expect(transcripts).toHaveLength(3);
  expect(await read('out', 'original', transcripts[0] ?? '')).toMatch(/^1\n\d\d:\d\d:\d\d,\d{3} --> /);

  // Nothing is written over unasked.
  const again = await place.run('report', '1', '--format', 'md,html', '--output', 'out');
  expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('OUTPUT_EXISTS') as string });
  expect(await read('out', 'report.html')).toBe(html);
  const forced = await place.run('report', '1', '--output', 'out', '--force', '--json');
  expect(forced.exitCode).toBe(0);
  expect(jsonLines(forced.stdout)).toMatchObject([
    { type: 'file', format: 'html', path: join(place.folder, 'out', 'report.html') },
    { type: 'transcripts', count: 0 },
    { type: 'summary', exitCode: 0, gatePassed: null },
  ]);
  expect(await read('out', 'report.html')).toContain('<html lang="en">');

  const mild = await write('mild.json', { version: 1, rules: [{ scope: 'run', metric: 'successRatio', min: 1 }] });
  expect(await place.run('report', '1', '--gate', mild)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('Gate: passed') as string,
  });
});

test('what is wrong with a request is said before anything is opened', async () => {
  expect(await place.run('report', '99')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('RUN_NOT_FOUND') as string });
  const wrong = await write('wrong.json', { version: 1, rules: [{ scope: 'run', metric: 'wer', max: 1 }] });
  expect(await place.run('report', '1', '--gate', wrong)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('rules.0.metric') as string,
  });
  expect(await place.run('batch', SAMPLES, '--gate', join(place.folder, 'missing.json'))).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('there is no such file') as string,
  });
  const notes = await write('notes.json', { autor: 'Kim' });
  expect(await place.run('report', '1', '--notes', notes)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('autor') as string,
  });
});
