import { readFile, statfs } from 'node:fs/promises';
import { cpus, freemem, totalmem } from 'node:os';
import type { Sample } from '#shared/contract/resources.ts';
import type { Clock, Logger, ResourceProbe } from '../core/ports.ts';
import { scriptPath } from '../programs/programPath.ts';
import { NvidiaSmi } from './nvidiaSmi.ts';
import { type CpuTimes, cpuPercentBetween, type MemoryUse, parseChildren, parseCpuTimes, parseMemory, parseRssBytes } from './procFiles.ts';

/** A disk that does not answer within this time is left out of a sample, milliseconds. */
const DISK_ANSWER_MS = 200;
/** Readings closer together than this would measure mostly themselves: the last CPU figure is given again. */
const MIN_CPU_INTERVAL_MS = 250;

export interface ResourceProbeOptions {
  /** The disk of this folder is the one that is watched. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Environment for `nvidia-smi`. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Reads the machine from the system's own files: on Linux /proc, elsewhere what Node tells (there, memory that caches files counts as used on
 * macOS, and `ownRssBytes` is the owner's process alone). `ownRssBytes` is the owner with its threads plus its child processes and their
 * children, without our speech servers. One call costs well under a millisecond of CPU; figures that are late are null.
 */
export function createResourceProbe({ dataDir, clock, logger, env }: ResourceProbeOptions): ResourceProbe {
  const isLinux = process.platform === 'linux';
  const nvidia = new NvidiaSmi({ clock, logger, ...(env === undefined ? {} : { env }) });
  const readDisk = answeredInTime(clock, () => diskSpace(dataDir));
  let lastTimes: { readonly times: CpuTimes; readonly atMs: number } | null = null;
  let lastPercent: number | null = null;

  const cpuPercent = async (): Promise<number | null> => {
    const times = isLinux ? parseCpuTimes(await readOrEmpty('/proc/stat')) : timesOfNode();
    const atMs = clock.monotonicMs();
    if (times === null) return null;
    if (lastTimes !== null && atMs - lastTimes.atMs < MIN_CPU_INTERVAL_MS) return lastPercent;
    // The first reading has nothing to compare with.
    lastPercent = lastTimes === null ? null : cpuPercentBetween(lastTimes.times, times);
    lastTimes = { times, atMs };
    return lastPercent;
  };

  return {
    async sample(): Promise<Sample> {
      const [percent, memory, ownRssBytes, disk] = await Promise.all([
        cpuPercent(),
        memoryUse(),
        isLinux ? ownTreeRssBytes() : process.memoryUsage.rss(),
        readDisk(),
      ]);
      return {
        atMs: clock.nowMs(),
        cpuPercent: percent,
        memoryUsedBytes: memory?.usedBytes ?? null,
        memoryTotalBytes: memory?.totalBytes ?? null,
        ownRssBytes,
        diskFreeBytes: disk?.freeBytes ?? null,
        diskTotalBytes: disk?.totalBytes ?? null,
        gpus: nvidia.read(),
      };
    },
    close: () => nvidia.close(),
  };
}

function timesOfNode(): CpuTimes | null {
  let busy = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    busy += times.user + times.nice + times.sys + times.irq;
    idle += times.idle;
  }
  return busy + idle === 0 ? null : { busy, total: busy + idle };
}

async function memoryUse(): Promise<MemoryUse | null> {
  if (process.platform === 'linux') return parseMemory(await readOrEmpty('/proc/meminfo'));
  return { usedBytes: totalmem() - freemem(), totalBytes: totalmem() };
}

async function ownTreeRssBytes(): Promise<number> {
  const below = await Promise.all((await childrenOf(process.pid)).map((pid) => treeRssBytes(pid)));
  return below.reduce((sum, bytes) => sum + bytes, process.memoryUsage.rss());
}

/** A process that has ended meanwhile counts nothing; so does a speech server with everything below it. */
async function treeRssBytes(pid: number): Promise<number> {
  const commandLine = await readOrEmpty(`/proc/${pid}/cmdline`);
  if (commandLine.split('\0').includes(scriptPath('asrServer'))) return 0;
  const [status, children] = await Promise.all([readOrEmpty(`/proc/${pid}/status`), childrenOf(pid)]);
  const below = await Promise.all(children.map((child) => treeRssBytes(child)));
  return below.reduce((sum, bytes) => sum + bytes, parseRssBytes(status) ?? 0);
}

/** Children of the main thread, which starts all of ours; none where the kernel keeps no such list. */
async function childrenOf(pid: number): Promise<number[]> {
  return parseChildren(await readOrEmpty(`/proc/${pid}/task/${pid}/children`));
}

async function readOrEmpty(path: string): Promise<string> {
  return await readFile(path, 'latin1').catch(() => '');
}

interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Room for this user; blocks kept for root are not ours. */
async function diskSpace(path: string): Promise<DiskSpace | null> {
  try {
    const found = await statfs(path);
    return { freeBytes: found.bavail * found.bsize, totalBytes: found.blocks * found.bsize };
  } catch {
    return null;
  }
}

/** At most one question under way: a disk that hangs would otherwise take one thread of Node's pool per reading. */
function answeredInTime<T>(clock: Clock, ask: () => Promise<T>): () => Promise<T | null> {
  let pending: Promise<T> | null = null;
  return async () => {
    const answer = (pending ??= ask().finally(() => {
      pending = null;
    }));
    const late = Promise.withResolvers<null>();
    using _limit = clock.setTimer(DISK_ANSWER_MS, () => late.resolve(null));
    return await Promise.race([answer, late.promise]);
  };
}
