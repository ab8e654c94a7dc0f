import { type ChildProcess, spawn } from 'node:child_process';
import type { Stream } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChildExit, ChildProcessHandle, ProgramName, SpawnOptions, Spawner } from '#main/core/ports.ts';
import { scriptPath } from '#main/programs/programPath.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { endLeftServer, spawnServer } from './guardedSpawn.ts';
import { isTreeAlive, killTree } from './killTree.ts';
import { addLiveTree, removeLiveTree } from './liveTrees.ts';
import { memoryKills, processStartId, treeRssBytes } from './processTable.ts';

/** How often the rest of a tree is looked at after its root has ended. */
const TREE_POLL_MS = 25;

const START_FAILED: Readonly<Record<ProgramName, ErrorCode>> = { asrServer: 'SERVER_EXITED', decoder: 'DECODER_CRASHED' };

/**
 * Node's own `spawn`, not execa: what we need is one process group per child and a kill that works inside `exit`. execa turns its
 * clean-up off for detached children, and its `killDescendants` leaves them alive when the parent is killed.
 */
export function createSpawner(): Spawner {
  return { spawnProgram, spawnServer, processStartId, endLeftServer, memoryKills, treeRssBytes };
}

async function spawnProgram(program: ProgramName, options: SpawnOptions): Promise<ChildProcessHandle> {
  const isElectron = process.versions['electron'] !== undefined;
  const child = spawn(process.execPath, [scriptPath(program), ...options.args], {
    // Inside Electron the same executable is Node; one code path serves all hosts.
    env: { ...process.env, ...options.env, ...(isElectron ? { ELECTRON_RUN_AS_NODE: '1' } : {}) },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    // A group of its own: a terminal's Ctrl-C reaches the owner only, and the whole tree can be signalled at once.
    // On Windows `detached` would open a console window, and Ctrl-C does not reach a hidden console anyway.
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A dead child's pipe answers EPIPE; unheard, that event would end the owner.
  for (const stream of [child.stdin, child.stdout, child.stderr] satisfies Stream[]) stream.on('error', () => undefined);
  const exited = exitOf(child);
  const pid = await started(child, program);
  addLiveTree(pid);
  let ending: Promise<ChildExit> | null = null;
  void exited.then(() => {
    // What a crashed root leaves behind would hold its port and its memory. Only now is the group id certainly still theirs.
    if (ending !== null) return;
    if (process.platform !== 'win32') killTree(pid, 'SIGKILL');
    removeLiveTree(pid);
  });

  return {
    pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    terminate: (graceMs) => (ending ??= endTree(child, pid, exited, graceMs)),
  };
}

function started(child: ChildProcess, program: ProgramName): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => {
      if (child.pid !== undefined) resolve(child.pid);
    });
    // Stays attached: a later `error` (a signal that could not be delivered) has no other listener.
    child.on('error', (error) => {
      reject(new NightshiftError(START_FAILED[program], { program, detail: error.message }, { cause: error }));
    });
  });
}

/** `exit`, not `close`: a grandchild may hold the pipes open long after the child is gone. */
function exitOf(child: ChildProcess): Promise<ChildExit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
}

async function endTree(child: ChildProcess, pid: number, exited: Promise<ChildExit>, graceMs: number): Promise<ChildExit> {
  // The number of an ended process may be somebody else's by now.
  if (child.exitCode !== null || child.signalCode !== null) return await exited;
  // 1. Ask: the closed stdin says "your owner is leaving" on every system, the signal says it to descendants too.
  child.stdin?.destroy();
  killTree(pid, 'SIGTERM');
  // 2. Wait for the root and then for what it started, together no longer than the grace.
  const deadlineMs = performance.now() + graceMs;
  const isRootGone = await settlesWithin(exited, graceMs);
  while (isRootGone && isTreeAlive(pid) && performance.now() < deadlineMs) await delay(TREE_POLL_MS);
  // 3. Force whatever is left.
  if (!isRootGone || isTreeAlive(pid)) killTree(pid, 'SIGKILL');
  const exit = await exited;
  removeLiveTree(pid);
  return exit;
}

async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const stop = new AbortController();
  try {
    return await Promise.race([promise.then(() => true), delay(timeoutMs, false, { signal: stop.signal }).catch(() => false)]);
  } finally {
    stop.abort();
  }
}
