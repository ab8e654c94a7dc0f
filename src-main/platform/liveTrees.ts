import { killTree } from './killTree.ts';

/** Roots of every tree that may still run, ended without asking when this process exits. */
const livePids = new Set<number>();
let listensForExit = false;

export function addLiveTree(rootPid: number): void {
  livePids.add(rootPid);
  if (listensForExit) return;
  listensForExit = true;
  process.on('exit', () => {
    for (const pid of livePids) killTree(pid, 'SIGKILL');
  });
}

export function removeLiveTree(rootPid: number): void {
  livePids.delete(rootPid);
}
