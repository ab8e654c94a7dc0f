import { describe, expect, test } from 'vitest';
import { parseCommandLine } from './commandLine.ts';
import { splitWords } from './nightFlags.ts';

function optionsOf(...flags: string[]): unknown {
  const parsed = parseCommandLine(['batch', 'in', ...flags], { cwd: '/w', env: {}, version: '1' });
  return parsed.kind === 'command' && parsed.command.command === 'batch' ? parsed.command.options : null;
}

describe('flags of a night', () => {
  test.each([
    [['--max-duration', '90m'], { maxDurationSec: 5_400 }],
    [['--max-duration', '1.5h'], { maxDurationSec: 5_400 }],
    [['--max-duration', 'off'], { maxDurationSec: null }],
    [['--failure-threshold', '0.5'], { failureThresholdRatio: 0.5 }],
    [['--failure-threshold', 'off'], { failureThresholdRatio: null }],
    [['--disk-limit', '500'], { diskLimitMb: 500 }],
    [['--disk-limit', 'off'], { diskLimitMb: null }],
    [['--queue-size', '7'], { queueSize: 7 }],
    [['--when-done', 'Shutdown'], { whenDone: { action: 'shutDown' } }],
    [['--when-done-command', 'tell "a b" c'], { whenDone: { action: 'command', command: 'tell', args: ['a b', 'c'] } }],
  ])('%j', (flags, options) => {
    expect(optionsOf(...flags)).toMatchObject(options);
  });

  test('leave the defaults to the runtime', () => {
    for (const name of ['maxDurationSec', 'failureThresholdRatio', 'diskLimitMb', 'queueSize', 'whenDone'])
      expect(optionsOf()).not.toHaveProperty(name);
  });

  test.each([
    [['--max-duration', '8'], '--max-duration'],
    [['--max-duration', '0h'], '--max-duration'],
    [['--max-duration', '366d'], '--max-duration'],
    [['--failure-threshold', '0'], '--failure-threshold'],
    [['--failure-threshold', '80'], '--failure-threshold'],
    [['--disk-limit', '0'], '--disk-limit'],
    [['--queue-size', '0'], '--queue-size'],
    [['--when-done', 'command'], '--when-done'],
    [['--when-done', 'sleep', '--when-done-command', 'x'], '--when-done-command'],
    [['--when-done-command', 'say "hello'], '--when-done-command'],
    [['--when-done-command', ' '], '--when-done-command'],
  ])('%j is refused', (flags, field) => {
    expect(() => optionsOf(...flags)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', data: expect.objectContaining({ field }) }) as Error,
    );
  });
});

test('words are separated by blanks, and nothing but quotes has a meaning', () => {
  expect(splitWords(String.raw`C:\a\b.exe --to='x y'"z" $HOME *`)).toEqual([String.raw`C:\a\b.exe`, '--to=x yz', '$HOME', '*']);
  expect(splitWords(`a ""`)).toEqual(['a', '']);
});
