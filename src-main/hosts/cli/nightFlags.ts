import { type Command, Option } from 'commander';
import type { RunOptionsInput, WhenDone } from '#shared/contract/runs.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { decimalNumber, fail, oneOf, wholeNumber } from './flagValues.ts';

/** Flags of `batch` about a night that nobody watches. */
export interface NightValues {
  readonly maxDuration?: number | 'off';
  readonly failureThreshold?: number | 'off';
  readonly diskLimit?: number | 'off';
  readonly queueSize?: number;
  readonly whenDone?: (typeof WHEN_DONE)[number];
  readonly whenDoneCommand?: string;
}

const WHEN_DONE = ['nothing', 'sleep', 'shutdown', 'command'] as const;
const UNIT_SEC = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const MOST_SEC = 365 * 86_400;

/** Seconds of `90m`, `8h`, `1.5h`, `2d`. */
function duration(text: string): number | 'off' {
  if (text === 'off') return 'off';
  const [, number, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const seconds = unit === undefined ? Number.NaN : Number(number) * UNIT_SEC[unit as keyof typeof UNIT_SEC];
  return seconds >= 1 && seconds <= MOST_SEC ? seconds : fail('--max-duration', 'a time like 8h, 90m or 2d, at most 365d, or off', text);
}

function orOff<T>(read: (text: string) => T): (text: string) => T | 'off' {
  return (text) => (text === 'off' ? 'off' : read(text));
}

function ratio(text: string): number {
  const value = decimalNumber('--failure-threshold', 0, 1, 'failed tasks per finished one (or off)')(text);
  return value > 0 ? value : fail('--failure-threshold', 'more than 0, or off', text);
}

/**
 * Words as a person separates them: by blanks, except between two ' or two ". Nothing else has a meaning, so that a path of Windows stays one.
 * @throws INPUT_INVALID when a quote is not closed or there is no word
 */
export function splitWords(text: string): string[] {
  const words = [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word);
  // What no word took is more than blanks only where a quote is open.
  if (text.replaceAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g, '').trim() !== '' || words.length === 0)
    fail('--when-done-command', 'a program and its arguments, with closed quotes', text);
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}

export function withNightFlags(command: Command): Command {
  return command
    .addOption(new Option('--max-duration <time>', 'pause after it has run so long: 8h, 90m, off (default: 24h)').argParser(duration))
    .addOption(
      new Option(
        '--failure-threshold <share>',
        'pause when this share of at least 20 finished files failed by a server, the network, memory or the engine; or off (default: 0.8)',
      ).argParser(orOff(ratio)),
    )
    .addOption(
      new Option('--disk-limit <MB>', 'pause when the data folder takes more, or off (default: 20480)').argParser(
        orOff(wholeNumber('--disk-limit', 1, Number.MAX_SAFE_INTEGER)),
      ),
    )
    .addOption(
      new Option('--queue-size <files>', 'files made ready ahead of their turn (default: 1000)').argParser(
        wholeNumber('--queue-size', 1, 100_000),
      ),
    )
    .addOption(
      new Option('--when-done <action>', `when the run has ended and no other waits: ${WHEN_DONE.join(', ')} (default: nothing)`).argParser(
        oneOf('--when-done', WHEN_DONE),
      ),
    )
    .addOption(new Option('--when-done-command <command>', 'program and arguments, started without a shell; quotes keep blanks'));
}

/** The options that were given. @throws INPUT_INVALID when two of them do not go together */
export function nightOptions(values: NightValues): Partial<RunOptionsInput> {
  const { maxDuration, failureThreshold, diskLimit, queueSize } = values;
  const whenDone = whenDoneOf(values);
  return {
    ...(maxDuration !== undefined && { maxDurationSec: offIsNull(maxDuration) }),
    ...(failureThreshold !== undefined && { failureThresholdRatio: offIsNull(failureThreshold) }),
    ...(diskLimit !== undefined && { diskLimitMb: offIsNull(diskLimit) }),
    ...(queueSize !== undefined && { queueSize }),
    ...(whenDone !== null && { whenDone }),
  };
}

function offIsNull(value: number | 'off'): number | null {
  return value === 'off' ? null : value;
}

function whenDoneOf({ whenDone, whenDoneCommand }: NightValues): WhenDone | null {
  if (whenDoneCommand !== undefined) {
    if (whenDone !== undefined && whenDone !== 'command')
      throw new NightshiftError('INPUT_INVALID', {
        field: '--when-done-command',
        detail: `it cannot be combined with --when-done ${whenDone}`,
      });
    const [command = '', ...args] = splitWords(whenDoneCommand);
    return { action: 'command', command, args };
  }
  switch (whenDone) {
    case undefined:
      return null;
    case 'command':
      throw new NightshiftError('INPUT_INVALID', {
        field: '--when-done',
        detail: 'the command is missing: --when-done-command "program arguments"',
      });
    case 'shutdown':
      return { action: 'shutDown' };
    default:
      return { action: whenDone };
  }
}
