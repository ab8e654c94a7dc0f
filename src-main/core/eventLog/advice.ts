import type { Advice } from '#shared/contract/log.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { CAUSE_OF_CODE, type AdviceCause } from '#shared/domain/advice.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import type { Troubles } from '../persistence/operations/advice.ts';

/** From this share of the limit on, memory was what held the run back. */
const HIGH_MEMORY_SHARE = 0.95;
/** Processing takes longer than the audio itself. */
const SLOW_RTF = 1;

/** Groups what went wrong by cause, most frequent first. Empty when nothing did. */
export function adviceOf({ counts, paces, memoryPeakMb, options }: Troubles): Advice[] {
  const { memoryLimitMb, pacing } = RunOptionsSchema.parse(JSON.parse(options));
  const byCause = new Map<AdviceCause, { count: number; itemCount: number; modes: Set<Mode>; codes: Set<ErrorCode> }>();
  const add = (cause: AdviceCause, found: { count: number; itemCount: number; mode: Mode | null; code: ErrorCode | null }): void => {
    const known = byCause.get(cause) ?? { count: 0, itemCount: 0, modes: new Set(), codes: new Set() };
    known.count += found.count;
    known.itemCount += found.itemCount;
    if (found.mode !== null) known.modes.add(found.mode);
    if (found.code !== null) known.codes.add(found.code);
    byCause.set(cause, known);
  };
  for (const found of counts) {
    const cause = CAUSE_OF_CODE[found.code];
    if (cause !== undefined) add(cause, found);
  }
  if (memoryPeakMb >= memoryLimitMb * HIGH_MEMORY_SHARE) add('memory', { count: 1, itemCount: 0, mode: null, code: null });
  // Paced as real time, every file takes as long as it is.
  for (const { mode, audioSec, processingSec } of pacing === 'asFast' ? paces : []) {
    if (processingSec > audioSec * SLOW_RTF) add('slow', { count: 1, itemCount: 0, mode, code: null });
  }
  return [...byCause]
    .map(([cause, { count, itemCount, modes, codes }]) => ({
      cause,
      count,
      itemCount,
      modes: MODES.filter((mode) => modes.has(mode)),
      codes: [...codes].toSorted(),
    }))
    .toSorted((left, right) => right.count - left.count);
}
