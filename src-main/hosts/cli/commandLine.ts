import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { ProfileIdSchema } from '#shared/contract/profiles.ts';
import type { RunOptionsInput } from '#shared/contract/runs.ts';
import { inModeOrder, MODES, modesFrom, type Mode } from '#shared/domain/mode.ts';
import { NORMALIZERS, type NormalizerName } from '#shared/domain/scores.ts';
import { MESSAGE_LOCALES, type MessageLocale } from '#shared/errors/messages.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { DEFAULT_PANEL_PORT } from '#main/hosts/panelPort.ts';
import { nightOptions, type NightValues, withNightFlags } from './nightFlags.ts';
import { decimalNumber, fail, invalid, notEmpty, oneOf, wholeNumber } from './flagValues.ts';
import { addCompareCommand, type CompareFilesCommand, type CompareRunsCommand } from './compareFlags.ts';
import { addDoctorCommand, type DoctorCommand } from './doctorFlags.ts';
import { addHistoryCommand, type HistoryCommand } from './historyFlags.ts';
import { addLogsCommand, type LogsCommand } from './logFlags.ts';
import { addQueueCommand, type QueueCommand } from './queueFlags.ts';
import { addReportCommand, gateOption, type ReportCommand } from './reportFlags.ts';
import { addResourcesCommand, type ResourcesCommand } from './resourcesFlags.ts';
import { addRescoreCommand, type RescoreCommand } from './rescoreFlags.ts';
import { addRunCommands, progressIntervalOption, type RunCommand } from './runFlags.ts';
import { addScoringCommands, type ScoringCommand } from './scoringFlags.ts';
import { addSearchCommand, type SearchCommand } from './searchFlags.ts';
import { addServerCommand, type ServerCommand } from './serverFlags.ts';
import { addStorageCommands, type StorageCommand } from './storageFlags.ts';

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;
/** DEBUG tells every file, INFO progress, WARNING only banners, summaries and what is wrong, ERROR the same without warnings. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What every command takes. */
export interface CommonFlags {
  /** As given; null: the environment or the system's place. */
  readonly dataDir: string | null;
  readonly isJson: boolean;
  readonly locale: MessageLocale;
  readonly logLevel: LogLevel;
}

export interface BatchCommand {
  readonly command: 'batch';
  readonly sources: readonly string[];
  readonly options: RunOptionsInput;
  /** The results file as the user wrote it; `options.outputPath` is the same as an absolute path. */
  readonly outputShown: string;
  readonly progressIntervalSec: number;
  readonly isPreflightOnly: boolean;
  /** Rules the finished run is judged by, absolute; null: none. */
  readonly gateFile: string | null;
}

export type CliCommand =
  | BatchCommand
  | { readonly command: 'runs'; readonly count: number }
  | { readonly command: 'alerts'; readonly count: number }
  | RunCommand
  | ServerCommand
  | QueueCommand
  | ScoringCommand
  | CompareFilesCommand
  | CompareRunsCommand
  | ReportCommand
  | RescoreCommand
  | HistoryCommand
  | SearchCommand
  | StorageCommand
  | LogsCommand
  | ResourcesCommand
  | DoctorCommand
  | { readonly command: 'serve'; readonly port: number; readonly isOpening: boolean; readonly isLinkOnly: boolean };

export type ParsedCommandLine =
  | { readonly kind: 'command'; readonly common: CommonFlags; readonly command: CliCommand }
  /** Help or the version: to be printed as it is. */
  | { readonly kind: 'text'; readonly text: string };

export interface CommandLineContext {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
}

const DEFAULT_OUTPUT = 'results.json';

function threePorts(text: string): Record<Mode, number> {
  const parts = text.split(',').map((part) => part.trim());
  const expected = 'three different ports for streaming, chunked and original, like 8001,8002,8003';
  const ports = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN));
  const [streaming, chunked, original] = ports;
  const isRight = ports.length === 3 && ports.every((port) => port >= 1 && port <= 65_535) && new Set(ports).size === 3;
  if (!isRight || streaming === undefined || chunked === undefined || original === undefined) throw invalid('--ports', expected, text);
  return { streaming, chunked, original };
}

function serverIds(text: string): string[] {
  const ids = text.split(',').map((id) => id.trim());
  return ids.every((id) => ProfileIdSchema.safeParse(id).success)
    ? ids
    : fail('--server', 'ids of servers (nightshift servers list)', text);
}

/** A name of a known model stays a name; anything that looks like a path is one. */
function modelIn(cwd: string): (text: string) => string {
  return (text) =>
    text === '' ? fail('--model', 'a model folder or the name of a model', text) : /[\\/]|^\.{1,2}$/.test(text) ? resolve(cwd, text) : text;
}

function languageTag(text: string): string {
  return /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(text) && text.length <= 35
    ? text
    : fail('--language', 'a language tag like en or ko-KR', text);
}

/** The terminal's language for sentences that are not banners: Korean where the environment says so, else English. */
function localeOf(env: CommandLineContext['env']): MessageLocale {
  const chosen = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return chosen.toLowerCase().startsWith('ko') ? 'ko' : 'en';
}

function withCommonFlags(command: Command): Command {
  return command
    .addOption(new Option('--data-dir <folder>', 'where Nightshift keeps its data').argParser(notEmpty('--data-dir', 'a folder')))
    .option('--json', 'one JSON object a line on standard output; everything else goes to standard error', false)
    .addOption(new Option('--lang <language>', 'language of error messages: en or ko').argParser(oneOf('--lang', MESSAGE_LOCALES)))
    .addOption(
      new Option('--log-level <level>', 'DEBUG, INFO, WARNING or ERROR')
        .argParser(oneOf('--log-level', LOG_LEVELS, (text) => text.toUpperCase()))
        .default('INFO'),
    );
}

interface CommonValues {
  readonly dataDir?: string;
  readonly json: boolean;
  readonly lang?: MessageLocale;
  readonly logLevel: LogLevel;
}

interface BatchValues extends CommonValues, NightValues {
  readonly mode?: Mode;
  readonly allModes: boolean;
  readonly continueModes: boolean;
  readonly limit?: number;
  readonly calculateWer: boolean;
  readonly normalizer: NormalizerName;
  readonly output: string;
  readonly workers?: number;
  readonly parallelModes?: number;
  readonly progressInterval: number;
  readonly memoryLimit?: number;
  readonly cpuLimit?: number;
  readonly model?: string;
  readonly language?: string;
  readonly chunkSize?: number;
  readonly ports?: Record<Mode, number>;
  readonly server?: readonly string[];
  readonly useRunningServers: boolean;
  readonly pacing: 'real-time' | 'fast';
  readonly maxRetries?: number;
  readonly priority?: number;
  readonly preflightOnly: boolean;
  readonly gate?: string;
}

function modesOf(values: BatchValues): Mode[] {
  if (values.allModes) {
    if (values.mode !== undefined || values.continueModes) {
      throw new NightshiftError('INPUT_INVALID', { field: '--all-modes', detail: 'it cannot be combined with --mode or --continue-modes' });
    }
    return [...MODES];
  }
  return inModeOrder(modesFrom(values.mode ?? 'streaming', values.continueModes));
}

function toBatch(sources: readonly string[], values: BatchValues, cwd: string): BatchCommand {
  const { limit, workers, parallelModes, memoryLimit, cpuLimit, model, language, chunkSize, ports, maxRetries, priority } = values;
  return {
    command: 'batch',
    sources: sources.map((source) => resolve(cwd, notEmpty('folder', 'a folder')(source))),
    options: {
      modes: modesOf(values),
      calculateWer: values.calculateWer,
      normalizer: values.normalizer,
      outputPath: resolve(cwd, values.output),
      pacing: values.pacing === 'real-time' ? 'realTime' : 'asFast',
      servers: values.useRunningServers ? 'running' : 'own',
      ...(limit !== undefined && { limit }),
      ...(workers !== undefined && { workers }),
      ...(parallelModes !== undefined && { modesAtOnce: parallelModes }),
      ...(memoryLimit !== undefined && { memoryLimitMb: memoryLimit }),
      ...(cpuLimit !== undefined && { cpuLimitPercent: cpuLimit }),
      ...(model !== undefined && { model }),
      ...(language !== undefined && { language }),
      ...(chunkSize !== undefined && { chunkSec: chunkSize }),
      ...(ports !== undefined && { ports }),
      ...(values.server !== undefined && { serverIds: [...values.server] }),
      ...(maxRetries !== undefined && { maxRetries }),
      ...(priority !== undefined && { priority }),
      ...nightOptions(values),
    },
    outputShown: values.output,
    progressIntervalSec: values.progressInterval,
    isPreflightOnly: values.preflightOnly,
    gateFile: values.gate === undefined ? null : resolve(cwd, values.gate),
  };
}

/**
 * The command line as data; nothing is started and nothing is looked up.
 * @throws INPUT_INVALID with the flag in `field` and "expected X, got Y" in `detail`.
 */
export function parseCommandLine(argv: readonly string[], { cwd, env, version }: CommandLineContext): ParsedCommandLine {
  let text = '';
  let parsed: { readonly command: CliCommand; readonly values: CommonValues } | null = null;
  const most = Number.MAX_SAFE_INTEGER;

  const program = new Command('nightshift')
    .description('Runs long speech-recognition batches and keeps every result.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'explain a command')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (part) => void (text += part), writeErr: () => undefined });
  /** Subcommands inherit how errors and help are handled only when they are made by the program. */
  const add = (name: string, description: string): Command => withCommonFlags(program.command(name).description(description));

  withNightFlags(add('batch', 'transcribe every audio and video file below the folders'))
    .argument('<folder...>', 'folders or files')
    .addOption(new Option('--mode <mode>', 'streaming, chunked or original (default: streaming)').argParser(oneOf('--mode', MODES)))
    .option('--all-modes', 'streaming, then chunked, then original', false)
    .option('--continue-modes', 'from --mode through the last mode', false)
    .addOption(
      new Option('--limit <files>', 'at most this many files that are not done yet, per mode').argParser(wholeNumber('--limit', 1, most)),
    )
    .option('--calculate-wer', 'compare with the transcripts beside the files', false)
    .addOption(
      new Option('--normalizer <name>', `rule before comparing: ${NORMALIZERS.join(', ')}`)
        .argParser(oneOf('--normalizer', NORMALIZERS))
        .default('simple'),
    )
    .addOption(new Option('--output <file>', 'results file').argParser(notEmpty('--output', 'a file')).default(DEFAULT_OUTPUT))
    .addOption(
      new Option('--workers <count>', 'files at once per server, never more than it takes').argParser(wholeNumber('--workers', 1, 256)),
    )
    .addOption(
      new Option('--parallel-modes <count>', 'modes at once, each on its own server (default: 1)').argParser(
        wholeNumber('--parallel-modes', 1, 3),
      ),
    )
    .addOption(progressIntervalOption())
    .addOption(
      new Option('--memory-limit <MB>', 'for Nightshift and its workers (default: 2048)').argParser(
        wholeNumber('--memory-limit', 64, most),
      ),
    )
    .addOption(
      new Option('--cpu-limit <percent>', 'no new file is started above it (default: 90)').argParser(
        decimalNumber('--cpu-limit', 1, 100, 'percent'),
      ),
    )
    .addOption(new Option('--model <model>', 'model folder or name').argParser(modelIn(cwd)))
    .addOption(new Option('--language <tag>', 'language of the recordings (default: detect)').argParser(languageTag))
    .addOption(
      new Option('--chunk-size <seconds>', 'longest piece of a long file (default: 600)').argParser(
        decimalNumber('--chunk-size', 1, 86_400, 'seconds'),
      ),
    )
    .addOption(new Option('--ports <S,C,O>', 'ports of the three servers (default: 8001,8002,8003)').argParser(threePorts))
    .addOption(new Option('--server <ids>', 'servers to use, comma-separated; each serves its own mode').argParser(serverIds))
    .option('--use-running-servers', 'use the servers that already listen on the ports, and never end them', false)
    .addOption(
      new Option('--pacing <pace>', 'real-time measures latency, fast measures throughput')
        .argParser(oneOf('--pacing', ['real-time', 'fast']))
        .default('fast'),
    )
    .addOption(
      new Option('--max-retries <count>', 'further attempts at a file (default: 3)').argParser(wholeNumber('--max-retries', 0, 100)),
    )
    .addOption(new Option('--priority <number>', 'lower runs first (default: 6)').argParser(wholeNumber('--priority', 0, 1_000)))
    .option('--preflight-only', 'list what was found and what would be done, then end', false)
    .addOption(gateOption())
    .action((sources: string[], values: BatchValues) => {
      parsed = { command: toBatch(sources, values, cwd), values };
    });

  add('runs', 'list the runs, newest first')
    .addOption(new Option('--count <runs>', 'how many').argParser(wholeNumber('--count', 1, 200)).default(20))
    .action((values: CommonValues & { readonly count: number }) => {
      parsed = { command: { command: 'runs', count: values.count }, values };
    });

  add('alerts', 'what is the matter with the machine now, and what was lately')
    .addOption(new Option('--count <alerts>', 'how many that are over').argParser(wholeNumber('--count', 0, 500)).default(20))
    .action((values: CommonValues & { readonly count: number }) => {
      parsed = { command: { command: 'alerts', count: values.count }, values };
    });

  addRunCommands(add, { cwd, nowMs: Date.now() }, (command, values: CommonValues) => {
    parsed = { command, values };
  });

  addServerCommand(add, { cwd, env }, (command, values: CommonValues) => {
    parsed = { command, values };
  });

  addScoringCommands(add, (command, values: CommonValues) => {
    parsed = { command, values };
  });

  addCompareCommand(add, (command, values: CommonValues) => {
    parsed = { command, values };
  });

  addReportCommand(add, cwd, (command, values: CommonValues) => {
    parsed = { command, values };
  });

  addQueueCommand(add, cwd, (command, values: CommonValues) => {
    parsed = { command, values };
  });

  addSearchCommand(add, (command, values: CommonValues) => {
    parsed = { command, values };
  });

  addHistoryCommand(add, (command, values: CommonValues) => {
    parsed = { command, values };
  });

  addRescoreCommand(add, (command, values: CommonValues) => {
    parsed = { command, values };
  });

  addStorageCommands(add, cwd, (command, values: CommonValues) => {
    parsed = { command, values };
  });

  addResourcesCommand(add, (command, values: CommonValues) => {
    parsed = { command, values };
  });

  addLogsCommand(add, (command, values: CommonValues) => {
    parsed = { command, values };
  });

  addDoctorCommand(add, cwd, (command, values: CommonValues) => {
    parsed = { command, values };
  });

  add('serve', 'show the panel in a browser')
    .addOption(
      new Option('--port <port>', 'port of the panel; the next free one when it is taken')
        .argParser(wholeNumber('--port', 1, 65_535))
        .default(DEFAULT_PANEL_PORT),
    )
    .option('--open', 'open the browser (default on a machine with a display)')
    .option('--no-open', 'do not open the browser')
    .option('--link', 'print a new link for the panel that is already running, then end', false)
    .action((values: CommonValues & { readonly port: number; readonly open?: boolean; readonly link: boolean }) => {
      parsed = {
        command: { command: 'serve', port: values.port, isOpening: values.open ?? hasDisplay(env), isLinkOnly: values.link },
        values,
      };
    });

  try {
    program.parse(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text };
    throw new NightshiftError('INPUT_INVALID', { detail: error.message.replace(/^error: /, '').replaceAll('\n', ' ') }, { cause: error });
  }
  return toParsed(parsed, text, env);
}

function hasDisplay(env: CommandLineContext['env']): boolean {
  if (process.platform === 'win32' || process.platform === 'darwin') return true;
  return (env['DISPLAY'] ?? '') !== '' || (env['WAYLAND_DISPLAY'] ?? '') !== '';
}

function toParsed(
  parsed: { readonly command: CliCommand; readonly values: CommonValues } | null,
  text: string,
  env: CommandLineContext['env'],
): ParsedCommandLine {
  if (parsed === null) return { kind: 'text', text };
  const { command, values } = parsed;
  const common: CommonFlags = {
    dataDir: values.dataDir ?? null,
    isJson: values.json,
    locale: values.lang ?? localeOf(env),
    logLevel: values.logLevel,
  };
  return { kind: 'command', common, command };
}
