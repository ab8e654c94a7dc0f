import type { NightshiftClient } from '#shared/contract/client.ts';
import type { NightState } from '#shared/contract/night.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { EVENT_LEVELS } from '#shared/domain/eventLog.ts';
import type { CliContext } from './context.ts';
import { entryLine } from './logsCommand.ts';

/** How often the state is asked for besides the events, so that an owner that is gone is noticed. */
const CHECK_INTERVAL_MS = 10_000;
/** Failed checks in a row after which it counts as gone. */
const MAX_FAILED_CHECKS = 3;
const NAMES = { nothing: 'Nothing', sleep: 'Sleep', shutDown: 'Shutting down', command: 'The command' } as const;

/**
 * Stays until what the run asked for at its end has been done or called off: we may be its owner. A signal calls it off. Nothing for a run that asked for
 * nothing.
 * @param isInterrupted a signal came already: whoever ended the batch is there
 */
export async function awaitWhenDone(context: CliContext, client: NightshiftClient, run: RunSummary, isInterrupted: boolean): Promise<void> {
  const { action } = run.options.whenDone;
  if (action === 'nothing') return;
  const { output, common, onSignal } = context;
  const changed = Promise.withResolvers<void>();
  let state: NightState | null = null;
  const take = (newer: NightState): void => {
    state = newer;
    if (newer.pending?.runId !== run.id && !newer.isActing) changed.resolve();
  };
  const call = (): void => void client.request('night.cancelWhenDone', {}).then(take, changed.reject);
  let failedChecks = 0;
  const check = async (): Promise<void> => {
    try {
      take(await client.request('night.get', {}));
      failedChecks = 0;
    } catch (error) {
      if (++failedChecks >= MAX_FAILED_CHECKS) changed.reject(error);
    }
  };
  const timer = setInterval(() => void check(), CHECK_INTERVAL_MS);
  const offEvents = client.subscribe((event) => event.name === 'night.changed' && take(event.payload));
  const offSignal = onSignal(() => {
    // A command that runs already goes on without us.
    if (state?.isActing === true) changed.resolve();
    else call();
  });
  try {
    const { newestId } = await client.request('log.list', { count: 1 });
    const first = await client.request('night.get', { runId: run.id });
    if (isInterrupted && first.pending !== null) call();
    else {
      if (first.pending !== null) {
        output.json({ type: 'whenDone', ...first.pending });
        output.notice(`${NAMES[action]} in ${Math.round((first.pending.atMs - Date.now()) / 1_000)} s. Ctrl-C calls it off.`);
      }
      take(first);
    }
    const isKnown = await changed.promise.then(
      () => true,
      () => false,
    );
    if (!isKnown) {
      output.notice(
        'The Nightshift that was to do it does not answer any more: it may not be done. Look at “nightshift logs --kind system”.',
      );
      return;
    }
    const { entries } = await client.request('log.list', { afterId: newestId, runId: run.id, kinds: ['system'], count: 10 });
    // What was planned has been announced above, whenever its entry was written.
    for (const entry of entries.filter(({ code }) => code !== 'whenDonePlanned')) {
      output.json({ type: 'event', ...entry });
      if (common.logLevel !== 'ERROR' || entry.level === EVENT_LEVELS[2]) output.notice(entryLine(entry, common.locale));
    }
  } finally {
    clearInterval(timer);
    offEvents();
    offSignal();
  }
}
