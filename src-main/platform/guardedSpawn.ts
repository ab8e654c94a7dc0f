import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { INSTANCE_VARIABLE } from '#main/core/servers/adapters/nightshift/protocol.ts';
import type { ChildExit, ChildProcessHandle, LeftServer, ServerSpawn } from '#main/core/ports.ts';
import { scriptPath } from '#main/programs/programPath.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { endTree } from './endTree.ts';
import type { FromGuard, ToGuard } from './guardChannel.ts';
import { addLiveTree, removeLiveTree } from './liveTrees.ts';
import { processStartId } from './processTable.ts';

/** How much longer than the grace a guard may take before its work is done without it. */
const GUARD_SLACK_MS = 2_000;
/** What an earlier owner left must not keep this one from opening; all of it has been killed by then. */
const LEFT_SERVER_MS = 2_000;

/** See `Spawner.spawnServer`. */
export async function spawnServer(options: ServerSpawn, signal?: AbortSignal): Promise<ChildProcessHandle> {
  const isElectron = process.versions['electron'] !== undefined;
  const mark = `${INSTANCE_VARIABLE}=${options.instance}`;
  const guard = spawn(process.execPath, [scriptPath('guard')], {
    // The guard carries the mark, too: one that hangs is found like its server.
    env: { ...process.env, [INSTANCE_VARIABLE]: options.instance, ...(isElectron ? { ELECTRON_RUN_AS_NODE: '1' } : {}) },
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
  });
  // A dead process's pipe answers EPIPE; unheard, that event would end the owner.
  for (const stream of guard.stdio.slice(0, 3)) stream?.on('error', () => undefined);
  const server = new GuardedServer(guard, mark);
  server.tell(startMessage(options, mark, isElectron));
  const stop = (): void => server.abandon(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) stop();
  try {
    return await server.started;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** See `Spawner.endLeftServer`. */
export async function endLeftServer({ pid, processStartId: startId, instance }: LeftServer): Promise<boolean> {
  // The number may be a stranger's by now.
  const isStillIt = pid !== null && startId !== null && (await processStartId(pid)) === startId;
  const wasThere = await endTree({ pid: isStillIt ? pid : null, mark: `${INSTANCE_VARIABLE}=${instance}` }, 0, LEFT_SERVER_MS);
  return wasThere || isStillIt;
}

function startMessage({ run, args, env, cwd, instance }: ServerSpawn, mark: string, isElectron: boolean): ToGuard {
  const isOurs = 'program' in run;
  const whole: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...process.env, ...env, [INSTANCE_VARIABLE]: instance })) {
    // A program of the user's that is an Electron app must not become plain Node.
    if (value !== undefined && name !== 'ELECTRON_RUN_AS_NODE') whole[name] = value;
  }
  if (isOurs && isElectron) whole['ELECTRON_RUN_AS_NODE'] = '1';
  return {
    type: 'start',
    command: isOurs ? process.execPath : run.command,
    args: isOurs ? [scriptPath(run.program), ...args] : args,
    cwd: cwd ?? null,
    env: whole,
    mark,
  };
}

class GuardedServer {
  readonly started: Promise<ChildProcessHandle>;
  readonly #guard: ChildProcess;
  readonly #mark: string;
  readonly #exited = Promise.withResolvers<ChildExit>();
  /** The guard ends when it has ended the whole tree. */
  readonly #guardGone = Promise.withResolvers<undefined>();
  #pid: number | null = null;
  #hasExited = false;
  #ending: Promise<ChildExit> | null = null;
  #abandonedBy: NightshiftError | null = null;

  constructor(guard: ChildProcess, mark: string) {
    this.#guard = guard;
    this.#mark = mark;
    const started = Promise.withResolvers<ChildProcessHandle>();
    this.started = started.promise;
    guard.on('message', (message) => {
      const said = message as FromGuard;
      if (said.type === 'started') started.resolve(this.#handle(said.pid));
      else if (said.type === 'failed') {
        this.#hasExited = true;
        started.reject(new NightshiftError('SERVER_COMMAND_MISSING', { detail: said.detail }));
      } else this.#exit({ code: said.code, signal: said.signal });
    });
    // Stays attached: a later `error` (a message to a guard that has just died) has no other listener.
    guard.on('error', (error) => {
      started.reject(new NightshiftError('SERVER_EXITED', { program: 'guard', detail: error.message }, { cause: error }));
    });
    guard.once('exit', () => this.#guardGone.resolve(undefined));
    // Messages that came with the end of the channel are told a turn later. Without word of the server's end the guard was killed: its server
    // must not live on unguarded.
    guard.once('disconnect', () => {
      setImmediate(() => {
        void this.#lost().then(() => {
          const detail = 'the guard ended before the server started';
          started.reject(this.#abandonedBy ?? new NightshiftError('SERVER_EXITED', { program: 'guard', detail }));
        });
      });
    });
  }

  /** Nobody waits for the start any more; one that has begun ends with its guard. */
  abandon(reason: unknown): void {
    this.#abandonedBy = reason instanceof NightshiftError ? reason : new NightshiftError('CANCELLED', {}, { cause: reason });
    this.#guard.kill('SIGKILL');
  }

  tell(message: ToGuard): void {
    if (this.#guard.connected) this.#guard.send(message, () => undefined);
  }

  #handle(pid: number): ChildProcessHandle {
    this.#pid = pid;
    addLiveTree(pid);
    const [stdin, stdout, stderr] = [this.#guard.stdin, this.#guard.stdout, this.#guard.stderr];
    if (stdin === null || stdout === null || stderr === null)
      throw new NightshiftError('INVARIANT_BROKEN', { detail: 'a guard without pipes' });
    return { pid, stdin, stdout, stderr, exited: this.#exited.promise, terminate: (graceMs) => (this.#ending ??= this.#end(graceMs)) };
  }

  #exit(exit: ChildExit): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    if (this.#pid !== null) removeLiveTree(this.#pid);
    this.#exited.resolve(exit);
  }

  async #lost(): Promise<void> {
    if (this.#hasExited) return;
    // It may have started the server and not have said so.
    await endTree({ pid: this.#pid, mark: this.#mark }, 0);
    this.#exit({ code: null, signal: 'SIGKILL', isGuardLost: true });
  }

  async #end(graceMs: number): Promise<ChildExit> {
    // The closed stdin says "your owner is leaving" on every system.
    this.#guard.stdin?.destroy();
    this.tell({ type: 'end', graceMs });
    const late = new AbortController();
    await Promise.race([
      this.#guardGone.promise,
      delay(graceMs + GUARD_SLACK_MS, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
    if (this.#guard.exitCode === null && this.#guard.signalCode === null) {
      // A guard that hangs ends nothing.
      this.#guard.kill('SIGKILL');
      await this.#lost();
      await this.#guardGone.promise;
    }
    return await this.#exited.promise;
  }
}
