import { readdirSync, readFileSync } from 'node:fs';

/** Variable that every descendant inherits, so that processes are found even when their parent is gone. */
export const MARK_VARIABLE = 'NIGHTSHIFT_LEAK_MARK';

/**
 * Processes other than this one that carry the mark, each as its number and command (Linux only). Ended ones that nobody has collected have
 * no environment any more and are not found.
 */
export function markedProcesses(mark: string): string[] {
  const found: string[] = [];
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${MARK_VARIABLE}=${mark}`)) continue;
      found.push(`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim()}`);
    } catch {
      // Gone between the two looks, or another user's.
    }
  }
  return found;
}
