import { setTimeout as delay } from 'node:timers/promises';
import { killTree } from './killTree.ts';
import { findTree, isRunning, type TreeRoot } from './processTable.ts';

/** How often it is looked whether a tree has ended. */
const POLL_MS = 25;
/** Looks before it is given up, 10 s: a process inside the kernel ends when the kernel lets it. */
const MOST_ROUNDS = 400;

/**
 * Ends a process tree politely and by force after `graceMs` (0: at once). Looks again until nobody is left, because a process may start
 * another one while it is being ended.
 * @returns whether there was anything to end (always false on Windows, where the tree cannot be seen)
 */
export async function endTree(root: TreeRoot, graceMs: number): Promise<boolean> {
  if (process.platform === 'win32') {
    await endWindowsTree(root.pid, graceMs);
    return false;
  }
  const first = await findTree(root);
  if (graceMs > 0 && first.length > 0) {
    signalAll(first, 'SIGTERM');
    const deadlineMs = performance.now() + graceMs;
    while (performance.now() < deadlineMs && (await anyRunning(first))) await delay(POLL_MS);
  }
  let left = graceMs > 0 ? await findTree(root) : first;
  for (let round = 0; round < MOST_ROUNDS && left.length > 0; round += 1) {
    signalAll(left, 'SIGKILL');
    if (await anyRunning(left)) await delay(POLL_MS);
    else left = await findTree(root);
  }
  return first.length > 0;
}

async function endWindowsTree(rootPid: number | null, graceMs: number): Promise<void> {
  if (rootPid === null) return;
  const deadlineMs = performance.now() + graceMs;
  while (performance.now() < deadlineMs && (await isRunning(rootPid))) await delay(POLL_MS);
  killTree(rootPid, 'SIGKILL');
}

async function anyRunning(pids: readonly number[]): Promise<boolean> {
  return (await Promise.all(pids.map(isRunning))).includes(true);
}

function signalAll(pids: readonly number[], signal: 'SIGTERM' | 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended between the two looks, or changed its user and is no longer ours to end.
    }
  }
}
