import { readFileSync, readdirSync } from 'node:fs';
import type { WatchedServer } from '../core/ports.ts';
import { parseChildren, parseProcessStat, type ProcessStat } from './procFiles.ts';

/** Processes come and go rarely: who belongs to a tree is looked up this often, what they use at every reading. */
const TREE_FRESH_MS = 5_000;
/** USER_HZ, the unit of times in `/proc/PID/stat`; 100 on every Linux that Node runs on (proc_pid_stat(5)). */
const TICKS_PER_SEC = 100;

export interface TreeUse {
  readonly rssBytes: number;
  /** Of one core, so that four busy cores are 400; null at the first reading. */
  readonly corePercent: number | null;
}

interface Tree {
  readonly pids: readonly number[];
  readonly foundMs: number;
  /** Children of the root's main thread; when they change, the tree is looked up again. */
  readonly children: string;
}

export interface ProcessUseOptions {
  /** Where the system shows its processes. */
  readonly procFolder?: string;
  /** Default: what this system has. */
  readonly pageBytes?: number;
  /** Of the owner. */
  readonly ownPid?: number;
  /** A process that does not belong to the owner's own tree although it was started there, with everything below it. */
  isForeign(commandLine: readonly string[]): boolean;
}

/**
 * Memory and CPU of process trees out of /proc. Its files are made by the kernel from memory: one is read in some 10 µs, which is less than a
 * thread of Node's pool would cost, so they are read here and now.
 */
export class ProcessUse {
  readonly #proc: string;
  readonly #pageBytes: number;
  readonly #ownPid: number;
  readonly #isForeign: ProcessUseOptions['isForeign'];
  readonly #trees = new Map<number, Tree>();
  /** Ticks of each process at the reading before, by pid and start. */
  #ticks = new Map<string, number>();
  #readMs: number | null = null;

  constructor({ procFolder = '/proc', pageBytes, ownPid = process.pid, isForeign }: ProcessUseOptions) {
    this.#proc = procFolder;
    this.#pageBytes = pageBytes ?? pageBytesHere();
    this.#ownPid = ownPid;
    this.#isForeign = isForeign;
  }

  /** Resident bytes of the owner's descendants that are neither servers nor below one; the owner itself is not counted. */
  ownChildrenRssBytes(servers: readonly WatchedServer[], nowMs: number): number {
    const serverPids = new Set(servers.map(({ pid }) => pid));
    const tree = this.#tree(this.#ownPid, nowMs, (pid) => serverPids.has(pid) || this.#isForeign(this.#commandLine(pid)));
    let sum = 0;
    for (const pid of tree.pids) if (pid !== this.#ownPid && !serverPids.has(pid)) sum += this.#rssBytes(this.#stat(pid));
    return sum;
  }

  /** What each server's tree holds and has used since the reading before; a server that has ended is left out. */
  read(servers: readonly WatchedServer[], nowMs: number): Map<number, TreeUse> {
    const beforeMs = this.#readMs;
    const elapsedSec = beforeMs === null ? 0 : (nowMs - beforeMs) / 1_000;
    const ticks = new Map<string, number>();
    const found = new Map<number, TreeUse>();
    for (const { pid: root } of servers) {
      const stats = this.#tree(root, nowMs, () => false).pids.flatMap((pid) => this.#stat(pid) ?? []);
      if (!stats.some(({ pid }) => pid === root)) {
        this.#trees.delete(root);
        continue;
      }
      let used: number | null = null;
      for (const stat of stats) {
        const key = `${stat.pid} ${stat.startTicks}`;
        ticks.set(key, stat.cpuTicks);
        const earlier = this.#ticks.get(key);
        // What a process used before it was first seen belongs to no second in particular.
        if (earlier !== undefined) used = (used ?? 0) + Math.max(0, stat.cpuTicks - earlier);
      }
      found.set(root, {
        rssBytes: stats.reduce((sum, stat) => sum + this.#rssBytes(stat), 0),
        corePercent: used === null || elapsedSec <= 0 ? null : (used / TICKS_PER_SEC / elapsedSec) * 100,
      });
    }
    this.#ticks = ticks;
    this.#readMs = nowMs;
    for (const pid of this.#trees.keys()) if (pid !== this.#ownPid && !found.has(pid)) this.#trees.delete(pid);
    return found;
  }

  #tree(root: number, nowMs: number, isLeftOut: (pid: number) => boolean): Tree {
    const known = this.#trees.get(root);
    const children = this.#text(`${root}/task/${root}/children`);
    if (known !== undefined && known.children === children && nowMs - known.foundMs < TREE_FRESH_MS) return known;
    const pids = [root];
    for (let index = 0; index < pids.length; index++) {
      for (const child of this.#children(pids[index] ?? root)) if (!pids.includes(child) && !isLeftOut(child)) pids.push(child);
    }
    const tree = { pids, foundMs: nowMs, children };
    this.#trees.set(root, tree);
    return tree;
  }

  /** Every thread has a list of its own; kernels without them give none. */
  #children(pid: number): number[] {
    try {
      return readdirSync(`${this.#proc}/${pid}/task`).flatMap((thread) => parseChildren(this.#text(`${pid}/task/${thread}/children`)));
    } catch {
      return [];
    }
  }

  #commandLine(pid: number): string[] {
    return this.#text(`${pid}/cmdline`).split('\0');
  }

  #stat(pid: number): ProcessStat | null {
    return parseProcessStat(this.#text(`${pid}/stat`));
  }

  #rssBytes(stat: ProcessStat | null): number {
    return (stat?.rssPages ?? 0) * this.#pageBytes;
  }

  #text(path: string): string {
    try {
      return readFileSync(`${this.#proc}/${path}`, 'latin1');
    } catch {
      return '';
    }
  }
}

/** 4 kB on x64, 16 or 64 kB on some ARM kernels: the same memory in bytes and in pages says it. */
function pageBytesHere(): number {
  const pages = parseProcessStat(readFileSync('/proc/self/stat', 'latin1'))?.rssPages ?? 0;
  return pages === 0 ? 4_096 : 2 ** Math.max(12, Math.round(Math.log2(process.memoryUsage.rss() / pages)));
}
