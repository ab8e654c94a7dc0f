import { type Command, Option } from 'commander';
import { LOG_SEARCH_MAX_CHARS } from '#shared/contract/log.ts';
import { EVENT_KINDS, EVENT_LEVELS, type EventKind, type EventLevel } from '#shared/domain/eventLog.ts';
import { fail, invalid, oneOf, wholeNumber } from './flagValues.ts';
import { pointInTime } from './period.ts';

export interface LogsCommand {
  readonly command: 'logs';
  readonly runId: number | null;
  readonly serverId: string | null;
  readonly isFollowing: boolean;
  readonly tail: number;
  readonly level: EventLevel;
  /** Empty: all. */
  readonly kinds: readonly EventKind[];
  readonly search: string;
  /** Epoch milliseconds; null: from the first. */
  readonly sinceMs: number | null;
}

interface LogsValues {
  readonly run?: number;
  readonly server?: string;
  readonly follow: boolean;
  readonly tail: number;
  readonly level: EventLevel;
  readonly kind: readonly EventKind[];
  readonly search: string;
  readonly since?: string;
}

/** Entries that one command prints before it follows. */
const MOST_LINES = 100_000;

function kinds(text: string): EventKind[] {
  const names = text.split(',').map((name) => name.trim());
  const found = EVENT_KINDS.filter((kind) => names.includes(kind));
  if (found.length !== names.length) throw invalid('--kind', `one or more of ${EVENT_KINDS.join(', ')}`, text);
  return found;
}

function searchText(text: string): string {
  return text.length <= LOG_SEARCH_MAX_CHARS ? text : fail('--search', `at most ${LOG_SEARCH_MAX_CHARS} characters`, text);
}

/** Adds `logs`. @param add makes a subcommand with the flags that all have */
export function addLogsCommand<Common>(
  add: (name: string, description: string) => Command,
  done: (command: LogsCommand, values: Common) => void,
): void {
  add('logs', 'what happened: files, runs, servers, settings')
    .addOption(new Option('--run <run>', 'of one run').argParser(wholeNumber('--run', 1, Number.MAX_SAFE_INTEGER)))
    .option('--server <id>', 'of one server')
    .option('--follow', 'go on with what happens from now on, until Ctrl-C', false)
    .addOption(new Option('--tail <entries>', 'the last so many').argParser(wholeNumber('--tail', 0, MOST_LINES)).default(100))
    .addOption(
      new Option('--level <level>', `at least as severe: ${EVENT_LEVELS.join(', ')}`)
        .argParser(oneOf('--level', EVENT_LEVELS, (text) => (text.toLowerCase() === 'warning' ? 'warn' : text.toLowerCase())))
        .default('info'),
    )
    .addOption(new Option('--kind <kinds>', `one or more of ${EVENT_KINDS.join(', ')}`).argParser(kinds).default([], 'all'))
    .addOption(new Option('--search <text>', 'in file names, codes, servers and facts').argParser(searchText).default('', 'nothing'))
    .option('--since <time>', 'from then on: 2h, 7d, 2026-11-01 or 2026-11-01T02:00')
    .action(({ run, server, follow, tail, level, kind, search, since, ...common }: LogsValues & Common) => {
      done(
        {
          command: 'logs',
          runId: run ?? null,
          serverId: server ?? null,
          isFollowing: follow,
          tail,
          level,
          kinds: kind,
          search,
          sinceMs: since === undefined ? null : pointInTime('--since', since, Date.now(), false),
        },
        common as Common,
      );
    });
}
