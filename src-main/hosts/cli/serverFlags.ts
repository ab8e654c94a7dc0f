import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import { SERVER_PROTOCOLS } from '#shared/domain/profileDefaults.ts';
import { fail, invalid, notEmpty, oneOf, wholeNumber } from './flagValues.ts';

/** One field of a profile and its new value: `['options', 'model']`, `"large-v3"`. */
export interface FieldChange {
  readonly path: readonly string[];
  readonly value: unknown;
}

export type ServerCommand = { readonly command: 'servers' } & (
  | { readonly action: 'list'; readonly id: string | null }
  | { readonly action: 'presets' }
  | { readonly action: 'start' | 'stop' | 'pause' | 'resume' | 'test' | 'show' | 'remove'; readonly id: string }
  | { readonly action: 'logs'; readonly id: string; readonly lines: number; readonly isFollowing: boolean }
  | {
      readonly action: 'add';
      readonly preset: string | null;
      /** Absolute; null: from a preset or from flags alone. */
      readonly file: string | null;
      readonly changes: readonly FieldChange[];
      readonly isReplacing: boolean;
    }
  | { readonly action: 'edit'; readonly id: string; readonly changes: readonly FieldChange[] }
  /** `file` null: to standard output. */
  | { readonly action: 'export'; readonly ids: readonly string[]; readonly file: string | null; readonly isForced: boolean }
  | { readonly action: 'import'; readonly file: string; readonly isReplacing: boolean }
  /** No ids: Nightshift's own server of the mode. */
  | { readonly action: 'use'; readonly mode: Mode; readonly ids: readonly string[] }
  | { readonly action: 'port'; readonly id: string; readonly isUsingExternal: boolean; readonly port: number | null }
);

const ACTIONS = [
  ...[
    'list',
    'start',
    'stop',
    'pause',
    'resume',
    'test',
    'logs',
    'log',
    'show',
    'add',
    'edit',
    'remove',
    'use',
    'port',
    'presets',
    'export',
    'import',
  ],
] as const;

const HELP = `
Actions:
  list [SERVER]            every server, what it does and which mode it serves
  start | stop SERVER      SERVER is an id; Nightshift's own are called streaming, chunked and original
  pause | resume SERVER    it gets no new files until it is resumed; the process stays as it is
  test SERVER              send one clip and show each step
  logs SERVER              last lines of its log (--lines); --follow goes on until Ctrl-C
  presets                  servers that can be added by name
  add [FILE]               from --preset, from a JSON file, or from flags
  edit SERVER              change fields with the same flags
  show SERVER              its whole description as JSON
  remove SERVER            forget it
  use MODE [SERVER…]       which servers serve a mode; none: Nightshift's own
  port SERVER              who holds its port; --use-external or --to PORT settles it
  export [SERVER…]         as JSON without secrets, to --output or the terminal
  import FILE              everything in it or nothing

Examples:
  nightshift servers add --preset s0-streaming --cwd ~/STiTy/LibriSpeech
  nightshift servers add --name "My vosk" --mode streaming --protocol vosk --port 2700
  nightshift servers edit my-vosk --set timeouts.connectMs=60000
  nightshift servers use streaming my-vosk
`;

interface ServerValues {
  readonly lines: number;
  readonly follow: boolean;
  readonly preset?: string;
  readonly replace: boolean;
  readonly output?: string;
  readonly force: boolean;
  readonly useExternal: boolean;
  readonly to?: number;
  readonly name?: string;
  readonly id?: string;
  readonly mode?: Mode;
  readonly protocol?: string;
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly command?: string;
  readonly arg?: readonly string[];
  readonly cwd?: string;
  readonly env?: readonly string[];
  readonly external: boolean;
  readonly capacity?: number;
  readonly model?: string;
  readonly language?: string;
  readonly apiKeyFrom?: string;
  readonly set?: readonly string[];
}

/** Adds `servers`. @param add makes a subcommand with the flags that all have */
export function addServerCommand<Common>(
  add: (name: string, description: string) => Command,
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
  done: (command: ServerCommand, values: Common) => void,
): void {
  const more = (text: string, before: readonly string[] | undefined): string[] => [...(before ?? []), text];
  const port = (flag: string): ((text: string) => number) => wholeNumber(flag, 1, 65_535);
  add('servers', 'show, describe, test, start and stop the speech servers')
    .argument('[action]', `one of ${ACTIONS.filter((action) => action !== 'log').join(', ')}`, 'list')
    .argument('[names...]', 'what the action is about')
    .addOption(new Option('--lines <count>', 'lines of the log').argParser(wholeNumber('--lines', 1, 2_000)).default(50))
    .option('--follow', 'go on with the log until Ctrl-C', false)
    .option('--preset <preset>', 'start from a preset')
    .option('--replace', 'take the place of a server with the same id', false)
    .addOption(new Option('--output <file>', 'where to write').argParser(notEmpty('--output', 'a file')))
    .option('--force', 'write over a file that is there', false)
    .option('--use-external', 'use what holds the port as it is, and never end it', false)
    .addOption(new Option('--to <port>', 'move the server to another port').argParser(port('--to')))
    .option('--name <name>', 'name of the server')
    .option('--id <id>', 'short name for commands (default: made from the name)')
    .addOption(new Option('--mode <mode>', 'streaming, chunked or original').argParser(oneOf('--mode', MODES)))
    .addOption(new Option('--protocol <protocol>', SERVER_PROTOCOLS.join(', ')).argParser(oneOf('--protocol', SERVER_PROTOCOLS)))
    .option('--host <host>', 'where it runs (default: this machine)')
    .addOption(new Option('--port <port>', 'where it listens').argParser(port('--port')))
    .option('--path <path>', 'path of its address')
    .option('--command <program>', 'program that starts it; without one somebody else runs it')
    .option('--arg <argument>', 'argument of the program, repeated; may hold {port} {model} {mode} {window}', more)
    .addOption(new Option('--cwd <folder>', 'folder the program starts in').argParser(notEmpty('--cwd', 'a folder')))
    .option('--env <NAME=value>', 'environment of the program, repeated', more)
    .option('--external', 'somebody else runs it', false)
    .addOption(new Option('--capacity <sessions>', 'files at once').argParser(wholeNumber('--capacity', 1, 256)))
    .option('--model <model>', 'name or path of its model')
    .option('--language <tag>', 'language when the run leaves it open')
    .option('--api-key-from <VARIABLE>', 'read its API key from this environment variable')
    .option('--set <field=value>', 'any other field, like timeouts.connectMs=60000; repeated', more)
    .addHelpText('after', HELP)
    .action((actionText: string, names: string[], values: ServerValues & Common) => {
      done(toCommand(oneOf('action', ACTIONS)(actionText), names, values, cwd, env), values);
    });
}

function toCommand(
  action: (typeof ACTIONS)[number],
  names: readonly string[],
  values: ServerValues,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): ServerCommand {
  const command = 'servers' as const;
  const [first, second] = names;
  const only = (): string => {
    if (first === undefined) throw invalid('server', `the id of a server after "${action}"`, '');
    if (second !== undefined) throw invalid('server', `one server after "${action}"`, names.join(' '));
    return first;
  };
  switch (action) {
    case 'list':
      return { command, action, id: first === undefined ? null : only() };
    case 'presets':
      return { command, action };
    case 'start':
    case 'stop':
    case 'pause':
    case 'resume':
    case 'test':
    case 'show':
    case 'remove':
      return { command, action, id: only() };
    case 'log':
    case 'logs':
      return { command, action: 'logs', id: only(), lines: values.lines, isFollowing: values.follow };
    case 'add': {
      const file = first === undefined ? null : resolve(cwd, only());
      return { command, action, preset: values.preset ?? null, file, changes: changesOf(values, cwd, env), isReplacing: values.replace };
    }
    case 'edit': {
      if (values.id !== undefined) throw invalid('--id', 'no other id: export the server and import it under another one', values.id);
      const changes = changesOf(values, cwd, env);
      if (changes.length === 0) throw invalid('servers edit', 'at least one flag that says what to change', '');
      return { command, action, id: only(), changes };
    }
    case 'export':
      return {
        command,
        action,
        ids: names,
        file: values.output === undefined ? null : resolve(cwd, values.output),
        isForced: values.force,
      };
    case 'import':
      if (first === undefined) throw invalid('file', 'a JSON file after "import"', '');
      return { command, action, file: resolve(cwd, only()), isReplacing: values.replace };
    case 'use':
      return { command, action, mode: oneOf('mode', MODES)(first ?? ''), ids: names.slice(1) };
    case 'port':
      return { command, action, id: only(), isUsingExternal: values.useExternal, port: values.to ?? null };
  }
}

function changesOf(values: ServerValues, cwd: string, env: Readonly<Record<string, string | undefined>>): FieldChange[] {
  const changes: FieldChange[] = [];
  const say = (path: readonly string[], value: unknown): void => {
    if (value !== undefined) changes.push({ path, value });
  };
  say(['name'], values.name);
  say(['id'], values.id);
  say(['mode'], values.mode);
  say(['protocol'], values.protocol);
  say(['host'], values.host);
  say(['port'], values.port);
  say(['path'], values.path);
  if (values.external) say(['start'], null);
  if (values.command !== undefined) say(['start', 'kind'], 'command');
  say(['start', 'command'], values.command);
  say(['start', 'args'], values.arg);
  say(['start', 'cwd'], values.cwd === undefined ? undefined : resolve(cwd, values.cwd));
  for (const pair of values.env ?? []) say(['start', 'env', ...fieldPath(pair, '--env', false).path], fieldPath(pair, '--env', false).text);
  say(['capacity'], values.capacity);
  say(['options', 'model'], values.model);
  say(['options', 'language'], values.language);
  if (values.apiKeyFrom !== undefined) {
    const key = env[values.apiKeyFrom];
    if (key === undefined || key === '') throw invalid('--api-key-from', 'an environment variable that is set', values.apiKeyFrom);
    say(['options', 'apiKey'], key);
  }
  for (const pair of values.set ?? []) {
    const { path, text } = fieldPath(pair, '--set', true);
    say(path, jsonOrText(text));
  }
  return changes;
}

function fieldPath(pair: string, flag: string, isDotted: boolean): { readonly path: string[]; readonly text: string } {
  const at = pair.indexOf('=');
  if (at <= 0) fail(flag, 'NAME=value', pair);
  const name = pair.slice(0, at);
  return { path: isDotted ? name.split('.') : [name], text: pair.slice(at + 1) };
}

/** `5`, `null`, `"a"` and `["a"]` are what they say; anything else is text. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
