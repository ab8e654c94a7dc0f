import { describe, expect, test } from 'vitest';
import type { ItemRow, TaskCell } from '#shared/contract/items.ts';
import { buildModeProgress, buildRun, buildSample } from '#main/testing/runBuilders.ts';
import {
  duration,
  finalLines,
  modeFinishedLines,
  modeStartedLines,
  preflightItemLine,
  preflightLines,
  progressLine,
  type FinalReport,
} from './batchReport.ts';

const RULE = '='.repeat(60);
const STARTED = {
  step: 'modeStarted',
  mode: 'streaming',
  position: 1,
  of: 3,
  url: 'ws://localhost:8001',
  found: 2_620,
  alreadyDone: 0,
  remaining: 2_620,
  datasetName: 'test-clean',
} as const;

test('a mode begins in the words of the guide', () => {
  expect(modeStartedLines(STARTED)).toEqual([
    '',
    RULE,
    'MODE 1/3: STREAMING',
    RULE,
    'Connecting to: ws://localhost:8001',
    'Processing 2620 audio files from test-clean dataset',
  ]);
});

test('what was done earlier is said to be skipped', () => {
  expect(modeStartedLines({ ...STARTED, alreadyDone: 100, remaining: 2_520 }).slice(-3)).toEqual([
    'Found 100 already processed files for streaming mode',
    'Skipping 100 already processed files',
    'Remaining files to process: 2520',
  ]);
});

describe('the end of a mode', () => {
  const progress = buildModeProgress({ total: 2_620, done: 2_520, skipped: 100, werRatio: 0.0523 });
  const next = { mode: 'chunked', port: 8_002, waitMs: 3_000 } as const;

  test('summary, next mode, pause', () => {
    expect(modeFinishedLines({ step: 'modeFinished', mode: 'streaming', progress, next }, 'running', 'en')).toEqual([
      '',
      RULE,
      'RESULTS SUMMARY - STREAMING MODE',
      RULE,
      'Total files processed: 2620',
      'Skipped files (done earlier): 100',
      'Overall WER: 5.23%',
      'Completed STREAMING mode',
      '',
      'Next: CHUNKED mode (port 8002)',
      'Make sure the CHUNKED server is running on port 8002',
      'Waiting 3 seconds before next mode...',
    ]);
  });

  test('no figure without a reference, no wait where nothing was done', () => {
    const lines = modeFinishedLines(
      { step: 'modeFinished', mode: 'streaming', progress: { ...progress, werRatio: null }, next: { ...next, waitMs: 0 } },
      'own',
      'en',
    );
    expect(lines.some((line) => line.includes('WER') || line.includes('Waiting'))).toBe(false);
    expect(lines).toContain('The CHUNKED server must be running; Nightshift starts it on port 8002');
  });

  test('a mode that could not run says why and is not completed', () => {
    const failed = buildModeProgress({ failed: 3, error: { code: 'PORT_IN_USE', data: { port: 8_001, program: 'python3' } } });
    const lines = modeFinishedLines({ step: 'modeFinished', mode: 'streaming', progress: failed, next: null }, 'own', 'en');
    expect(lines.at(-1)).toMatch(
      /^STREAMING mode could not run: PORT_IN_USE: The port 8001 is held by another program: python3\. .*--ports.*--use-running-servers/,
    );
    expect(lines).not.toContain('Completed STREAMING mode');
  });
});

describe('the progress line', () => {
  const mode = buildModeProgress({ status: 'running', total: 120, skipped: 20, done: 45, failed: 2, active: 8, queued: 45 });
  const sample = buildSample({ ownRssBytes: 512.3 * 1024 * 1024, cpuPercent: 75.2 });

  test('is literally that of the guide', () => {
    expect(progressLine(buildRun({ status: 'running', modes: [mode] }), sample)).toBe(
      'Progress: 45/100 (45.0% success) | Active: 8 | Failed: 2 | Memory: 512.3MB | CPU: 75.2%',
    );
  });

  test('says so when nothing was measured, and is of the modes at work', () => {
    const modes = [buildModeProgress({ status: 'done', total: 5, done: 5 }), { ...mode, total: 20, done: 0 }];
    expect(progressLine(buildRun({ modes }), null)).toBe('Progress: 0/0 (0.0% success) | Active: 8 | Failed: 2 | Memory: n/a | CPU: n/a');
    expect(progressLine(buildRun({ modes: modes.slice(0, 1) }), sample)).toBeNull();
    const together = [mode, { ...mode, mode: 'chunked' as const, done: 15, failed: 0, active: 2 }];
    expect(progressLine(buildRun({ modes: together }), null)).toBe(
      'Progress: 60/200 (30.0% success) | Active: 10 | Failed: 2 | Memory: n/a | CPU: n/a',
    );
  });
});

function cell(changes: Partial<TaskCell>): TaskCell {
  return {
    taskId: 1,
    mode: 'streaming',
    status: 'failed',
    werRatio: null,
    failedAttempts: 1,
    maxRetries: 3,
    notBeforeMs: null,
    errorCode: null,
    priority: 6,
    isHeld: false,
    doneEarlier: false,
    ...changes,
  };
}

function item(fileId: string, changes: Partial<ItemRow> = {}): ItemRow {
  return { id: 1, runId: 1, fileId, sizeBytes: 1, audioSec: 3.2, hasReference: true, problem: null, tasks: [], ...changes };
}

describe('the end of a batch', () => {
  const modes = [
    buildModeProgress({ mode: 'streaming', status: 'done', total: 10, done: 8, failed: 2, werRatio: 0.05 }),
    buildModeProgress({ mode: 'chunked', status: 'done', total: 10, done: 0, skipped: 10 }),
  ];
  const report = (changes: Partial<FinalReport> = {}): FinalReport => ({
    run: buildRun({
      status: 'finished',
      modes,
      totals: { total: 20, queued: 0, active: 0, done: 8, failed: 2, skipped: 10, cancelled: 0 },
      startedAtMs: 1_000,
      endedAtMs: 4_600,
      memoryPeakMb: 100,
      cpuPeakPercent: 80,
    }),
    outputShown: 'out/results.json',
    dataDirFlag: null,
    peaks: { memoryMb: 512.3, cpuPercent: 70 },
    failedItems: [],
    failedCount: 0,
    advice: [],
    commandMs: 4_000,
    locale: 'en',
    ...changes,
  });

  test('complete', () => {
    expect(finalLines(report())).toEqual([
      '',
      RULE,
      'ALL MODES COMPLETED',
      RULE,
      'STREAMING: 10 files processed (WER 5.00%)',
      'CHUNKED: 10 files processed',
      '',
      'Total: 20 | Done: 8 | Failed: 2 | Skipped: 10',
      // As in the report of the run: what was done earlier is done.
      'Success rate: 90.0%',
      'Elapsed: 3.6 s | This command: 4.0 s',
      // Eight results in 3.6 seconds.
      'Throughput: 8000 results/h',
      'Peaks: memory 512.3MB | CPU 80.0%',
      'Results saved to: out/results.json',
    ]);
  });

  test('each failed file once, with its modes, code and sentence', () => {
    const failedItems = [
      item('a/1.wav', { tasks: [cell({ errorCode: 'FILE_EMPTY' }), cell({ mode: 'original', errorCode: 'FILE_EMPTY' })] }),
      item('b.wav', { tasks: [cell({ errorCode: 'SERVER_SILENT' }), cell({ mode: 'chunked', status: 'done' })] }),
    ];
    expect(finalLines(report({ failedItems, failedCount: 2 }))).toEqual(
      expect.arrayContaining([
        'Failed files (2):',
        '  a/1.wav [streaming, original] FILE_EMPTY: The file has no content.',
        '  b.wav [streaming] SERVER_SILENT: The speech server said nothing.',
      ]),
    );
  });

  test('interrupted: what was saved and how to go on come last', () => {
    const run = buildRun({
      id: 7,
      status: 'interrupted',
      startedAtMs: 1,
      totals: { total: 20, queued: 9, active: 1, done: 10, failed: 0, skipped: 0, cancelled: 0 },
    });
    const lines = finalLines(report({ run, dataDirFlag: '/my data' }));
    expect(lines).not.toContain('ALL MODES COMPLETED');
    expect(lines).toContain('Total: 20 | Done: 10 | Failed: 0 | Skipped: 0 | Not reached: 10');
    expect(lines.slice(-2)).toEqual([
      'Partial results saved to: out/results.json',
      "To go on, run the same command again or: npm run --silent nightshift -- resume 7 --data-dir '/my data'",
    ]);
    expect(finalLines(report({ run, locale: 'ko' })).at(-1)).toMatch(/nightshift -- resume 7$/);
  });

  test('a batch with a mode that could not run is not said to be completed', () => {
    const failed = [buildModeProgress({ failed: 3, error: { code: 'PORT_IN_USE', data: {} } })];
    const lines = finalLines(report({ run: buildRun({ status: 'finished', modes: failed }) }));
    expect(lines).toContain('SOME MODES COULD NOT RUN');
    expect(lines.join('\n')).not.toContain('ALL MODES COMPLETED');
  });

  test('results that were not written are not said to be saved', () => {
    const run = buildRun({ status: 'finished', resultsError: { code: 'DISK_FULL', data: { path: '/out' } } });
    const lines = finalLines(report({ run }));
    expect(lines.some((line) => line.includes('saved to'))).toBe(false);
    expect(lines.at(-1)).toMatch(/^DISK_FULL: The disk is full: \/out\./);
  });
});

test('the pre-flight list says what was found, what would be done and what is odd', () => {
  const run = buildRun({
    itemCount: 3,
    audioSec: 90,
    withReferenceCount: 1,
    unusableCount: 1,
    problems: [{ code: 'FOLDER_UNREADABLE', path: '/x' }],
  });
  const plan = {
    modes: [{ mode: 'original' as const, found: 3, alreadyDone: 1, unusable: 1, remaining: 1, beyondLimit: 4, audioSec: 30 }],
    ...{ etaSec: 600, etaLowSec: 480, etaHighSec: 780 },
    warnings: [
      { code: 'portInUse' as const, data: { port: 8_003 } },
      { code: 'noReferences' as const, data: {} },
    ],
  };
  expect(preflightLines(run, plan, 'en')).toEqual([
    'Found 3 files (1 min 30 s of audio), 1 with a transcript, 1 that cannot be read',
    'ORIGINAL: 3 found, 1 already processed, 1 to process, 4 beyond the limit (30.0 s of audio)',
    'Expected: about 10 min left, between 8 min and 13 min',
    'Warning: port 8003 is in use; choose others with --ports, or use that server with --use-running-servers',
    'Warning: no file has a transcript, so there will be no word error rate',
    'Warning: FOLDER_UNREADABLE: A folder cannot be read: /x.',
  ]);
  expect(preflightItemLine(item('a.wav'), 'en')).toBe('     3.2 s  a.wav');
  expect(preflightItemLine(item('b.wav', { audioSec: null, problem: 'FILE_EMPTY' }), 'en')).toBe(
    '         ?  b.wav  FILE_EMPTY: The file has no content.',
  );
});

test.each([
  [4_230, '4.2 s'],
  [200_000, '3 min 20 s'],
  [19_440_000, '5 h 24 min'],
])('%i ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
