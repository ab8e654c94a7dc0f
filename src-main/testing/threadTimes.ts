import BetterSqlite from 'better-sqlite3';
import { getHeapStatistics } from 'node:v8';
import { BroadcastChannel, isMainThread, workerData } from 'node:worker_threads';
import { reads, writes } from '#main/core/persistence/operations/index.ts';

/**
 * Loaded with `--import` before anything else, in the owner and in each of its threads: measures what each operation of the database costs its thread, and tells
 * it when it is asked. The product knows nothing of it.
 */
export interface OperationTimes {
  count: number;
  cpuMs: number;
  longestCpuMs: number;
  longestMs: number;
}

export interface ThreadTimes {
  readonly role: 'writer' | 'reader';
  readonly operations: Readonly<Record<string, OperationTimes>>;
  /** Of its own JavaScript heap, garbage included. */
  readonly heapMb: number;
}

export const TIMES_CHANNEL = 'nightshift-bench-times';

type Operation = (...args: unknown[]) => unknown;

const times = new Map<string, OperationTimes>();

function measured<T>(name: string, work: () => T): T {
  const cpu = process.threadCpuUsage();
  const startMs = performance.now();
  try {
    return work();
  } finally {
    const { user, system } = process.threadCpuUsage(cpu);
    record(name, (user + system) / 1_000, performance.now() - startMs);
  }
}

function record(name: string, cpuMs: number, tookMs: number): void {
  const sum = times.get(name) ?? { count: 0, cpuMs: 0, longestCpuMs: 0, longestMs: 0 };
  times.set(name, sum);
  sum.count += 1;
  sum.cpuMs += cpuMs;
  sum.longestCpuMs = Math.max(sum.longestCpuMs, cpuMs);
  sum.longestMs = Math.max(sum.longestMs, tookMs);
}

function measureCommits(): void {
  const { exec } = BetterSqlite.prototype;
  BetterSqlite.prototype.exec = function measuredExec(this: BetterSqlite.Database, text: string) {
    return text === 'COMMIT' ? measured('(commit)', () => exec.call(this, text)) : exec.call(this, text);
  };
}

function measureOperations(role: ThreadTimes['role']): void {
  const table = (role === 'writer' ? writes : reads) as unknown as Record<string, Operation>;
  for (const [name, operation] of Object.entries(table)) table[name] = (...args) => measured(name, () => operation(...args));
  if (role === 'writer') measureCommits();
  const channel = new BroadcastChannel(TIMES_CHANNEL);
  channel.onmessage = ({ data }) => {
    if (data !== 'ask') return;
    const heapMb = getHeapStatistics().total_physical_size / 1024 ** 2;
    channel.postMessage({ role, operations: Object.fromEntries(times), heapMb } satisfies ThreadTimes);
    times.clear();
  };
  channel.unref();
}

const role: unknown = (workerData as { role?: unknown } | null)?.role;
if (!isMainThread && (role === 'writer' || role === 'reader')) measureOperations(role);
