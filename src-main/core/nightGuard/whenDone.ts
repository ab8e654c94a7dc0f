import type { AnyEvent } from '#shared/contract/events.ts';
import type { NightState } from '#shared/contract/night.ts';
import type { RunSummary, WhenDone } from '#shared/contract/runs.ts';
import type { EventCode } from '#shared/domain/eventLog.ts';
import { LIMIT_CAUSES, type RunStatus } from '#shared/domain/run.ts';
import { type ErrorData, NightshiftError, toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import type { EventBus } from '../events.ts';
import type { Database } from '../persistence/database.ts';
import type { Clock, Logger, PowerActions, PowerHold } from '../ports.ts';
import { allRuns } from './allRuns.ts';
import { type GuardedRuns, PASSING_CAUSES } from './nightGuard.ts';

/** How long whoever is still there has to say no. */
const COUNTDOWN_MS = 60_000;
/** Somebody waits for these, or is at the machine. */
const WANTED: readonly RunStatus[] = ['preparing', 'queued', 'running', 'pausing', 'stopping'];

export interface WhenDoneDeps {
  readonly runs: GuardedRuns;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventBus;
  readonly power: PowerHold;
  readonly actions: PowerActions;
}

/**
 * What a run asked for at its end: only when it got there (all of it, or a limit), never after a stop, a pause or an interruption, never while another run
 * waits, and not before a minute in which it can be taken back. The run that ends last decides.
 */
export class WhenDoneKeeper {
  readonly #deps: WhenDoneDeps;
  readonly #openedMs: number;
  /** Ends that were looked at, by run: whoever asks again does not start it again. */
  readonly #seen = new Map<number, string>();
  /** Runs that went on in this life of the owner. */
  readonly #wasGoing = new Set<number>();
  #pending: NightState['pending'] = null;
  #timer: Disposable | null = null;
  #acting: Promise<void> | null = null;
  #unsubscribe: (() => void) | null = null;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(deps: WhenDoneDeps) {
    this.#deps = deps;
    this.#openedMs = deps.clock.nowMs();
  }

  open(): void {
    this.#unsubscribe = this.#deps.events.subscribe((event) => this.#hear(event));
  }

  get state(): NightState {
    return { pending: this.#pending, isActing: this.#acting !== null };
  }

  /** @throws RUN_NOT_FOUND */
  async lookAt(runId: number): Promise<NightState> {
    await this.#look(await this.#deps.runs.get(runId));
    return this.state;
  }

  async cancel(): Promise<NightState> {
    await this.#takeBack('user');
    return this.state;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unsubscribe?.();
    await this.#takeBack('ended');
    await this.#looking.catch(() => undefined);
  }

  #hear(event: AnyEvent): void {
    if (event.name !== 'run.changed') return;
    const run = event.payload;
    if (run.status === 'running') {
      this.#wasGoing.add(run.id);
      this.#seen.delete(run.id);
    }
    if (this.#pending !== null && (WANTED.includes(run.status) || isParked(run))) void this.#takeBack('newRun');
    this.#look(run).catch((error: unknown) =>
      this.#deps.logger.warn('what a run asked for at its end was not looked at', { error: String(error) }),
    );
  }

  #look(run: RunSummary): Promise<void> {
    this.#looking = this.#looking.catch(() => undefined).then(() => this.#decide(run));
    return this.#looking;
  }

  async #decide(run: RunSummary): Promise<void> {
    const { runs, clock, events } = this.#deps;
    const { whenDone } = run.options;
    if (whenDone.action === 'nothing' || this.#isClosed || !this.#hasEnded(run)) return;
    const end = `${run.status} ${run.pausedBy ?? ''} ${run.endedAtMs ?? ''}`;
    if (this.#seen.get(run.id) === end) return;
    // Looked at once: what is told of the run later (a gate set the next morning) is no end of it.
    this.#seen.set(run.id, end);
    if (await this.#isOtherWanted(run.id)) return;
    const now = await runs.get(run.id);
    if (now.status !== run.status || this.#isClosed) return;
    this.#pending = { runId: run.id, whenDone, atMs: clock.nowMs() + COUNTDOWN_MS };
    this.#timer = clock.setTimer(COUNTDOWN_MS, () => {
      this.#acting = this.#act(run.id, whenDone).finally(() => {
        this.#acting = null;
        events.emit('night.changed', this.state);
      });
      events.emit('night.changed', this.state);
    });
    // Written before it is shown: who hears of it may read the log at once.
    await this.#log('whenDonePlanned', run.id, { action: whenDone.action });
    events.emit('night.changed', this.state);
  }

  /** In this life of the owner: nobody wants the machine to go off because of a run of last week. */
  #hasEnded(run: RunSummary): boolean {
    if (run.status === 'finished') return run.endedAtMs !== null && run.endedAtMs >= this.#openedMs;
    return run.status === 'paused' && LIMIT_CAUSES.some((cause) => cause === run.pausedBy) && this.#wasGoing.has(run.id);
  }

  /** Whether somebody waits for any run but this one. */
  async #isOtherWanted(runId: number): Promise<boolean> {
    for await (const other of allRuns(this.#deps.runs)) {
      if (other.id !== runId && (WANTED.includes(other.status) || isParked(other))) return true;
    }
    return false;
  }

  async #takeBack(reason: 'user' | 'newRun' | 'ended'): Promise<void> {
    const pending = this.#pending;
    if (pending === null) return;
    this.#timer?.[Symbol.dispose]();
    this.#pending = null;
    await this.#log('whenDoneCancelled', pending.runId, { action: pending.whenDone.action, reason });
    this.#deps.events.emit('night.changed', this.state);
  }

  /** Never rejects. */
  async #act(runId: number, whenDone: WhenDone): Promise<void> {
    const { actions, power, logger } = this.#deps;
    this.#pending = null;
    try {
      // One that came while the countdown was being set was not heard.
      if (await this.#isOtherWanted(runId)) {
        await this.#log('whenDoneCancelled', runId, { action: whenDone.action, reason: 'newRun' });
        return;
      }
      logger.info('what a run asked for at its end is done now', { runId, action: whenDone.action });
      if (whenDone.action === 'command') {
        using _hold = power.acquire(`command after run ${runId}`);
        const { code, output } = await actions.runCommand(whenDone.command, whenDone.args);
        await this.#log(code === 0 ? 'whenDoneActed' : 'whenDoneFailed', runId, { action: 'command', code, output });
      } else if (whenDone.action !== 'nothing') {
        // Written first: afterwards there may be no time.
        await this.#log('whenDoneActed', runId, { action: whenDone.action });
        await (whenDone.action === 'sleep' ? actions.sleep() : actions.shutDown());
      }
    } catch (thrown) {
      const error =
        thrown instanceof NightshiftError
          ? toWireError(thrown)
          : toWireError(new NightshiftError('POWER_ACTION_FAILED', { detail: String(thrown) }));
      await this.#log('whenDoneFailed', runId, { action: whenDone.action }, error);
    }
  }

  async #log(code: EventCode, runId: number, data: ErrorData, error: WireError | null = null): Promise<void> {
    const { database, clock, logger } = this.#deps;
    const entry = { atMs: clock.nowMs(), code, runId, data, error };
    await database.write('addLogEntries', { entries: [entry] }).catch((failure: unknown) => {
      logger.warn('an entry of the event log was lost', { code, error: String(failure) });
    });
  }
}

/** Waits for the machine and goes on by itself. */
function isParked({ status, pausedBy }: RunSummary): boolean {
  return status === 'paused' && PASSING_CAUSES.some((cause) => cause === pausedBy);
}
