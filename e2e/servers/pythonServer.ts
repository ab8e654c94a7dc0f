import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { findPython } from '../../src-main/bootstrap/python.mjs';

/** Python with what the servers of this folder need; null where Debian's packages are not installed. */
export const PYTHON = findPython('import websockets, pocketsphinx');

export const hasPython = PYTHON !== null;

export interface PythonServer {
  readonly port: number;
  /** Whether the process still runs. */
  isRunning(): boolean;
  stop(): Promise<void>;
}

/** Starts a server of this folder as a user would, and resolves when it says that it listens. @throws what it printed when it ended before */
export async function startPythonServer(script: string, port: number): Promise<PythonServer> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(PYTHON ?? 'python3', ['-B', path, '--port', String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let output = '';
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  await new Promise<void>((resolve, reject) => {
    const hear = (text: string): void => {
      output += text;
      if (output.includes('ws://')) resolve();
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    void exited.then(() => reject(new Error(`${script} ended:\n${output}`)), reject);
  });
  return {
    port,
    isRunning,
    async stop() {
      if (isRunning()) child.kill('SIGKILL');
      await exited;
    },
  };
}
