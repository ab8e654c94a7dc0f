import { type Command, Option } from 'commander';
import { HISTORY_PARAMETERS, isHistoryParameter, MAX_HISTORY_GROUPS } from '#shared/contract/history.ts';
import { invalid, wholeNumber } from './flagValues.ts';
import { pointInTime } from './period.ts';

export interface HistoryCommand {
  readonly command: 'history';
  readonly by: readonly string[];
  /** Epoch milliseconds; null: from the first. */
  readonly sinceMs: number | null;
  /** Epoch milliseconds, itself excluded; null: to the last. */
  readonly untilMs: number | null;
  readonly count: number;
  readonly isCsv: boolean;
}

interface HistoryValues {
  readonly by: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly count: number;
  readonly csv: boolean;
}

function parameters(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  const isRight = names.length <= 2 && new Set(names).size === names.length && names.every(isHistoryParameter);
  if (!isRight) throw invalid('--by', `one or two of ${HISTORY_PARAMETERS.join(', ')}, option.NAME and data.NAME`, text);
  return names;
}

/** Adds `history`. @param add makes a subcommand with the flags that all have */
export function addHistoryCommand<Common>(
  add: (name: string, description: string) => Command,
  done: (command: HistoryCommand, values: Common) => void,
): void {
  add('history', 'what was done so far, added up by one or two parameters')
    .addOption(
      new Option(
        '--by <list>',
        `one or two of ${HISTORY_PARAMETERS.join(', ')}; option.NAME is any other option of a run, data.NAME a field of its tasks`,
      )
        .argParser(parameters)
        .default(['day', 'mode'], 'day,mode'),
    )
    .option('--since <time>', 'outcomes from then on: 24h, 7d, 2w, 2026-11-01 or 2026-11-01T02:00')
    .option('--until <time>', 'outcomes before then; a day is included')
    .addOption(new Option('--count <groups>', 'how many').argParser(wholeNumber('--count', 1, MAX_HISTORY_GROUPS)).default(1_000))
    .option('--csv', 'a table for spreadsheets: ratios as fractions, times in seconds', false)
    .action(({ by, since, until, count, csv, ...common }: HistoryValues & Common) => {
      const nowMs = Date.now();
      done(
        {
          command: 'history',
          by,
          sinceMs: since === undefined ? null : pointInTime('--since', since, nowMs, false),
          untilMs: until === undefined ? null : pointInTime('--until', until, nowMs, true),
          count,
          isCsv: csv,
        },
        common as Common,
      );
    });
}
