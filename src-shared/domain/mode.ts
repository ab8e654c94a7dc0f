/** The three ways of decoding, always run in this order (S0.1). */
export const MODES = ['streaming', 'chunked', 'original'] as const;
export type Mode = (typeof MODES)[number];

/** Fixed for users, changeable by setting or `--ports` (S0.1). */
export const DEFAULT_PORTS: Readonly<Record<Mode, number>> = { streaming: 8001, chunked: 8002, original: 8003 };

/** Pause between two modes of one run (S0.4). */
export const PAUSE_BETWEEN_MODES_MS = 3_000;

/**
 * Modes of a run in their fixed order, without repeats.
 * @param first with `continueModes`: from `first` to the last mode (S0.5); without: `first` alone.
 */
export function modesFrom(first: Mode, continueModes: boolean): Mode[] {
  const start = MODES.indexOf(first);
  return continueModes ? MODES.slice(start) : [first];
}

export function inModeOrder(modes: readonly Mode[]): Mode[] {
  return MODES.filter((mode) => modes.includes(mode));
}
