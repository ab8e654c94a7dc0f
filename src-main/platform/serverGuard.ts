import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { endTree } from './endTree.ts';
import type { FromGuard, ToGuard } from './guardChannel.ts';

type Start = Extract<ToGuard, { type: 'start' }>;

/** Time for a polite end when the owner is gone. */
const OWNER_GONE_GRACE_MS = 5_000;
/** util-linux; from an absolute path, so that nothing in the working folder is started instead. */
const SETPRIV = '/usr/bin/setpriv';

/**
 * The guard of one server: starts it in a group of its own, tells its owner how it ends, and ends its tree when the owner asks or is gone.
 * It holds nothing but the channel to its owner, so it notices the owner's death at once, however that came about. Its standard streams are
 * those of the server and are not touched.
 */
export function guardServer(): void {
  // Signals of a terminal are for the owner, who then says what is to be done.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', () => guard.end(OWNER_GONE_GRACE_MS));
  const guard = new Guard();
  process.on('message', (message) => guard.hear(message as ToGuard));
  process.on('disconnect', () => guard.end(OWNER_GONE_GRACE_MS));
  // Whatever goes wrong here, the server must not stay behind.
  process.on('uncaughtException', () => guard.end(0));
}

class Guard {
  #server: ChildProcess | null = null;
  #mark: string | null = null;
  #isEnding = false;

  hear(message: ToGuard): void {
    if (message.type === 'start') this.#start(message);
    else this.end(message.graceMs);
  }

  /** Ends the tree and then this process. A second request changes nothing: the first has begun. */
  end(graceMs: number): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    void this.#end(graceMs);
  }

  #start(start: Start): void {
    // Told to end before it was told what to start.
    if (this.#isEnding) return;
    this.#mark = start.mark;
    const problem = problemOf(start);
    if (problem !== null) return this.#fail(problem);
    const { command, args } = withDeathSignal(start);
    const server = spawn(command, args, {
      env: start.env,
      ...(start.cwd === null ? {} : { cwd: start.cwd }),
      // On Windows `detached` would open a console window.
      detached: process.platform !== 'win32',
      windowsHide: true,
      stdio: 'inherit',
    });
    // Known at once: the owner may leave before the next event.
    this.#server = server;
    server.once('error', (error) => {
      if (server.pid === undefined) this.#fail(error.message);
    });
    server.once('spawn', () => {
      if (server.pid !== undefined) tell({ type: 'started', pid: server.pid });
    });
    server.once('exit', (code, signal) => {
      tell({ type: 'exited', code, signal });
      // What a server leaves behind holds its port and its memory.
      this.end(0);
    });
  }

  #fail(detail: string): void {
    tell({ type: 'failed', detail });
    this.end(0);
  }

  async #end(graceMs: number): Promise<void> {
    try {
      const pid = this.#server?.pid ?? null;
      if (pid !== null) await endTree({ pid, mark: this.#mark }, graceMs);
    } finally {
      // What was said last must have left before the channel closes; nothing else keeps this process alive.
      await lastWord;
      if (process.connected) process.disconnect();
    }
  }
}

/** Settles when everything said so far has left, or nobody is there to hear it. */
let lastWord: Promise<unknown> = Promise.resolve();

function tell(message: FromGuard): void {
  if (!process.connected) return;
  const left = new Promise((resolve) => process.send?.(message, resolve));
  lastWord = Promise.all([lastWord, left]);
}

function problemOf({ command, cwd, env }: Start): string | null {
  if (cwd !== null && statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) return `the working folder ${cwd} is not there`;
  if (process.platform === 'win32' || isExecutable(command, cwd, env['PATH'] ?? '')) return null;
  return `${command} is not there or cannot be started`;
}

function isExecutable(command: string, cwd: string | null, searchPath: string): boolean {
  const places = command.includes('/')
    ? [resolve(cwd ?? '.', command)]
    : searchPath.split(delimiter).map((folder) => join(folder === '' ? '.' : folder, command));
  return places.some((path) => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
}

/**
 * On Linux the kernel can end the server when its guard dies (prctl(2), PR_SET_PDEATHSIG). Node cannot ask for it without native code; util-linux's setpriv
 * can, where it is installed and knows the option. Children of the server do not inherit it.
 */
function withDeathSignal({ command, args }: Start): { command: string; args: string[] } {
  const options = ['--pdeathsig', 'KILL', '--'];
  const hasIt = process.platform === 'linux' && spawnSync(SETPRIV, [...options, 'true'], { stdio: 'ignore' }).status === 0;
  return hasIt ? { command: SETPRIV, args: [...options, command, ...args] } : { command, args: [...args] };
}
