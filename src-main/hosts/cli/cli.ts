import { errorText } from '#shared/errors/messages.ts';
import { type NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { openNightshift } from '#main/hosts/openOwner.ts';
import { resolveDataDir } from '#main/platform/paths.ts';
import { VERSION } from '#main/version.ts';
import { listAlerts } from './alertsCommand.ts';
import { runBackup, runRestore } from './backupCommand.ts';
import { runBatch } from './batchCommand.ts';
import { runClean } from './cleanCommand.ts';
import { runCompareFiles } from './compareFilesCommand.ts';
import { runCompareRuns } from './compareRunsCommand.ts';
import { parseCommandLine, type CliCommand, type CommonFlags, type LogLevel } from './commandLine.ts';
import type { CliContext, StopSignal } from './context.ts';
import { runDiagnostics } from './diagnosticsCommand.ts';
import { runDoctor } from './doctorCommand.ts';
import { EXIT, exitCodeOfError } from './exitCodes.ts';
import { runHistory } from './historyCommand.ts';
import { runSearch } from './searchCommand.ts';
import { runLogs } from './logsCommand.ts';
import { runNormalize } from './normalizeCommand.ts';
import { createOutput, type Output } from './output.ts';
import { runQueue } from './queueCommand.ts';
import { runReport } from './reportCommand.ts';
import { runResources } from './resourcesCommand.ts';
import { runRescore } from './rescoreCommand.ts';
import { actOnRun, listRuns, resumeInterrupted } from './runCommands.ts';
import { runScore } from './scoreCommand.ts';
import { runServe } from './serveCommand.ts';
import { runServers } from './serverCommands.ts';

/** Log levels of the file in the data folder, by those of the flag. */
const FILE_LOG_LEVELS = { DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error' } as const satisfies Record<LogLevel, string>;

/** Runs one command line in this process. @returns the exit code; everything is written and closed by then. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const isJson = argv.includes('--json');
  const output = createOutput({ stdout: process.stdout, stderr: process.stderr, isJson });
  const exitCode = await dispatch(argv, output, isJson);
  await output.flush();
  return exitCode;
}

async function dispatch(argv: readonly string[], output: Output, isJson: boolean): Promise<number> {
  let common: CommonFlags = { dataDir: null, isJson, locale: 'en', logLevel: 'INFO' };
  const signals = watchSignals();
  try {
    const parsed = parseCommandLine(argv, { cwd: process.cwd(), env: process.env, version: VERSION });
    if (parsed.kind === 'text') {
      for (const line of parsed.text.trimEnd().split('\n')) output.line(line);
      return EXIT.done;
    }
    common = parsed.common;
    const dataDir = resolveDataDir(common.dataDir ?? undefined);
    const { logLevel } = common;
    const { command } = parsed;
    const context: CliContext = {
      common,
      output,
      dataDir,
      open: () => openNightshift({ dataDir, host: command.command === 'serve' ? 'serve' : 'cli', logLevel: FILE_LOG_LEVELS[logLevel] }),
      onSignal: (listener) => signals.onSignal(listener),
    };
    return await run(context, command);
  } catch (thrown) {
    return tellError(output, common, toNightshiftError(thrown), signals.received);
  } finally {
    signals.close();
  }
}

function run(context: CliContext, command: CliCommand): Promise<number> {
  switch (command.command) {
    case 'batch':
      return runBatch(context, command);
    case 'runs':
      return listRuns(context, command.count);
    case 'alerts':
      return listAlerts(context, command.count);
    case 'runAction':
      return actOnRun(context, command);
    case 'resumeInterrupted':
      return resumeInterrupted(context, command.progressIntervalSec);
    case 'servers':
      return runServers(context, command);
    case 'report':
      return runReport(context, command);
    case 'history':
      return runHistory(context, command);
    case 'queue':
      return runQueue(context, command);
    case 'search':
      return runSearch(context, command);
    case 'rescore':
      return runRescore(context, command);
    case 'score':
      return runScore(context, command);
    case 'compareFiles':
      return runCompareFiles(context, command);
    case 'compareRuns':
      return runCompareRuns(context, command);
    case 'normalize':
      return runNormalize(context, command);
    case 'backup':
      return runBackup(context, command);
    case 'restore':
      return runRestore(context, command);
    case 'clean':
      return runClean(context, command);
    case 'doctor':
      return command.bundlePath === null
        ? runDoctor(context)
        : runDiagnostics(context, { path: command.bundlePath, withNames: command.withNames });
    case 'logs':
      return runLogs(context, command);
    case 'resources':
      return runResources(context, command);
    case 'serve':
      return runServe(context, command);
  }
}

function tellError(output: Output, { locale, logLevel }: CommonFlags, error: NightshiftError, signal: StopSignal | null): number {
  const { what, did, advice } = errorText(error, locale);
  output.notice(`${error.code}: ${what}`);
  output.notice(did);
  output.notice(advice);
  if (logLevel === 'DEBUG' || error.kind === 'bug') {
    const cause = error.cause instanceof Error ? error.cause : error;
    for (const line of (cause.stack ?? cause.message).split('\n')) output.notice(line);
  }
  const exitCode =
    signal === null || error.kind !== 'cancelled' ? exitCodeOfError(error.code) : signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
  output.json({ type: 'summary', exitCode, error: { code: error.code, data: error.data, what, did, advice } });
  return exitCode;
}

interface SignalWatch {
  readonly received: StopSignal | null;
  onSignal(listener: (signal: StopSignal) => void): () => void;
  close(): void;
}

/**
 * Signals to this process. Node takes back what `nohup` set for SIGHUP, so we decide ourselves: with neither output on a terminal nobody
 * hung up on us and the work goes on; with a terminal that is gone the work is saved like on SIGTERM. Before somebody
 * listens a signal ends the program as it always does.
 */
function watchSignals(): SignalWatch {
  const listeners = new Set<(signal: StopSignal) => void>();
  let received: StopSignal | null = null;
  const handle = (signal: StopSignal): void => {
    if (signal === 'SIGHUP' && process.stdout.isTTY !== true && process.stderr.isTTY !== true) return;
    received ??= signal;
    if (listeners.size === 0) process.exit(signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated);
    for (const listener of listeners) listener(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, handle);
  return {
    get received() {
      return received;
    },
    onSignal(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      for (const signal of signals) process.off(signal, handle);
    },
  };
}
