import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a container lets Nightshift have (cgroup v2, kernel documentation "Control Group v2"). */
export interface GroupMemory {
  readonly limitBytes: number;
  /** Without the cache of files that the kernel gives back at once. */
  readonly usedBytes: number;
}

export interface GroupCpu {
  readonly cores: number;
  /** Used by all of the group since it was made. */
  readonly usedSec: number;
}

export interface CgroupLimitsOptions {
  /** Where cgroups are mounted. */
  readonly root?: string;
  /** The group of this process, as `/proc/self/cgroup` names it. */
  readonly selfFile?: string;
}

/** Limits of the group this process is in and of all above it, the tightest each; null where nothing limits or cgroup v2 is not there. */
export class CgroupLimits {
  readonly #folders: readonly string[];

  constructor({ root = '/sys/fs/cgroup', selfFile = '/proc/self/cgroup' }: CgroupLimitsOptions = {}) {
    const own = /^0::(\/.*)$/m.exec(textOf(selfFile))?.[1];
    const folders: string[] = [];
    // Inside a namespace of its own a container sees its group as the root.
    for (let path = own ?? null; path !== null && !path.includes('..'); path = path === '/' ? null : dirname(path))
      folders.push(join(root, path));
    this.#folders = folders;
  }

  memory(): GroupMemory | null {
    let tightest: GroupMemory | null = null;
    for (const folder of this.#folders) {
      const limitBytes = wholeNumber(textOf(join(folder, 'memory.max')));
      const current = wholeNumber(textOf(join(folder, 'memory.current')));
      if (limitBytes === null || current === null) continue;
      const cache = wholeNumber(/^inactive_file (\d+)$/m.exec(textOf(join(folder, 'memory.stat')))?.[1] ?? '') ?? 0;
      const usedBytes = Math.max(0, current - cache);
      if (tightest === null || limitBytes - usedBytes < tightest.limitBytes - tightest.usedBytes) tightest = { limitBytes, usedBytes };
    }
    return tightest;
  }

  cpu(): GroupCpu | null {
    let tightest: { readonly cores: number; readonly folder: string } | null = null;
    for (const folder of this.#folders) {
      const [quota = '', period = ''] = textOf(join(folder, 'cpu.max')).trim().split(' ');
      const quotaUs = wholeNumber(quota);
      const periodUs = wholeNumber(period);
      if (quotaUs === null || periodUs === null || periodUs === 0) continue;
      const cores = quotaUs / periodUs;
      if (tightest === null || cores < tightest.cores) tightest = { cores, folder };
    }
    if (tightest === null) return null;
    const usedUs = wholeNumber(/^usage_usec (\d+)$/m.exec(textOf(join(tightest.folder, 'cpu.stat')))?.[1] ?? '');
    return usedUs === null ? null : { cores: tightest.cores, usedSec: usedUs / 1_000_000 };
  }
}

/** "max" and anything else that is no number: null. */
function wholeNumber(text: string): number | null {
  return /^\d+$/.test(text.trim()) ? Number(text.trim()) : null;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
