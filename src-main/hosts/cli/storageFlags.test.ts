import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseCommandLine, type CliCommand } from './commandLine.ts';
import { restoredLines } from './backupCommand.ts';
import { entryText, sizeText } from './storageTexts.ts';

function command(...argv: string[]): CliCommand {
  const parsed = parseCommandLine(argv, { cwd: '/home/me', env: {}, version: '1' });
  if (parsed.kind !== 'command') throw new Error(parsed.text);
  return parsed.command;
}

test('a backup is made, listed or checked, one of them', () => {
  expect(command('backup')).toEqual({ command: 'backup', action: 'create', to: null });
  expect(command('backup', '--to', 'usb')).toEqual({ command: 'backup', action: 'create', to: resolve('/home/me', 'usb') });
  expect(command('backup', '--list')).toEqual({ command: 'backup', action: 'list' });
  expect(command('backup', '--check')).toEqual({ command: 'backup', action: 'check', path: null });
  expect(command('backup', '--check', 'a.db')).toEqual({ command: 'backup', action: 'check', path: resolve('/home/me', 'a.db') });
  expect(() => command('backup', '--list', '--check')).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
});

test('what is restored has to be said', () => {
  expect(command('restore', 'a.db')).toEqual({ command: 'restore', from: { path: resolve('/home/me', 'a.db') } });
  expect(command('restore', '--latest')).toEqual({ command: 'restore', from: 'latest' });
  expect(command('restore', '--new')).toEqual({ command: 'restore', from: 'new' });
  for (const argv of [['restore'], ['restore', 'a.db', '--new'], ['restore', '--latest', '--new']]) {
    expect(() => command(...argv)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  }
});

test('cleaning needs --yes, and only named rules take the place of the settings', () => {
  expect(command('clean')).toEqual({ command: 'clean', isConfirmed: false, cache: false, rules: {}, pin: null });
  expect(command('clean', '--yes', '--older-than', '0.5', '--keep-runs', '3', '--unused-texts')).toEqual({
    command: 'clean',
    isConfirmed: true,
    cache: false,
    rules: { runDays: 0.5, runCount: 3, unusedAnswers: true },
    pin: null,
  });
  expect(command('clean', '--unpin', '#7')).toMatchObject({ pin: { runId: 7, isPinned: false } });
  expect(() => command('clean', '--yes', '--dry-run')).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  expect(() => command('clean', '--older-than', '-1')).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
});

test('each line says what goes, how large it is and why', () => {
  expect([0, 1_536, 250 * 1_024 ** 2].map(sizeText)).toEqual(['0 B', '1.5 KB', '250 MB']);
  const run = { key: 'run:3', kind: 'run', name: 'night', runId: 3, fileBytes: 2_048, databaseBytes: 1_024, limit: 30, atMs: 0 } as const;
  expect(entryText({ ...run, rule: 'runDays' })).toBe(
    '  run 3 “night” with its results file, reports and texts that no other run uses  (2 KB + about 1 KB in the database)  ended 1970-01-01 00:00Z, more than 30 days ago',
  );
});

test('a restore says what is there now, what is not, and the way back', () => {
  const run = { id: 4, name: 'night', createdAtMs: 0 };
  const lines = restoredLines({ runs: 3, newestRun: null, lostRuns: [run], lostCount: 25, keptAsidePath: '/data/kept.db' }, '/b.db');
  expect(lines).toEqual([
    'Restored 3 runs from /b.db.',
    'Not in it: 25 runs of the database of before.',
    '  run 4 “night” of 1970-01-01 00:00Z',
    '  and 24 older',
    'The database of before is kept: /data/kept.db',
    'To go back: nightshift restore "/data/kept.db"',
  ]);
});
