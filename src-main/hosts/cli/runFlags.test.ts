import { expect, test } from 'vitest';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { parseCommandLine } from './commandLine.ts';

function command(line: string): unknown {
  const parsed = parseCommandLine(line.split(' '), { cwd: '/work', env: {}, version: '1' });
  return parsed.kind === 'command' ? parsed.command : parsed.text;
}

function fieldRefused(line: string): unknown {
  try {
    return command(line);
  } catch (error) {
    return error instanceof NightshiftError ? (error.data['field'] ?? error.data['detail']) : error;
  }
}

const PAUSE = { command: 'runAction', action: 'pause', runId: 12, now: false, mode: null };

test('a run is paused after its files, now, in one mode, or at a time', () => {
  expect(command('pause 12')).toEqual({ ...PAUSE, atMs: undefined });
  expect(command('pause #12 --now --mode chunked')).toEqual({ ...PAUSE, now: true, mode: 'chunked', atMs: undefined });
  expect(command('pause 12 --at 2031-02-03T07:30')).toEqual({ ...PAUSE, atMs: new Date(2031, 1, 3, 7, 30).getTime() });
  expect(command('pause 12 --cancel-at')).toEqual({ ...PAUSE, atMs: null });
});

test('a time of day is the next one, at most a day ahead', () => {
  const { atMs } = command('pause 12 --at 07:05') as { atMs: number };
  const at = new Date(atMs);
  expect([at.getHours(), at.getMinutes(), at.getSeconds()]).toEqual([7, 5, 0]);
  expect(atMs).toBeGreaterThan(Date.now() - 60_000);
  expect(atMs).toBeLessThan(Date.now() + 25 * 3_600_000);
});

test.each([
  ['pause 12 --at 25:00', '--at'],
  ['pause 12 --at tomorrow', '--at'],
  ['pause 12 --at 07:00 --now', '--at'],
  ['pause 12 --cancel-at --mode chunked', '--cancel-at'],
  ['resume', 'run'],
  ['resume 4 --interrupted', '--interrupted'],
  ['resume 4 --mode fast', '--mode'],
])('%s is refused', (line, field) => {
  expect(fieldRefused(line)).toBe(field);
});

test('runs go on alone, by a mode, or all that were interrupted', () => {
  const resume = { command: 'runAction', action: 'resume', runId: 4, progressIntervalSec: 5 };
  expect(command('resume 4')).toEqual({ ...resume, mode: null });
  expect(command('resume 4 --mode original')).toEqual({ ...resume, mode: 'original' });
  expect(command('resume --interrupted')).toEqual({ command: 'resumeInterrupted', progressIntervalSec: 5 });
  expect(command('retry 4')).toEqual({ command: 'runAction', action: 'retry', runId: 4, progressIntervalSec: 5 });
});

test('folders are added to a run by their absolute paths', () => {
  expect(command('add 4 more /other')).toEqual({ command: 'runAction', action: 'add', runId: 4, sources: ['/work/more', '/other'] });
});
