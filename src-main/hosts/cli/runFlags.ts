import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import { decimalNumber, invalid, notEmpty, oneOf, wholeNumber } from './flagValues.ts';
import { pointInTime } from './period.ts';

interface OfRun {
  readonly command: 'runAction';
  readonly runId: number;
}

export type RunCommand =
  /** `atMs` undefined: now, in the way of `now`; null: a planned pause is taken back. */
  | (OfRun & { readonly action: 'pause'; readonly now: boolean; readonly mode: Mode | null; readonly atMs: number | null | undefined })
  | (OfRun & { readonly action: 'resume'; readonly mode: Mode | null; readonly progressIntervalSec: number })
  | (OfRun & { readonly action: 'retry'; readonly progressIntervalSec: number })
  | (OfRun & { readonly action: 'stop' })
  /** Absolute paths. */
  | (OfRun & { readonly action: 'add'; readonly sources: readonly string[] })
  | { readonly command: 'resumeInterrupted'; readonly progressIntervalSec: number };

const PAUSE_HELP = `
Current files finish first; with --now they go back to the queue, a long one from its last finished part.
A planned pause is kept over a restart.

Examples:
  nightshift pause 12 --at 07:00
  nightshift pause 12 --mode chunked
`;

const DAY_MS = 86_400_000;

/** `07:00` is the next time the clock shows it; anything else is a point in time. */
function pauseTime(text: string, nowMs: number): number {
  const clock = /^(\d{1,2}):(\d{2})$/.exec(text);
  if (clock === null) {
    if (!text.includes('T')) throw invalid('--at', 'a time like 07:00 or 2026-11-01T07:00', text);
    return pointInTime('--at', text, nowMs, false);
  }
  const [hour, minute] = clock.slice(1).map(Number) as [number, number];
  if (hour > 23 || minute > 59) throw invalid('--at', 'a time like 07:00 or 2026-11-01T07:00', text);
  const today = new Date(nowMs).setHours(hour, minute, 0, 0);
  // By the calendar, so that a change to summer time moves nothing.
  return today > nowMs ? today : new Date(nowMs + DAY_MS).setHours(hour, minute, 0, 0);
}

/** Adds what is done to runs that exist. @param add makes a subcommand with the flags that all have */
export function addRunCommands<Common>(
  add: (name: string, description: string) => Command,
  { cwd, nowMs }: { readonly cwd: string; readonly nowMs: number },
  done: (command: RunCommand, values: Common) => void,
): void {
  const command = 'runAction' as const;
  const numberOf = (run: string): number => wholeNumber('run', 1, Number.MAX_SAFE_INTEGER)(run.replace(/^#/, ''));
  const modeOption = (): Option => new Option('--mode <mode>', 'only this mode; the others go on').argParser(oneOf('--mode', MODES));

  add('pause', 'let the current files finish and start nothing new')
    .argument('<run>', 'number of the run')
    .option('--now', 'do not wait for the current files', false)
    .addOption(modeOption())
    .addOption(new Option('--at <time>', 'pause then: HH:MM or 2026-11-01T07:00').argParser(notEmpty('--at', 'a time')))
    .option('--cancel-at', 'take back a planned pause', false)
    .addHelpText('after', PAUSE_HELP)
    .action((run: string, values: Common & { now: boolean; mode?: Mode; at?: string; cancelAt: boolean }) => {
      const { now, mode, at, cancelAt } = values;
      const isPlanned = at !== undefined || cancelAt;
      if (isPlanned && (now || mode !== undefined || (at !== undefined && cancelAt))) {
        throw invalid(at === undefined ? '--cancel-at' : '--at', 'no other flag beside it', at ?? '');
      }
      const atMs = at !== undefined ? pauseTime(at, nowMs) : cancelAt ? null : undefined;
      done({ command, action: 'pause', runId: numberOf(run), now, mode: mode ?? null, atMs }, values);
    });

  add('resume', 'go on with a paused or interrupted run')
    .argument('[run]', 'number of the run')
    .addOption(modeOption())
    .option('--interrupted', 'every run that a quit, a crash or a restart of the machine left', false)
    .addOption(progressIntervalOption())
    .action((run: string | undefined, values: Common & { mode?: Mode; interrupted: boolean; progressInterval: number }) => {
      const { mode, interrupted, progressInterval: progressIntervalSec } = values;
      if (interrupted) {
        if (run !== undefined || mode !== undefined)
          throw invalid('--interrupted', 'neither a run nor --mode beside it', run ?? mode ?? '');
        done({ command: 'resumeInterrupted', progressIntervalSec }, values);
        return;
      }
      if (run === undefined) throw invalid('run', 'the number of a run, or --interrupted', '');
      done({ command, action: 'resume', runId: numberOf(run), mode: mode ?? null, progressIntervalSec }, values);
    });

  add('stop', 'end a run; what is not finished is cancelled')
    .argument('<run>', 'number of the run')
    .action((run: string, values: Common) => done({ command, action: 'stop', runId: numberOf(run) }, values));

  add('retry', 'do again what failed or was cancelled')
    .argument('<run>', 'number of the run')
    .addOption(progressIntervalOption())
    .action((run: string, values: Common & { progressInterval: number }) =>
      done({ command, action: 'retry', runId: numberOf(run), progressIntervalSec: values.progressInterval }, values),
    );

  add('add', 'add files to a run that has not ended, while it goes on')
    .argument('<run>', 'number of the run')
    .argument('<folder...>', 'folders or files')
    .action((run: string, folders: string[], values: Common) => {
      const sources = folders.map((folder) => resolve(cwd, notEmpty('folder', 'a folder')(folder)));
      done({ command, action: 'add', runId: numberOf(run), sources }, values);
    });
}

export function progressIntervalOption(): Option {
  return new Option('--progress-interval <seconds>', 'time between progress lines')
    .argParser(decimalNumber('--progress-interval', 0.1, 3_600, 'seconds'))
    .default(5);
}
