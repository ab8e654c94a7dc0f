import { TEST_STEPS, type KnownServer, type ServerState, type TestStep } from '#shared/contract/servers.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { ServerReason, ServerStatus } from '#shared/domain/server.ts';

type Tone = 'ok' | 'warn' | 'bad' | 'accent' | 'idle';

/** Colour of a server's dot. */
export function serverTone({ status, error }: { readonly status: ServerStatus; readonly error: unknown }): Tone {
  switch (status) {
    case 'ready':
    case 'adopted':
      return 'ok';
    case 'busy':
      return 'accent';
    case 'starting':
    case 'stopping':
    case 'backingOff':
    case 'suspect':
      return 'warn';
    case 'crashed':
    case 'broken':
    case 'unresponsive':
      return 'bad';
    case 'stopped':
      return error === null ? 'idle' : 'bad';
  }
}

export type ServerAction = 'start' | 'tryAgain' | 'connect' | 'stop' | 'disconnect';

/** What the panel offers to do with a server; nothing while it changes. One that somebody else runs is connected to and let go, never ended. */
export function serverAction({ status, isStartable, error }: Pick<KnownServer, 'status' | 'isStartable' | 'error'>): ServerAction | null {
  switch (status) {
    case 'stopped':
      return isStartable ? (error === null ? 'start' : 'tryAgain') : 'connect';
    case 'broken':
      return 'tryAgain';
    case 'ready':
    case 'busy':
    case 'starting':
    case 'backingOff':
    case 'suspect':
      return isStartable ? 'stop' : 'disconnect';
    case 'adopted':
      return 'disconnect';
    case 'crashed':
    case 'unresponsive':
    case 'stopping':
      return null;
  }
}

/** What everybody expects of a server that works; everything else is worth a word. */
const EXPECTED: ReadonlySet<ServerReason> = new Set(['wanted', 'answered', 'sessions', 'movesAgain', 'forgiven']);

/** Whether the reason tells more than the state; an error below says it at length. */
export function isReasonTelling<S extends Pick<ServerState, 'reason' | 'error'>>(
  server: S,
): server is S & { readonly reason: ServerReason } {
  return server.reason !== null && server.error === null && !EXPECTED.has(server.reason);
}

/** Those worth a line in the sidebar: what serves runs, and whatever else does something or needs help. */
export function isInSidebar({ isServing, status, error }: Pick<KnownServer, 'isServing' | 'status' | 'error'>): boolean {
  return isServing || status !== 'stopped' || error !== null;
}

/**
 * Who serves the mode after one of its servers was ticked or unticked; empty: Nightshift's own.
 * @param chosen of the settings
 */
export function servingAfter(chosen: readonly string[], mode: Mode, id: string): string[] {
  const now = chosen.length === 0 ? [mode] : chosen;
  const next = now.includes(id) ? now.filter((known) => known !== id) : [...now, id];
  return next.length === 1 && next[0] === mode ? [] : next;
}

export type StepView =
  | { readonly step: TestStep['step']; readonly state: 'ok' | 'failed' | 'skipped'; readonly told: TestStep }
  | { readonly step: TestStep['step']; readonly state: 'now' | 'waiting' | 'notTried'; readonly told: null };

/** All steps of a test in their order: what was told, what is being tried, and what is to come or will not come any more. */
export function stepViews(told: readonly TestStep[], isRunning: boolean): StepView[] {
  let isNext = isRunning;
  return TEST_STEPS.map((step) => {
    const found = told.find((entry) => entry.step === step);
    if (found !== undefined) return { step, state: found.outcome, told: found };
    const state = isNext ? 'now' : isRunning ? 'waiting' : 'notTried';
    isNext = false;
    return { step, state, told: null };
  });
}
