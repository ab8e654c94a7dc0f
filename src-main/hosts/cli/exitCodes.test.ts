import { describe, expect, test } from 'vitest';
import type { RunSummary } from '#shared/contract/runs.ts';
import { exitCodeOfError, exitCodeOfRun } from './exitCodes.ts';
import { buildModeProgress, buildRun } from '#main/testing/runBuilders.ts';

test.each([
  ['INPUT_INVALID', 2],
  ['SOURCE_NOT_FOUND', 2],
  ['RUN_STATE_CONFLICT', 2],
  ['DATA_FOLDER_IN_USE', 3],
  ['PORT_IN_USE', 3],
  ['SERVER_BROKEN', 3],
  ['DISK_FULL', 3],
  ['CONNECTION_LOST', 3],
  ['DECODER_CRASHED', 3],
  ['FILE_EMPTY', 1],
  ['CANCELLED', 130],
  ['INTERNAL', 70],
] as const)('%s ends with %i', (code, exitCode) => {
  expect(exitCodeOfError(code)).toBe(exitCode);
});

describe('of a run', () => {
  const totals = (failed: number): RunSummary['totals'] => ({
    total: 3,
    queued: 0,
    active: 0,
    done: 3 - failed,
    failed,
    skipped: 0,
    cancelled: 0,
  });

  test('everything done, also earlier', () => {
    expect(exitCodeOfRun(buildRun({ status: 'finished', totals: totals(0) }), null)).toBe(0);
  });

  test('some failed', () => {
    expect(exitCodeOfRun(buildRun({ status: 'finished', totals: totals(1) }), null)).toBe(1);
  });

  test('a mode without its server is more than failed files', () => {
    const modes = [buildModeProgress({ status: 'failed', error: { code: 'PORT_IN_USE', data: {} } })];
    expect(exitCodeOfRun(buildRun({ status: 'finished', totals: totals(3), modes }), null)).toBe(3);
  });

  test('results that could not be written are not done', () => {
    expect(exitCodeOfRun(buildRun({ status: 'finished', resultsError: { code: 'OUTPUT_UNWRITABLE', data: {} } }), null)).toBe(3);
  });

  test('interrupted by Ctrl-C, by the system, from somewhere else', () => {
    expect(exitCodeOfRun(buildRun({ status: 'interrupted' }), 'SIGINT')).toBe(130);
    expect(exitCodeOfRun(buildRun({ status: 'interrupted' }), 'SIGTERM')).toBe(143);
    expect(exitCodeOfRun(buildRun({ status: 'stopped' }), null)).toBe(130);
  });

  test('Ctrl-C during the last file of a run that then finished changes nothing', () => {
    expect(exitCodeOfRun(buildRun({ status: 'finished', totals: totals(0) }), 'SIGINT')).toBe(0);
  });

  test('an error of the run decides', () => {
    expect(exitCodeOfRun(buildRun({ status: 'failed', error: { code: 'SOURCE_EMPTY', data: {} } }), null)).toBe(2);
    expect(exitCodeOfRun(buildRun({ status: 'interrupted', error: { code: 'DISK_FULL', data: {} } }), null)).toBe(3);
  });
});
