import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import type { GpuSample, Sample } from '#shared/contract/resources.ts';
import type { Clock, Logger, ResourceProbe, WatchedServer } from '../core/ports.ts';
import { scriptPath } from '../programs/programPath.ts';
import { AmdSysfs } from './amdSysfs.ts';
import { CgroupLimits, type CgroupLimitsOptions } from './cgroupLimits.ts';
import { GPU_STALE_AFTER_MS, NvidiaSmi } from './nvidiaSmi.ts';
import { type CpuTimes, cpuPercentBetween, type MemoryUse, parseCpuTimes, parseMemory } from './procFiles.ts';
import { ProcessUse } from './processUse.ts';

/** A disk or card that does not answer within this time is left out of a sample, milliseconds. */
const ANSWER_MS = 200;
/** Readings closer together than this would measure mostly themselves: the last CPU figures are given again. */
const MIN_CPU_INTERVAL_MS = 250;

export interface ResourceProbeOptions {
  /** The disk of this folder is the one that is watched. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Environment for `nvidia-smi`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Where the system lists its graphics cards; default: where Linux does. */
  readonly drmFolder?: string;
  /** Where the limits of a container are; default: where Linux has them. */
  readonly cgroup?: CgroupLimitsOptions;
}

/**
 * Reads the machine from the system's own files: on Linux /proc and /sys, elsewhere what Node tells (there, memory that caches files counts as
 * used on macOS, `ownRssBytes` is the owner's process alone, and nothing is known of servers' trees). `ownRssBytes` is the owner with its threads
 * plus its child processes and their children, without speech servers. Where a container limits memory or cores below the machine's, its limits
 * are the whole. One call costs well under a millisecond of CPU; figures that are late are null.
 */
export function createResourceProbe({ dataDir, clock, logger, env, drmFolder, cgroup }: ResourceProbeOptions): ResourceProbe {
  const isLinux = process.platform === 'linux';
  const nvidia = new NvidiaSmi({ clock, logger, ...(env === undefined ? {} : { env }) });
  const amd = isLinux ? new AmdSysfs(drmFolder) : null;
  const limits = isLinux ? new CgroupLimits(cgroup) : null;
  const serverScript = scriptPath('asrServer');
  const processes = isLinux ? new ProcessUse({ isForeign: (commandLine) => commandLine.includes(serverScript) }) : null;
  const readDisk = answeredInTime(clock, () => diskSpace(dataDir));
  let lastCpu: { readonly atMs: number; readonly times: CpuTimes | null; readonly groupSec: number | null } | null = null;
  let lastPercent: number | null = null;
  let cores = availableParallelism();

  const readCpu = async (): Promise<number | null> => {
    const atMs = clock.monotonicMs();
    if (lastCpu !== null && atMs - lastCpu.atMs < MIN_CPU_INTERVAL_MS) return lastPercent;
    const times = isLinux ? parseCpuTimes(await readOrEmpty('/proc/stat')) : timesOfNode();
    const group = limits?.cpu() ?? null;
    const isLimited = group !== null && group.cores < availableParallelism();
    cores = isLimited ? group.cores : availableParallelism();
    const before = lastCpu;
    lastCpu = { atMs, times, groupSec: isLimited ? group.usedSec : null };
    // The first reading has nothing to compare with.
    if (before === null) lastPercent = null;
    else if (isLimited && before.groupSec !== null) {
      const usedSec = Math.max(0, group.usedSec - before.groupSec);
      lastPercent = Math.min(100, (usedSec / ((atMs - before.atMs) / 1_000) / cores) * 100);
    } else lastPercent = before.times === null || times === null ? null : cpuPercentBetween(before.times, times);
    return lastPercent;
  };

  const readMemory = async (): Promise<MemoryUse | null> => {
    const machine = await memoryUse();
    const group = limits?.memory() ?? null;
    if (machine === null || group === null || group.limitBytes >= machine.totalBytes) return machine;
    const freeBytes = Math.min(group.limitBytes - group.usedBytes, machine.totalBytes - machine.usedBytes);
    return { usedBytes: Math.max(0, group.limitBytes - Math.max(0, freeBytes)), totalBytes: group.limitBytes };
  };

  const readGpus = async (): Promise<GpuSample[]> => {
    const first = nvidia.read();
    if (amd === null || !nvidia.isSettled) return first;
    const patience = Promise.withResolvers<void>();
    using _limit = clock.setTimer(ANSWER_MS, () => patience.resolve());
    const others = await amd.read(clock.monotonicMs(), GPU_STALE_AFTER_MS, patience.promise);
    const next = (first.at(-1)?.index ?? -1) + 1;
    return [...first, ...others.map((reading, place) => ({ index: next + place, ...reading }))];
  };

  const readServers = (servers: readonly WatchedServer[]): Sample['servers'] => {
    if (servers.length === 0) return [];
    const use = processes?.read(servers, clock.monotonicMs()) ?? new Map<number, never>();
    return servers.map(({ id, pid }) => {
      const found = use.get(pid);
      const corePercent = found?.corePercent ?? null;
      return { id, rssBytes: found?.rssBytes ?? null, cpuPercent: corePercent === null ? null : Math.min(100, corePercent / cores) };
    });
  };

  return {
    async sample(servers = []): Promise<Sample> {
      const [percent, memory, disk, gpus] = await Promise.all([readCpu(), readMemory(), readDisk(), readGpus()]);
      return {
        atMs: clock.nowMs(),
        cpuPercent: percent,
        memoryUsedBytes: memory?.usedBytes ?? null,
        memoryTotalBytes: memory?.totalBytes ?? null,
        ownRssBytes: process.memoryUsage.rss() + (processes?.ownChildrenRssBytes(servers, clock.monotonicMs()) ?? 0),
        diskFreeBytes: disk?.freeBytes ?? null,
        diskTotalBytes: disk?.totalBytes ?? null,
        gpus,
        servers: readServers(servers),
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
    using _limit = clock.setTimer(ANSWER_MS, () => late.resolve(null));
    return await Promise.race([answer, late.promise]);
  };
}
