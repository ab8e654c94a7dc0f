import { Argument, type Command, Option } from 'commander';
import { READING_POINTS_MAX } from '#shared/domain/readings.ts';
import { wholeNumber } from './flagValues.ts';
import { pointInTime } from './period.ts';

export interface ResourcesCommand {
  readonly command: 'resources';
  readonly runId: number;
  /** Epoch milliseconds; null: from the first reading. */
  readonly sinceMs: number | null;
  readonly points: number;
}

interface ResourcesValues {
  readonly since?: string;
  readonly points: number;
}

/** Adds `resources`. @param add makes a subcommand with the flags that all have */
export function addResourcesCommand<Common>(
  add: (name: string, description: string) => Command,
  done: (command: ResourcesCommand, values: Common) => void,
): void {
  add('resources', 'the machine while a run was under way: processor, memory, graphics cards, servers')
    .addArgument(new Argument('<run>', 'number of the run').argParser(wholeNumber('<run>', 1, Number.MAX_SAFE_INTEGER)))
    .option('--since <time>', 'from then on: 2h, 7d, 2026-11-01 or 2026-11-01T02:00')
    .addOption(
      new Option('--points <count>', 'lines at most; each is as long as that needs')
        .argParser(wholeNumber('--points', 10, READING_POINTS_MAX))
        .default(60),
    )
    .action((runId: number, { since, points, ...common }: ResourcesValues & Common) => {
      done(
        {
          command: 'resources',
          runId,
          sinceMs: since === undefined ? null : pointInTime('--since', since, Date.now(), false),
          points,
        },
        common as Common,
      );
    });
}
