import { app, dialog, type BrowserWindow } from 'electron';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { ACTIVE_RUN_STATUSES, type RunStatus } from '#shared/domain/run.ts';
import type { Labels } from './labels.ts';

export interface QuitFlowOptions {
  readonly client: NightshiftClient;
  /** Whether another process owns the runs, which then go on without us. Asked at each quit: its place may have become ours. */
  readonly isAttached: () => boolean;
  readonly labels: () => Labels;
  readonly currentWindow: () => BrowserWindow | null;
  /** Ends the runtime; what it still writes is written when it resolves. */
  readonly close: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

const QUIT_AFTER_FILES = 0;
const QUIT_NOW = 1;
const STAY = 2;

/** `queued` too: it would start as soon as the others are out of the way. */
const UNFINISHED: readonly RunStatus[] = [...ACTIVE_RUN_STATUSES, 'queued'];

/** Resolves when none of the runs is active any more. */
function settled(client: NightshiftClient, runIds: readonly number[]): Promise<void> {
  const waiting = new Set(runIds);
  return new Promise((resolve, reject) => {
    const note = (run: RunSummary): void => {
      if (UNFINISHED.includes(run.status)) return;
      waiting.delete(run.id);
      if (waiting.size > 0) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = client.subscribe((event) => {
      if (event.name === 'run.changed') note(event.payload);
    });
    // After subscribing, so that no change falls between the question and the first event.
    for (const runId of runIds) client.request('runs.get', { runId }).then(note, reject);
  });
}

/**
 * Quitting: states open → asking → draining → closing → closed. `before-quit` is held back until the runtime has been closed; with a running
 * batch the user is asked first. Quitting again while current files finish means: stop now.
 */
export function installQuitFlow({ client, isAttached, labels, currentWindow, close, onError }: QuitFlowOptions): void {
  let state: 'open' | 'asking' | 'draining' | 'closing' | 'closed' = 'open';

  const unfinishedRuns = async (): Promise<RunSummary[]> => {
    if (isAttached()) return [];
    const { runs } = await client.request('runs.list', { count: 200 });
    return runs.filter((run) => UNFINISHED.includes(run.status));
  };

  const stop = async (runs: readonly RunSummary[], now: boolean): Promise<void> => {
    await Promise.all(runs.map((run) => client.request('runs.stop', { runId: run.id, keep: true, now })));
  };

  const ask = async (): Promise<number> => {
    const words = labels();
    const options = {
      type: 'question' as const,
      message: words.quitQuestion,
      detail: words.quitDetail,
      buttons: [words.quitAfterFiles, words.quitNow, words.stay],
      defaultId: STAY,
      cancelId: STAY,
      noLink: true,
    };
    const window = currentWindow();
    return (await (window === null ? dialog.showMessageBox(options) : dialog.showMessageBox(window, options))).response;
  };

  const finish = async (): Promise<void> => {
    if (state === 'closing' || state === 'closed') return;
    state = 'closing';
    await close().catch(onError);
    state = 'closed';
    app.quit();
  };

  const begin = async (): Promise<void> => {
    state = 'asking';
    const runs = await unfinishedRuns();
    if (runs.length > 0) {
      const answer = await ask();
      if (answer !== QUIT_AFTER_FILES && answer !== QUIT_NOW) {
        state = 'open';
        return;
      }
      state = 'draining';
      await stop(runs, answer === QUIT_NOW);
      await settled(
        client,
        runs.map((run) => run.id),
      );
    }
    await finish();
  };

  /** A runtime that no longer answers must not keep the window open for ever. */
  const orFinish = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      onError(error);
      await finish();
    }
  };

  app.on('before-quit', (event) => {
    if (state === 'closed') return;
    event.preventDefault();
    if (state === 'open') void orFinish(begin());
    else if (state === 'draining') void orFinish(unfinishedRuns().then((runs) => stop(runs, true)));
  });
}
