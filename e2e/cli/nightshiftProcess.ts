import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '#main/testing/freePorts.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The built program, as `npm run nightshift` starts it; another entry (the source) can be named while working on it. */
export const CLI = process.env['NIGHTSHIFT_CLI'] ?? join(ROOT, 'out', 'main', 'cli.js');

export const SAMPLES = join(ROOT, 'assets', 'samples');

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One `nightshift` command in a process of its own, as a script would run it: no terminal, all streams are pipes. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when standard output and standard error together contain the text; rejects when the command ends without. */
  untilText(text: string | RegExp): Promise<void>;
}

export interface Workplace {
  readonly folder: string;
  readonly dataDir: string;
  /** Three free ports, as `--ports` takes them. */
  readonly ports: string;
  start(...args: string[]): RunningCommand;
  /** Starts a command with this workplace's data folder and waits for its end. */
  run(...args: string[]): Promise<Ended>;
  close(): Promise<void>;
}

/** A temporary folder with a data folder of its own; `close` ends what still runs and removes it. */
export async function createWorkplace(): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-cli-'));
  const dataDir = join(folder, 'data');
  const ports = (await freePorts(3)).join(',');
  const running = new Set<RunningCommand>();

  const start = (...args: string[]): RunningCommand => {
    const env = { ...process.env, LC_ALL: 'C' };
    const child = spawn(process.execPath, [CLI, ...args, '--data-dir', dataDir], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    const waiters = new Set<() => void>();
    const told = (): void => {
      for (const waiter of waiters) waiter();
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      told();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      told();
    });
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
    });
    const command: RunningCommand = {
      child,
      ended,
      untilText: (text) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            const all = stdout + stderr;
            if (typeof text === 'string' ? !all.includes(text) : !text.test(all)) return;
            waiters.delete(look);
            resolve();
          };
          waiters.add(look);
          look();
          void ended.then(() => reject(new Error(`ended without ${String(text)}:\n${stdout}\n${stderr}`)));
        }),
    };
    running.add(command);
    void ended.finally(() => running.delete(command));
    return command;
  };

  return {
    folder,
    dataDir,
    ports,
    start,
    run: (...args) => start(...args).ended,
    async close() {
      for (const { child } of running) child.kill('SIGTERM');
      await Promise.all([...running].map(({ ended }) => ended));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface ResultsFile {
  readonly [mode: string]: {
    readonly timestamp: string;
    readonly overall: Readonly<Record<string, number | string | null>>;
    readonly folders: Readonly<Record<string, unknown>>;
    readonly raw_results: readonly {
      readonly file_id: string;
      readonly status: string;
      readonly hypothesis: string | null;
      readonly wer: number | null;
      readonly error_code: string | null;
      readonly done_earlier: boolean;
    }[];
  };
}

export async function readResults(path: string): Promise<ResultsFile> {
  return JSON.parse(await readFile(path, 'utf8')) as ResultsFile;
}

/** Objects of `--json` output; throws when a line is anything else. */
export function jsonLines(stdout: string): ({ readonly type: string } & Readonly<Record<string, unknown>>)[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { type: string });
}
