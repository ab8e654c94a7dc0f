import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import type { Stream } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ChildExit, ChildProcessHandle, ProgramName, SpawnOptions, Spawner } from '#main/core/ports.ts';
import { scriptPath } from '#main/programs/programPath.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { isTreeAlive, killTree, windowsSystemTool } from './killTree.ts';

const runFile = promisify(execFile);

/** How often the rest of a tree is looked at after its root has ended. */
const TREE_POLL_MS = 25;

const START_FAILED: Readonly<Record<ProgramName, ErrorCode>> = { asrServer: 'SERVER_EXITED', decoder: 'DECODER_CRASHED' };

/** Roots of every tree that may still run, ended without asking when the owner exits. */
const livePids = new Set<number>();
let isExitHookSet = false;

/**
 * Node's own `spawn`, not execa: what we need is one process group per child and a kill that works inside `exit`. execa turns its
 * clean-up off for detached children, and its `killDescendants` leaves them alive when the parent is killed.
 */
export function createSpawner(): Spawner {
  return { spawnProgram, processStartId, endTree: endLeftTree, treeRssBytes };
}

async function spawnProgram(program: ProgramName, options: SpawnOptions): Promise<ChildProcessHandle> {
  if (!isExitHookSet) {
    isExitHookSet = true;
    process.on('exit', killAllNow);
  }
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
  livePids.add(pid);
  let ending: Promise<ChildExit> | null = null;
  void exited.then(() => {
    // What a crashed root leaves behind would hold its port and its memory. Only now is the group id certainly still theirs.
    if (ending !== null) return;
    if (process.platform !== 'win32') killTree(pid, 'SIGKILL');
    livePids.delete(pid);
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
  livePids.delete(pid);
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

function killAllNow(): void {
  for (const pid of livePids) killTree(pid, 'SIGKILL');
}

/**
 * Start time as the system writes it: clock ticks since boot on Linux (field 22 of `/proc/PID/stat`, proc(5)), `lstart` of ps on
 * macOS, file time on Windows. Only equality means anything.
 */
async function processStartId(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const fields = await statFields(pid);
    // An ended process that nobody has collected is no process any more.
    return fields === null || fields[0] === 'Z' ? null : (fields[19] ?? null);
  }
  try {
    const { stdout } =
      process.platform === 'win32'
        ? await runFile(
            windowsSystemTool('WindowsPowerShell', 'v1.0', 'powershell.exe'),
            ['-NoProfile', '-NonInteractive', '-Command', `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`],
            { windowsHide: true, timeout: 10_000 },
          )
        : await runFile('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], { env: { LC_ALL: 'C' }, timeout: 10_000 });
    return stdout.trim() === '' ? null : stdout.trim();
  } catch {
    return null;
  }
}

/** Fields of `/proc/PID/stat` from the third (state) on: the second, the name, may hold spaces and parentheses. */
async function statFields(pid: number): Promise<string[] | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

async function endLeftTree(pid: number): Promise<void> {
  killTree(pid, 'SIGKILL');
}

async function treeRssBytes(pid: number): Promise<number | null> {
  if (process.platform !== 'linux') return null;
  const own = await rssBytes(pid);
  if (own === null) return null;
  let total = own;
  for (const child of await childrenOf(pid)) total += (await treeRssBytes(child)) ?? 0;
  return total;
}

async function rssBytes(pid: number): Promise<number | null> {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/** Every thread has its own list of children; kernels without the list give none. */
async function childrenOf(pid: number): Promise<number[]> {
  try {
    const threads = await readdir(`/proc/${pid}/task`);
    const lists = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'latin1').catch(() => '')));
    return lists
      .join(' ')
      .split(' ')
      .filter((text) => text !== '')
      .map(Number);
  } catch {
    return [];
  }
}
