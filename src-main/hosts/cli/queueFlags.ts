import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { QUEUE_PLACES } from '#shared/contract/queue.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import { fail, notEmpty, oneOf, wholeNumber } from './flagValues.ts';

/** Where something goes; `before` names a run or a file. */
export type WantedPlace = (typeof QUEUE_PLACES)[number] | { readonly before: string };

/** `files` are file ids as `results.json` and the panel show them. */
type QueueAction =
  | { readonly action: 'list'; readonly runId: number | null; readonly mode: Mode | null; readonly count: number }
  | { readonly action: 'pause' | 'resume' | 'undo' }
  | { readonly action: 'resume-interrupted' }
  | { readonly action: 'move'; readonly runId: number; readonly to: WantedPlace }
  | { readonly action: 'priority'; readonly runId: number; readonly priority: number }
  | { readonly action: 'stop-after'; readonly runId: number | null }
  | { readonly action: 'move-files'; readonly runId: number; readonly files: readonly string[]; readonly to: WantedPlace }
  | {
      readonly action: 'edit-files';
      readonly runId: number;
      readonly files: readonly string[];
      readonly priority: number | undefined;
      /** null: that of the run. */
      readonly language: string | null | undefined;
    }
  | {
      readonly action: 'hold-files' | 'release-files' | 'remove-files';
      readonly runId: number;
      readonly files: readonly string[];
    }
  | { readonly action: 'stop-after-file'; readonly runId: number; readonly file: string | null }
  /** `path`: absolute. */
  | { readonly action: 'export' | 'import'; readonly path: string };

export type QueueCommand = { readonly command: 'queue' } & QueueAction;

interface QueueValues {
  readonly run?: number;
  readonly mode?: Mode;
  readonly count: number;
  readonly to?: WantedPlace;
  readonly priority?: number;
  readonly language?: string;
}

const ACTIONS = [
  'list',
  'pause',
  'resume',
  'undo',
  'resume-interrupted',
  'move',
  'priority',
  'stop-after',
  'move-files',
  'edit-files',
  'hold-files',
  'release-files',
  'remove-files',
  'stop-after-file',
  'export',
  'import',
] as const;

const HELP = `
Actions:
  list                            what waits, the next one first; with --run, the files of that run (default)
  pause | resume                  no further run starts; the next one starts
  move <run> --to <place>         top, next, last or before:<run>
  priority <run> <number>         0 is done at once, lower is earlier
  stop-after <run>|none           pause the queue after this run
  move-files <run> <file...> --to <place>
                                  top, next, last or before:<file>
  edit-files <run> <file...>      with --priority, --language
  hold-files | release-files | remove-files <run> <file...>
  stop-after-file <run> <file>|none
                                  pause the run after this file
  undo                            take back the last change
  resume-interrupted              every run that a quit or crash has interrupted goes on
  export <file> | import <file>   runs that wait, as a file`;

const MOST = Number.MAX_SAFE_INTEGER;
const runNumber = wholeNumber('run', 1, MOST);
const priorityNumber = wholeNumber('priority', 0, 1_000);

/** Adds `queue`. @param add makes a subcommand with the flags that all have */
export function addQueueCommand<Common>(
  add: (name: string, description: string) => Command,
  cwd: string,
  done: (command: QueueCommand, values: Common) => void,
): void {
  add('queue', 'what waits and in which order; change it')
    .argument('[action]', 'see below')
    .argument('[values...]', 'what it is about')
    .addOption(new Option('--run <number>', 'list the files of this run').argParser(wholeNumber('--run', 1, MOST)))
    .addOption(new Option('--mode <mode>', 'list the files of this mode (default: each)').argParser(oneOf('--mode', MODES)))
    .addOption(new Option('--count <files>', 'list at most so many files of a mode').argParser(wholeNumber('--count', 1, MOST)).default(50))
    .addOption(new Option('--to <place>', 'top, next, last, before:<run or file>').argParser(placeFrom))
    .addOption(new Option('--priority <number>', 'of the files, 0 to 1000').argParser(wholeNumber('--priority', 0, 1_000)))
    .addOption(
      new Option('--language <tag>', 'of the files, like ko; "none": that of the run').argParser(notEmpty('--language', 'a language')),
    )
    .addHelpText('after', HELP)
    .action((action: string | undefined, values: string[], flags: QueueValues & Common) => {
      const wanted = oneOf('action', ACTIONS)(action ?? 'list');
      done({ command: 'queue', ...toAction(wanted, values, flags, cwd) }, flags);
    });
}

function toAction(action: (typeof ACTIONS)[number], values: readonly string[], flags: QueueValues, cwd: string): QueueAction {
  switch (action) {
    case 'list':
      take(values, 0, 'nothing');
      return { action, runId: flags.run ?? null, mode: flags.mode ?? null, count: flags.count };
    case 'pause':
    case 'resume':
    case 'undo':
    case 'resume-interrupted':
      take(values, 0, 'nothing');
      return { action };
    case 'move': {
      const [run] = take(values, 1, 'a run');
      return { action, runId: runNumber(run ?? ''), to: wantedPlace(flags) };
    }
    case 'priority': {
      const [run, priority] = take(values, 2, 'a run and a priority');
      return { action, runId: runNumber(run ?? ''), priority: priorityNumber(priority ?? '') };
    }
    case 'stop-after': {
      const [run] = take(values, 1, 'a run or "none"');
      return { action, runId: run === 'none' ? null : runNumber(run ?? '') };
    }
    case 'move-files':
      return { action, ...runAndFiles(values), to: wantedPlace(flags) };
    case 'edit-files': {
      const { priority, language } = flags;
      if (priority === undefined && language === undefined) fail('edit-files', '--priority or --language', '');
      return { action, ...runAndFiles(values), priority, language: language === 'none' ? null : language };
    }
    case 'hold-files':
    case 'release-files':
    case 'remove-files':
      return { action, ...runAndFiles(values) };
    case 'stop-after-file': {
      const [run, file] = take(values, 2, 'a run and a file or "none"');
      return { action, runId: runNumber(run ?? ''), file: file === 'none' ? null : (file ?? null) };
    }
    case 'export':
    case 'import': {
      const [path] = take(values, 1, 'a file');
      return { action, path: resolve(cwd, path ?? '') };
    }
  }
}

function runAndFiles(values: readonly string[]): { runId: number; files: readonly string[] } {
  const [run, ...files] = values;
  if (run === undefined || files.length === 0) fail('values', 'a run and files', values.join(' '));
  return { runId: runNumber(run), files };
}

function take(values: readonly string[], count: number, expected: string): readonly string[] {
  if (values.length !== count) fail('values', expected, values.join(' '));
  return values;
}

function wantedPlace({ to }: QueueValues): WantedPlace {
  return to ?? fail('--to', 'top, next, last or before:<run or file>', '');
}

function placeFrom(text: string): WantedPlace {
  const before = /^before:(.+)$/s.exec(text)?.[1];
  if (before !== undefined) return { before };
  return QUEUE_PLACES.find((place) => place === text) ?? fail('--to', 'top, next, last or before:<run or file>', text);
}
