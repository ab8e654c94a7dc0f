/** Parsers of the files Linux keeps under /proc (proc_stat(5), proc_meminfo(5), proc_pid_status(5)). All pure. */

export interface CpuTimes {
  /** Ticks since boot over all cores, busy and in total. */
  readonly busy: number;
  readonly total: number;
}

/** First line of `/proc/stat`; waiting for a disk counts as idle, guests are part of `user` already. null when it is not there. */
export function parseCpuTimes(stat: string): CpuTimes | null {
  const line = /^cpu +(.*)$/m.exec(stat)?.[1];
  if (line === undefined) return null;
  const [user, nice, system, idle, ioWait = 0, irq = 0, softIrq = 0, steal = 0] = line.split(' ').map(Number);
  if (user === undefined || nice === undefined || system === undefined || idle === undefined) return null;
  const busy = user + nice + system + irq + softIrq + steal;
  const total = busy + idle + ioWait;
  return Number.isFinite(total) ? { busy, total } : null;
}

/** CPU use between two readings, percent of all cores together (0–100); null when no time has passed or counters went back. */
export function cpuPercentBetween(before: CpuTimes, after: CpuTimes): number | null {
  const total = after.total - before.total;
  const busy = after.busy - before.busy;
  // Idle and waiting times may fall a little on some kernels (proc_stat(5)), so that busy may seem to exceed the total.
  return total <= 0 || busy < 0 ? null : Math.min(100, (busy / total) * 100);
}

export interface MemoryUse {
  readonly usedBytes: number;
  readonly totalBytes: number;
}

/** `/proc/meminfo`: used is what could not be given to a new program without swapping (total − available), as `free` shows it. */
export function parseMemory(memInfo: string): MemoryUse | null {
  const total = kilobytes(memInfo, 'MemTotal');
  const available = kilobytes(memInfo, 'MemAvailable');
  if (total === null || available === null) return null;
  return { usedBytes: Math.max(0, total - available) * 1024, totalBytes: total * 1024 };
}

/** Resident bytes out of `/proc/PID/status`; null for a process that has ended (it keeps its entry until it is collected). */
export function parseRssBytes(status: string): number | null {
  const rss = kilobytes(status, 'VmRSS');
  return rss === null ? null : rss * 1024;
}

/** Process ids out of `/proc/PID/task/TID/children`. */
export function parseChildren(children: string): number[] {
  return children
    .split(' ')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0);
}

function kilobytes(text: string, name: string): number | null {
  const value = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return value === undefined ? null : Number(value);
}

export interface ProcessStat {
  readonly pid: number;
  /** User and system time, ticks. */
  readonly cpuTicks: number;
  /** With the pid it names a process for good, ticks since boot. */
  readonly startTicks: number;
  readonly rssPages: number;
}

/** `/proc/PID/stat` (proc_pid_stat(5)); null for a process that is not there or has ended. */
export function parseProcessStat(stat: string): ProcessStat | null {
  // The name stands in brackets and may hold anything, brackets and spaces, too.
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  const [state] = fields;
  if (end < 0 || state === undefined || state === 'Z' || state === 'X') return null;
  const figures = [stat.slice(0, stat.indexOf(' ')), fields[11], fields[12], fields[19], fields[21]].map(Number);
  const [pid = Number.NaN, user = 0, system = 0, startTicks = 0, rssPages = 0] = figures;
  return figures.some((value) => !Number.isFinite(value)) ? null : { pid, cpuTicks: user + system, startTicks, rssPages };
}
