import { createHash } from 'node:crypto';

/** What the server can do to a process start; `none` is a healthy one. */
export const START_FAULTS = [
  'none',
  'slowLoad',
  'diesLoading',
  'moduleMissing',
  'neverListens',
  'ignoresSigterm',
  'leavesGrandchild',
] as const;
export type StartFault = (typeof START_FAULTS)[number];

/** What the server can do to a file; `none` is an answer. */
export const FILE_FAULTS = [
  'none',
  'diesMidFile',
  'hangsMidFile',
  'busy',
  'refusesAudio',
  'error',
  'garbage',
  'truncatedFrame',
  'hugeFrame',
  'closesEarly',
  'emptyText',
  'floodsStderr',
  'leaksMemory',
  'slow',
] as const;
export type FileFault = (typeof FILE_FAULTS)[number];

/** Faults with the share of starts or files they strike, 0–1; what is left over is healthy. */
export type Plan<F extends string> = Readonly<Partial<Record<F, number>>>;

/**
 * The fault that a seed deals to a key: the same for the same seed and key, whatever came before. Each try is dealt anew, and the shares are
 * halved with each, so that a file does not run out of tries by bad luck alone.
 * @param tries earlier tries of the same key
 */
export function dealFault<F extends string>(plan: Plan<F>, seed: string, key: string, tries: number): F | 'none' {
  const digest = createHash('sha256').update(`${seed}\n${key}\n${tries}`).digest();
  let left = (digest.readUInt32BE(0) / 2 ** 32) * 2 ** tries;
  for (const [fault, share] of Object.entries(plan) as [F, number][]) {
    left -= share;
    if (left < 0) return fault;
  }
  return 'none';
}

/** One line of the server's journal. */
export interface JournalEntry {
  readonly kind: 'start' | 'file';
  /** Of a file: the first 12 hex digits of the sha256 of its samples as sent. Of a start: the mode. */
  readonly key: string;
  readonly fault: StartFault | FileFault;
  readonly pid: number;
}

/** Text that the server answers for a file: tells any other file's answer apart. */
export function textOf(key: string): string {
  return `heard ${key}`;
}
