import { setTimeout as delay } from 'node:timers/promises';
import { killTree } from './killTree.ts';
import { findTree, isRunning, type SeenProcess, stillRunning, type Tree, type TreeRoot } from './processTable.ts';

/** How often it is looked whether a tree has ended. */
const POLL_MS = 25;
/** Time after which it is given up: a process inside the kernel ends when the kernel lets it. */
const LONGEST_END_MS = 10_000;
/** Time given to processes that may belong to the tree and cannot be looked at. */
const LONGEST_DOUBT_MS = 2_000;

/**
 * Ends a process tree politely and by force after `graceMs` (0: at once). Looks again until nobody is left, because a process may start
 * another one while it is being ended.
 * @param longestMs after the grace: how long to wait for the end of what was killed
 * @returns whether there was anything to end (always false on Windows, where the tree cannot be seen)
 */
export async function endTree(root: TreeRoot, graceMs: number, longestMs = LONGEST_END_MS): Promise<boolean> {
  if (process.platform === 'win32') {
    await endWindowsTree(root.pid, graceMs);
    return false;
  }
  const first = await findTree(root);
  const stubborn = graceMs > 0 ? await endPolitely(first.processes, graceMs) : [];
  const sinceMs = performance.now();
  let left = graceMs > 0 ? withThese(await findTree(root), stubborn) : first;
  let wasThere = first.processes.length > 0;
  while (isWorthWaiting(left, performance.now() - sinceMs, longestMs)) {
    signalAll(left.processes, 'SIGKILL');
    await delay(POLL_MS);
    // Only those that were seen are signalled again: their numbers may be somebody else's by now.
    const running = await stillRunning(left.processes);
    left = running.length > 0 ? { ...left, processes: running } : await findTree(root);
    wasThere ||= left.processes.length > 0;
  }
  return wasThere;
}

/** @returns those that still run after the grace */
async function endPolitely(processes: readonly SeenProcess[], graceMs: number): Promise<readonly SeenProcess[]> {
  signalAll(processes, 'SIGTERM');
  const deadlineMs = performance.now() + graceMs;
  let left = processes;
  while (left.length > 0 && performance.now() < deadlineMs) {
    left = await stillRunning(left);
    if (left.length > 0) await delay(POLL_MS);
  }
  return left;
}

/** One with neither the session nor the environment of its root cannot be found any more when its parents went first. */
function withThese(tree: Tree, seen: readonly SeenProcess[]): Tree {
  const found = new Set(tree.processes.map(({ pid }) => pid));
  return { ...tree, processes: [...tree.processes, ...seen.filter(({ pid }) => !found.has(pid))] };
}

function isWorthWaiting({ processes, isWhole }: Tree, waitedMs: number, longestMs: number): boolean {
  if (processes.length > 0) return waitedMs < longestMs;
  return !isWhole && waitedMs < Math.min(longestMs, LONGEST_DOUBT_MS);
}

async function endWindowsTree(rootPid: number | null, graceMs: number): Promise<void> {
  if (rootPid === null) return;
  const deadlineMs = performance.now() + graceMs;
  while (performance.now() < deadlineMs && (await isRunning(rootPid))) await delay(POLL_MS);
  killTree(rootPid, 'SIGKILL');
}

function signalAll(processes: readonly SeenProcess[], signal: 'SIGTERM' | 'SIGKILL'): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended between the two looks, or changed its user and is no longer ours to end.
    }
  }
}
