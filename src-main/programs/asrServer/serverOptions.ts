import { parseArgs } from 'node:util';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';

export interface ServerOptions {
  readonly mode: Mode;
  /** 0 takes any free port. */
  readonly port: number;
  readonly modelPath: string;
  readonly hosts: readonly string[];
  readonly capacity: number;
  readonly windowSec: number;
  readonly threads: number;
}

const LOOPBACKS: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  '127.0.0.1': ['127.0.0.1', '::1'],
  '::1': ['::1'],
};

/**
 * `--mode M --port N --model DIR [--host 127.0.0.1] [--capacity 2] [--window-sec 2] [--threads 1]`. Only loopback hosts are taken:
 * the server has no access control but its place.
 * @throws INPUT_INVALID
 */
export function parseServerOptions(args: readonly string[]): ServerOptions {
  const { values } = readArgs(args);
  const mode = MODES.find((known) => known === values.mode);
  if (mode === undefined) throw invalid(`--mode is one of ${MODES.join(', ')}`);
  if (values.model === undefined || values.model === '') throw invalid('--model names a model folder');
  const hosts = LOOPBACKS[values.host];
  if (hosts === undefined) throw invalid('--host is 127.0.0.1, ::1 or localhost');
  return {
    mode,
    port: numberIn('--port', values.port, 0, 65_535, true),
    modelPath: values.model,
    hosts,
    capacity: numberIn('--capacity', values.capacity, 1, 64, true),
    windowSec: numberIn('--window-sec', values['window-sec'], 0.1, 600, false),
    threads: numberIn('--threads', values.threads, 1, 64, true),
  };
}

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        mode: { type: 'string' },
        port: { type: 'string' },
        model: { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        capacity: { type: 'string', default: '2' },
        'window-sec': { type: 'string', default: '2' },
        threads: { type: 'string', default: '1' },
      },
    });
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

function numberIn(name: string, text: string | undefined, least: number, most: number, isWhole: boolean): number {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= least && value <= most) || (isWhole && !Number.isInteger(value))) {
    throw invalid(`${name} is a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`);
  }
  return value;
}

function invalid(detail: string): NightshiftError {
  return new NightshiftError('INPUT_INVALID', { detail });
}
