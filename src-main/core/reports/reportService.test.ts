import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GateSchema } from '#shared/contract/gate.ts';
import { REPORT_FORMATS, TRANSCRIPT_FORMATS } from '#shared/contract/reports.ts';
import { RunOptionsSchema, type RunOptions } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { openWriter } from '#main/core/persistence/connection.ts';
import { type Database, openDatabase } from '#main/core/persistence/database.ts';
import type { StoredReportItem } from '#main/core/persistence/operations/reports.ts';
import type { PagePrinter } from '#main/core/ports.ts';
import { createClock } from '#main/platform/clock.ts';
import { createFileStore } from '#main/platform/fileStore.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { answeredResult, HOSTILE_NAMES, reportFacts, reportItem, reportRun, smallNight } from '#main/testing/reportRows.ts';
import { createReportService, type ExportRequest, type ReportService } from './reportService.ts';

const OPTIONS: RunOptions = RunOptionsSchema.parse({ modes: ['streaming', 'chunked', 'original'] });

let folder: string;
let database: Database | null = null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-reports-'));
});

afterEach(async () => {
  await database?.close();
  database = null;
  await rm(folder, { recursive: true });
});

const NO_BROWSER: PagePrinter = {
  printPdf: () => Promise.reject(new NightshiftError('PDF_UNAVAILABLE', { detail: 'none here' })),
};

async function serviceOver(items: readonly StoredReportItem[], printer = NO_BROWSER): Promise<{ reports: ReportService; runId: number }> {
  const path = join(folder, 'nightshift.db');
  const connection = openWriter(path);
  const runId = plantRun(connection, items, OPTIONS);
  connection.close();
  const opened = await openDatabase(path);
  database = opened;
  const reports = createReportService({
    database: opened,
    clock: createClock(),
    files: createFileStore(),
    printer,
    runsFolder: join(folder, 'runs'),
    getRun: (id) =>
      id === runId ? Promise.resolve(reportRun({ id })) : Promise.reject(new NightshiftError('RUN_NOT_FOUND', { runId: id })),
    readResults: (_, normalizer) =>
      Promise.resolve({
        modes: [],
        normalizer: normalizer ?? 'simple',
        normalizerVersion: 1,
        calculateWer: true,
        model: '',
        pacing: 'asFast',
        language: null,
      }),
    environment: () => Promise.resolve(reportFacts().environment),
  });
  return { reports, runId };
}

function request(runId: number, changes: Partial<ExportRequest> = {}): ExportRequest {
  return {
    runId,
    formats: ['html'],
    folder: join(folder, 'out'),
    language: 'en',
    force: false,
    naming: '{mode}/{folder}/{name}.{ext}',
    clusterBySpeaker: false,
    normalizer: null,
    ...changes,
  };
}

const WITHOUT_PDF = REPORT_FORMATS.filter((format) => format !== 'pdf');

test('every format is written, transcripts in folders like those of the recordings', async () => {
  const { reports, runId } = await serviceOver(smallNight());
  const written = await reports.exportFiles(request(runId, { formats: WITHOUT_PDF }));
  // 55 answers in five formats.
  expect(written.transcripts).toBe(55 * TRANSCRIPT_FORMATS.length);
  for (const { path } of written.files) expect((await readFile(path, 'utf8')).length).toBeGreaterThan(2);
  const found = (await readdir(written.folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(found).toHaveLength(written.files.length + written.transcripts);
  const report = JSON.parse(await readFile(join(written.folder, 'report.json'), 'utf8')) as {
    items: { fileId: string }[];
    run: { id: number };
  };
  expect(report.items).toHaveLength(60);
  for (const name of HOSTILE_NAMES) expect(report.items.some(({ fileId }) => fileId === `odd/${name}`)).toBe(true);
  expect(await readFile(join(written.folder, 'streaming/100/1/100-1-0000.txt'), 'utf8')).toBe(
    'the wrong brown fox bad over the lazy dog number one\n',
  );
  // A slash in a name is a level of folders.
  const odd = await readdir(join(written.folder, 'streaming/odd'), { recursive: true });
  expect(odd.filter((name) => name.endsWith('.srt'))).toHaveLength(4);
});

test('what is there is not written over, and then nothing is written', async () => {
  const { reports, runId } = await serviceOver(smallNight());
  const out = join(folder, 'out');
  await reports.exportFiles(request(runId, { formats: ['srt'] }));
  const taken = join(out, 'original/100/1/100-1-0000.srt');
  await writeFile(taken, 'mine');
  await expect(reports.exportFiles(request(runId, { formats: ['html', 'srt'] }))).rejects.toMatchObject({
    code: 'OUTPUT_EXISTS',
    data: { count: 51 + 4 },
  });
  expect(await readdir(out)).not.toContain('report.html');
  expect(await readFile(taken, 'utf8')).toBe('mine');
  await reports.exportFiles(request(runId, { formats: ['html', 'srt'], force: true }));
  expect(await readFile(taken, 'utf8')).toContain('-->');
});

test('without a browser the PDF fails with its code, after everything else was written', async () => {
  const { reports, runId } = await serviceOver(smallNight());
  await expect(reports.exportFiles(request(runId, { formats: ['pdf', 'md', 'html'] }))).rejects.toMatchObject({ code: 'PDF_UNAVAILABLE' });
  expect((await readdir(join(folder, 'out'))).toSorted()).toEqual(['report.html', 'report.md']);
});

test('a run that does not exist and a template that leaves the folder are refused', async () => {
  const { reports, runId } = await serviceOver([]);
  await expect(reports.exportFiles(request(99))).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  await expect(reports.setNotes(99, {})).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  await expect(reports.exportFiles(request(runId, { formats: ['txt'], naming: '../{name}' }))).rejects.toMatchObject({
    code: 'INPUT_INVALID',
  });
  expect(await readdir(folder)).not.toContain('out');
});

test('an empty run has reports, too', async () => {
  const { reports, runId } = await serviceOver([]);
  const written = await reports.exportFiles(request(runId, { formats: WITHOUT_PDF, folder: null }));
  expect(written.folder).toBe(join(folder, 'runs', String(runId), 'report'));
  expect(written.transcripts).toBe(0);
  expect(JSON.parse(await readFile(join(written.folder, 'report.json'), 'utf8'))).toMatchObject({ items: [], outcome: { total: 0 } });
});

test('a report under another normaliser says so everywhere', async () => {
  const { reports, runId } = await serviceOver(smallNight());
  await reports.judge(runId, GateSchema.parse({ version: 1, rules: [{ scope: 'run', metric: 'done', min: 1 }] }));
  const { folder: out } = await reports.exportFiles(
    request(runId, { formats: ['html', 'md', 'csv', 'json', 'results', 'qc', 'orchestration'], normalizer: 'whisper-en' }),
  );
  const label = 'whisper-en 1 (no-spelling-list)';
  for (const name of (await readdir(out)).filter((file) => file !== 'words.csv' && file !== 'results.json')) {
    expect(await readFile(join(out, name), 'utf8'), name).toContain(label);
  }
  const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as { gate: unknown; run: unknown };
  expect(report).toMatchObject({ gate: null, run: { normalizer: label, ownNormalizer: 'simple 1', options: { normalizer: 'simple' } } });
  expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('The run itself was scored with simple 1');
  expect(await reports.model(runId, false, 'simple')).toMatchObject({
    gate: { valid: true },
    run: { normalizer: 'simple 1', ownNormalizer: null },
  });
});

test('notes and verdict are kept and come back in the model', async () => {
  const { reports, runId } = await serviceOver(smallNight());
  await reports.setNotes(runId, { author: 'Kim' });
  const gate = GateSchema.parse({ version: 1, rules: [{ scope: 'mode', metric: 'werRatio', max: 0.5 }] });
  expect(await reports.judge(runId, gate)).toMatchObject({ valid: true });
  const model = await reports.model(runId, false, null);
  expect(model).toMatchObject({ notes: { author: 'Kim' }, gate: { valid: true }, run: { modelName: 'tiny-en' } });
  await reports.setNotes(runId, null);
  expect(await reports.notes(runId)).toBeNull();
});

test('a night of 2,620 files in three modes is made in small pieces, and the event loop turns meanwhile', async () => {
  const modes: readonly Mode[] = ['streaming', 'chunked', 'original'];
  const words =
    'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty';
  const items = Array.from({ length: 2_620 }, (_, index) => {
    const reference = `${words} ${index}`;
    const results = modes.map((mode, place) =>
      answeredResult(mode, reference, index % (place + 3) === 0 ? reference.replace('five', 'fife') : reference),
    );
    return reportItem(index + 1, `${index % 40}/1/${index % 40}-1-${String(index).padStart(4, '0')}.flac`, reference, results);
  });
  const { reports, runId } = await serviceOver(items);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const written = await reports.exportFiles(request(runId, { formats: ['html', 'csv', 'json', 'qc'] }));
  delays.disable();
  // Turns of the loop, each at most as long as one page of rows: the work itself is in the thread.
  expect(delays.count).toBeGreaterThan(2_620 / 50);
  const report = JSON.parse(await readFile(join(written.folder, 'report.json'), 'utf8')) as {
    items: unknown[];
    comparisons: { verdict: string }[];
  };
  expect(report.items).toHaveLength(7_860);
  expect(report.comparisons[0]).toMatchObject({ a: 'streaming', b: 'chunked', pairs: 2_620, verdict: 'bBetter' });
  if (process.env['NIGHTSHIFT_SHOW_DELAYS'] !== undefined)
    process.stderr.write(`longest turn ${(delays.max / 1e6).toFixed(1)} ms, p99.9 ${(delays.percentile(99.9) / 1e6).toFixed(1)} ms\n`);
});
