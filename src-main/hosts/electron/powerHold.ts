import { powerSaveBlocker } from 'electron';
import type { PowerHold } from '#main/core/ports.ts';

/** Keeps the machine awake, never its display, while at least one hold is alive. */
export function createElectronPowerHold(): PowerHold {
  const holds = new Set<symbol>();
  let blocker: number | null = null;
  return {
    acquire(reason) {
      const hold = Symbol(reason);
      holds.add(hold);
      blocker ??= powerSaveBlocker.start('prevent-app-suspension');
      return {
        [Symbol.dispose]() {
          holds.delete(hold);
          if (holds.size > 0 || blocker === null) return;
          powerSaveBlocker.stop(blocker);
          blocker = null;
        },
      };
    },
  };
}
