import { describe, expect, it } from 'vitest';
import { RUN_STATUSES } from '#shared/domain/run.ts';
import { buildMode, buildRun } from '../../testing/builders.ts';
import { barParts, filesPerSecond, runActions, settledCount, successRatio, waitsFor } from './progressView.ts';

describe('progress of a mode', () => {
  it('splits the bar', () => {
    expect(barParts(buildMode({ total: 10, done: 5, failed: 1, skipped: 2 }))).toEqual({ earlier: 0.2, done: 0.5, failed: 0.1 });
    expect(barParts(buildMode({ total: 0 }))).toEqual({ earlier: 0, done: 0, failed: 0 });
    expect(settledCount({ done: 1, failed: 2, skipped: 3 })).toBe(6);
  });

  it('counts success among what was tried', () => {
    expect(successRatio({ done: 3, failed: 1 })).toBe(0.75);
    expect(successRatio({ done: 0, failed: 0 })).toBeNull();
  });

  it('waits for the mode before', () => {
    const run = buildRun({
      modes: [
        buildMode({ mode: 'streaming', status: 'done' }),
        buildMode({ mode: 'chunked', status: 'running' }),
        buildMode({ mode: 'original', status: 'waiting' }),
      ],
    });
    expect(run.modes.map((mode) => waitsFor(run, mode)?.mode ?? null)).toEqual([null, null, 'chunked']);
  });
});

describe('speed', () => {
  const point = (atMs: number, processed: number) => ({ atMs, processed, activeWorkers: 1, allowedWorkers: 1 });
  it('looks at the last half minute', () => {
    expect(filesPerSecond([point(0, 0), point(60_000, 10), point(80_000, 40)])).toBe(1.5);
  });
  it('says nothing from too little', () => {
    expect(filesPerSecond([])).toBeNull();
    expect(filesPerSecond([point(0, 0)])).toBeNull();
    expect(filesPerSecond([point(0, 0), point(1_000, 9)])).toBeNull();
  });
});

describe('buttons', () => {
  it('fit the status', () => {
    const offered = Object.fromEntries(
      RUN_STATUSES.map((status) => {
        const { canPause, canResume, canStop } = runActions(buildRun({ status }));
        return [status, [canPause && 'pause', canResume && 'resume', canStop && 'stop'].filter(Boolean).join(' ')];
      }),
    );
    expect(offered).toEqual({
      preparing: '',
      ready: '',
      queued: 'pause stop',
      running: 'pause stop',
      pausing: 'stop',
      paused: 'resume stop',
      stopping: '',
      finished: '',
      stopped: '',
      interrupted: 'resume stop',
      failed: '',
    });
  });
  it('offers only to go on where the files were not looked at completely', () => {
    expect(runActions(buildRun({ status: 'interrupted', modes: [] }))).toMatchObject({
      preparesAgain: true,
      canResume: true,
      canStop: false,
    });
    expect(runActions(buildRun({ status: 'interrupted' })).preparesAgain).toBe(false);
    expect(runActions(buildRun({ status: 'paused', modes: [] })).preparesAgain).toBe(false);
  });
  it('offers to redo what failed', () => {
    const run = buildRun({ status: 'finished', modes: [buildMode({ total: 3, queued: 0, done: 2, failed: 1 })] });
    expect(runActions(run)).toMatchObject({ canResume: true, resumeRedoes: true, isOver: true });
  });
});
