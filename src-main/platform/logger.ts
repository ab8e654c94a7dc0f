import pino from 'pino';
import type { FileStore, LogFields, Logger } from '../core/ports.ts';
import { maskText } from '#shared/util/maskText.ts';
import { maskFields } from './secretMask.ts';

/** Size of one log file, bytes, and how many are kept: 50 MB at most. */
const LOG_FILE_BYTES = 10 * 1_048_576;
const LOG_FILES = 5;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  /** The newest log file; older ones lie beside it. Its folder exists. */
  readonly path: string;
  /** Least severe level that is written. */
  readonly level: LogLevel;
  readonly files: Pick<FileStore, 'openLog'>;
  /** Also writes every line here, e.g. `process.stderr`. */
  readonly stderr?: { write(text: string): unknown };
}

/** Logger with a file of its own; closing writes out what still waits, and later lines are dropped. */
export interface FileLogger extends Logger {
  close(): Promise<void>;
}

/** One JSON object per line (`level`, `time` in ms since 1970, `pid`, `msg`, fields); secrets in fields and text are masked. */
export function createLogger({ path, level, files, stderr }: LoggerOptions): FileLogger {
  const file = files.openLog(path, LOG_FILE_BYTES, LOG_FILES);
  const destination = {
    write(line: string): void {
      file.write(line);
      stderr?.write(line);
    },
  };
  const root = pino({ level, base: { pid: process.pid }, formatters: { level: (label) => ({ level: label }) } }, destination);
  return { ...wrap(root), close: () => file.close() };
}

function wrap(target: pino.Logger): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields?: LogFields): void => {
      if (!target.isLevelEnabled(level)) return;
      if (fields === undefined) target[level](maskText(message));
      else target[level](maskFields(fields), maskText(message));
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(target.child(maskFields(fields))),
  };
}
