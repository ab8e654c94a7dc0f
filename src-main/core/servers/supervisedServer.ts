import type { ChildExit, Logger } from '#main/core/ports.ts';
import type { ServerProfile } from '#shared/contract/profiles.ts';
import type { ServerState } from '#shared/contract/servers.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { profileUrl } from '#shared/domain/profileDefaults.ts';
import type { ServerReason, ServerStatus, ServerWarning } from '#shared/domain/server.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AsrAdapter, AsrSession, ServerHello } from './adapters/asrAdapter.ts';
import { exitError, reasonOf } from './exitReason.ts';
import { warningOf } from './logWarnings.ts';
import { MemoryGauge } from './memoryGauge.ts';
import { ServerLines } from './outputLog.ts';
import { type HangFacts, ProgressWatch, ServerPace } from './progressWatch.ts';
import { Recycling } from './recycling.ts';
import { RestartPolicy } from './restartPolicy.ts';
import { ServerProcess } from './serverProcess.ts';
import { checkStart, earlyExit, firstSession, runningProfile } from './serverStart.ts';
import { ServerStatusBoard } from './serverStatusBoard.ts';
import type { ReadyServer, ServerSupervisor, ServerTarget, SupervisorOptions } from './serverSupervisor.ts';
import { SessionPool } from './sessionPool.ts';

/** Time until what has just ended has had its turn. */
const CRASH_STEP_MS = 50;

/** See `ServerSupervisor`. */
export class SupervisedServer implements ServerSupervisor {
  readonly lines = new ServerLines();
  readonly logPath: string;
  readonly #options: SupervisorOptions;
  readonly #logger: Logger;
  readonly #restarts: RestartPolicy;
  readonly #pace = new ServerPace();
  readonly #memory: MemoryGauge;
  readonly #board: ServerStatusBoard;
  readonly #recycling = new Recycling(() => this.#recycle());
  #warnings: readonly ServerWarning[] = [];
  #target: ServerTarget | null = null;
  /** It has been ready with this target since it was last asked for: what kills it now may go away again. */
  #hasWorked = false;
  #process: ServerProcess | null = null;
  #pool: SessionPool | null = null;
  #hello: ServerHello | null = null;
  #restartAt: { readonly monotonicMs: number; readonly epochMs: number; readonly timer: Disposable } | null = null;
  /** Starts and stops happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Aborted by the next stop: what was asked for before it must not start the server again, also when its turn comes later. */
  #stopping = new AbortController();

  constructor(options: SupervisorOptions) {
    const { profile, logger, random, clock, dataDir } = options;
    this.#options = options;
    this.#logger = logger.child({ server: profile.id });
    this.#restarts = new RestartPolicy(random);
    this.#memory = new MemoryGauge(clock);
    this.#board = new ServerStatusBoard(profile.id, clock, this.#logger);
    this.logPath = `${dataDir}/logs/server-${profile.id}.log`;
    this.lines.follow((line) => this.#heardLine(line));
  }

  async ensureReady(target: ServerTarget, signal: AbortSignal): Promise<ReadyServer> {
    const either = AbortSignal.any([signal, this.#stopping.signal]);
    for (;;) {
      const outcome = await this.#inTurn(() => this.#tryReady(target, either));
      if (typeof outcome !== 'number') return outcome;
      await this.#options.clock.sleep(outcome, either);
    }
  }

  async openSession(signal: AbortSignal): Promise<AsrSession> {
    await this.#recycling.over(signal);
    if (this.#pool === null || this.isGone()) throw new NightshiftError('SERVER_REFUSED', this.#where());
    return await this.#pool.open(signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#stopping = new AbortController();
    await this.#inTurn(() => this.#stopNow('asked'));
    this.#hasWorked = false;
  }

  forgive(): void {
    this.#restarts.forgive();
    if (this.isGone()) this.#hasWorked = false;
    if (this.#board.status === 'broken') this.#become('stopped', 'forgiven', null);
    else this.#announce();
  }

  isGone(): boolean {
    return !this.#recycling.isUnderWay && !['ready', 'busy', 'suspect', 'adopted'].includes(this.#board.status);
  }

  instance(): string | null {
    return this.isGone() ? null : (this.#hello?.instance ?? null);
  }

  state(): ServerState {
    void this.#memory.refresh();
    return this.#snapshot();
  }

  /** @returns milliseconds to wait before it is worth asking again, or the ready server */
  async #tryReady(target: ServerTarget, signal: AbortSignal): Promise<ReadyServer | number> {
    if (signal.aborted) throw cancelled(signal);
    if (this.#target !== null && !isSameTarget(this.#target, target)) {
      await this.#stopNow('settingsChanged');
      this.#restarts.forgive();
      this.#hasWorked = false;
    }
    this.#target = target;
    if (isRunByOthers(target)) return await this.#adopt(target, signal);
    switch (this.#board.status) {
      case 'ready':
      case 'busy':
      case 'suspect':
        return this.#ready();
      case 'broken':
        // What has never worked says itself what is wrong with it.
        if (!this.#hasWorked && this.#board.error !== null) throw this.#board.error;
        throw new NightshiftError('SERVER_BROKEN', { ...this.#where(), ...detailOf(this.#board.error) }, { cause: this.#board.error });
      case 'backingOff': {
        const waitMs = this.#restartAt === null ? 0 : this.#restartAt.monotonicMs - this.#options.clock.monotonicMs();
        if (waitMs > 0) return waitMs;
        break;
      }
      case 'adopted':
        await this.#stopNow('settingsChanged');
        break;
      case 'stopped':
        break;
      case 'crashed':
      case 'unresponsive':
        // It has just ended, or is to be ended, and its own turn, which decides about a restart, comes next.
        return CRASH_STEP_MS;
      case 'starting':
      case 'stopping':
        throw new NightshiftError('INVARIANT_BROKEN', { detail: `${this.#board.status} between two turns` });
    }
    try {
      await this.#start(target, signal, 'wanted');
    } catch (error) {
      // A try that failed is one of several: the back-off, or the end of its budget, comes next. A deadline is long; who missed it does not get five.
      const isOneOfSeveral = this.#hasWorked ? ['backingOff', 'broken'] : ['backingOff'];
      const isTimeout = !this.#hasWorked && toNightshiftError(error).code === 'SERVER_START_TIMEOUT';
      if (isOneOfSeveral.includes(this.#board.status) && !isTimeout) return 0;
      throw error;
    }
    return this.#ready();
  }

  #ready(): ReadyServer {
    if (this.#hello === null) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'ready without a greeting' });
    return { url: this.#url(), hello: this.#hello };
  }

  /** A server that somebody else started: found again each time, because it may have been replaced. */
  async #adopt(target: ServerTarget, signal: AbortSignal): Promise<ReadyServer> {
    if ((this.#board.status === 'adopted' || this.#board.status === 'suspect') && (this.#pool?.inUse ?? 0) > 0) return this.#ready();
    await this.#stopNow('settingsChanged');
    try {
      const adapter = this.#options.adapterFor(await runningProfile(this.#options.portProbe, target.profile, signal));
      this.#take(adapter, await adapter.connect(this.#url(), signal));
    } catch (error) {
      throw this.#remember(toNightshiftError(error));
    }
    this.#become('adopted', 'external', null);
    return this.#ready();
  }

  async #start(target: ServerTarget, signal: AbortSignal, reason: ServerReason): Promise<void> {
    const { clock, http, portProbe, adapterFor } = this.#options;
    const { profile } = target;
    // 1. What can be known before a process exists. Nothing is started on a model that is not whole.
    try {
      await checkStart({ files: this.#options.files, portProbe }, target, signal);
    } catch (error) {
      throw this.#remember(toNightshiftError(error));
    }
    // 2. From here on there is a process to end when something goes wrong.
    this.#clearRestart();
    this.#warnings = [];
    this.#become('starting', reason, null);
    try {
      const { deadlineMs } = profile.ready;
      const done = new AbortController();
      const waiting = AbortSignal.any([signal, done.signal]);
      using _deadline = clock.setTimer(deadlineMs, () => {
        const logTail = this.#process?.tail().join('\n') ?? '';
        const facts = { ...this.#where(), timeoutSec: Math.round(deadlineMs / 1_000), logTail };
        done.abort(new NightshiftError('SERVER_START_TIMEOUT', facts));
      });
      const own = await this.#spawn(target, waiting);
      this.#process = own;
      this.#announce();
      // 3. Ready, died early, took too long, or nobody wants it any more: whatever comes first.
      const adapter = adapterFor(profile);
      const deps = { adapter, clock, http, portProbe, lines: this.lines, logger: this.#logger, url: this.#url() };
      const first = await Promise.race([firstSession(deps, own, target, waiting), own.exited]).finally(() => done.abort());
      if (!('hello' in first)) throw await earlyExit(portProbe, own, first, target);
      this.#take(adapter, first);
      void own.exited.then((exit) => this.#exited(own, exit));
      this.#hasWorked = true;
      this.#become('ready', 'answered', null);
      this.#logger.info('server is ready', { port: profile.port, pid: own.pid });
    } catch (error) {
      await this.#startFailed(toNightshiftError(error), signal);
    }
  }

  async #spawn(target: ServerTarget, signal: AbortSignal): Promise<ServerProcess> {
    const { clock, random, files, spawner, ledger, dataDir } = this.#options;
    const { lines, logPath } = this;
    return await ServerProcess.start(
      { clock, random, logger: this.#logger, files, spawner, ledger, dataDir, logPath, lines },
      target,
      signal,
    );
  }

  /** Decides what a failed start means for the next one, and throws. */
  async #startFailed(error: NightshiftError, signal: AbortSignal): Promise<never> {
    const own = this.#process;
    this.#process = null;
    const stopGraceMs = this.#stopGraceMs();
    if (signal.aborted || error.code === 'CANCELLED') {
      this.#become('stopping', 'asked', null);
      await own?.terminate(stopGraceMs);
      this.#become('stopped', 'asked', null);
      throw new NightshiftError('CANCELLED', {}, { cause: error });
    }
    await own?.terminate(stopGraceMs);
    switch (error.code) {
      case 'SERVER_START_TIMEOUT':
        this.#crashed(error, true);
        break;
      case 'SERVER_OUT_OF_MEMORY':
      case 'SERVER_EXITED':
        // What has worked before may go better next time. What has twice ended while it loaded will end again.
        if (this.#hasWorked || this.#restarts.count(this.#options.clock.monotonicMs()) === 0) this.#crashed(error, true);
        else this.#become('broken', reasonOf(error), error);
        break;
      default:
        this.#become('stopped', reasonOf(error), error);
    }
    this.#logger.warn('server did not start', { code: error.code, ...error.data });
    throw error;
  }

  #take(adapter: AsrAdapter, first: AsrSession): void {
    const { clock } = this.#options;
    const { timeouts, recycle } = this.#profile();
    this.#hello = first.hello;
    const watch = new ProgressWatch({
      clock,
      limits: timeouts,
      pace: this.#pace,
      onSuspect: (isSuspect) => this.#suspected(isSuspect),
      onHang: (facts) => this.#hung(watch, facts),
    });
    this.#recycling.begin(recycle);
    this.#pool = new SessionPool({
      ...{ adapter, url: this.#url(), first, watch },
      onChange: () => this.#sessionsChanged(),
      onFile: (done) => {
        if (done !== null) this.#pace.record(done.audioSec, done.processingSec);
        if (this.#process !== null) this.#recycling.fileDone();
      },
    });
  }

  #sessionsChanged(): void {
    const inUse = this.#pool?.inUse ?? 0;
    const isBusy = inUse > 0;
    if (this.#board.status === 'ready' && isBusy) this.#become('busy', 'sessions', null);
    else if ((this.#board.status === 'busy' || (this.#board.status === 'suspect' && this.#process !== null)) && !isBusy)
      this.#become('ready', 'sessions', null);
    else this.#announce();
    if (isBusy) this.#watchMemory();
    else this.#recycling.idle();
  }

  #watchMemory(): void {
    this.#memory.watch(
      () => this.#board.status === 'busy' || this.#board.status === 'suspect',
      (bytes) => {
        if (bytes !== null) this.#recycling.memorySeen(bytes);
        this.#announce();
      },
    );
  }

  #suspected(isSuspect: boolean): void {
    if (isSuspect && (this.#board.status === 'busy' || this.#board.status === 'adopted')) this.#become('suspect', 'noProgress', null);
    else if (!isSuspect && this.#board.status === 'suspect') {
      const isBusy = (this.#pool?.inUse ?? 0) > 0;
      this.#become(this.#process === null ? 'adopted' : isBusy ? 'busy' : 'ready', 'movesAgain', null);
    }
  }

  /** Audio has not moved for all the time it may take: whoever waits is told at once, and the process is ended in its turn. */
  #hung(watch: ProgressWatch, facts: HangFacts): void {
    // It ended before its turn to be told came.
    if (!['busy', 'suspect', 'adopted'].includes(this.#board.status)) return;
    const { timeoutMs, owedAudioSec } = facts;
    const error = new NightshiftError('SERVER_UNRESPONSIVE', {
      ...this.#where(),
      ...{ timeoutMs, timeoutSec: Math.round(timeoutMs / 1_000), owedAudioSec: Math.round(owedAudioSec * 10) / 10 },
    });
    const own = this.#process;
    this.#become('unresponsive', 'noProgress', error);
    watch.giveUp(error);
    void this.#inTurn(() => this.#endHung(own, error));
  }

  async #endHung(own: ServerProcess | null, cause: NightshiftError): Promise<void> {
    if (this.#board.status !== 'unresponsive') return;
    // What is known about it now is gone with it.
    const [rssBytes, gpuMemoryBytes] = await Promise.all([own?.rssBytes() ?? null, this.#gpuMemoryBytes()]);
    const error = new NightshiftError('SERVER_UNRESPONSIVE', {
      ...cause.data,
      ...{ logTail: own?.tail().join('\n') ?? '', rssBytes, gpuMemoryBytes },
    });
    const pool = this.#pool;
    this.#pool = null;
    this.#process = null;
    this.#hello = null;
    this.#recycling.forget();
    await Promise.all([pool?.close(), own?.terminate(this.#stopGraceMs())]);
    if (own === null) this.#become('stopped', 'noProgress', error);
    else this.#crashed(error, true);
    this.#logger.warn('server made no progress', { ...error.data });
  }

  async #gpuMemoryBytes(): Promise<number | null> {
    const sample = await this.#options.resources.sample().catch(() => null);
    const used = (sample?.gpus ?? []).flatMap(({ memoryUsedBytes }) => memoryUsedBytes ?? []);
    return used.length === 0 ? null : used.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** An exit that came after the server was ready. */
  async #exited(own: ServerProcess, exit: ChildExit): Promise<void> {
    if (this.#process !== own) return;
    this.#process = null;
    this.#recycling.forget();
    const isWanted = (this.#pool?.inUse ?? 0) > 0;
    const pool = this.#pool;
    this.#pool = null;
    this.#hello = null;
    // Known at once, so that whoever was using it can tell a lost file from a failed one; the last lines follow.
    const first = exitError(this.#where(), { exit, lines: [], wasMemoryShort: false });
    this.#become('crashed', reasonOf(first), first);
    await this.#inTurn(async () => {
      const [error] = await Promise.all([own.exitError(this.#where(), exit), pool?.close()]);
      if (this.#board.status === 'crashed') this.#crashed(error, isWanted);
      this.#logger.warn('server ended unexpectedly', { ...error.data });
    });
  }

  /** Plans the restart. @param isWanted whether somebody is using it, so that it starts again by itself */
  #crashed(error: NightshiftError, isWanted: boolean): void {
    const { clock } = this.#options;
    if (this.#board.status !== 'crashed') this.#become('crashed', reasonOf(error), error);
    const delayMs = this.#restarts.exited(clock.monotonicMs());
    if (delayMs === null) {
      this.#become('broken', 'budgetSpent', error);
      return;
    }
    const timer = clock.setTimer(delayMs, () => {
      const { signal } = this.#stopping;
      void this.#inTurn(() => this.#restart(isWanted, signal));
    });
    this.#restartAt = { monotonicMs: clock.monotonicMs() + delayMs, epochMs: clock.nowMs() + delayMs, timer };
    this.#become('backingOff', reasonOf(error), error);
  }

  async #restart(isWanted: boolean, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#board.status !== 'backingOff') return;
    this.#clearRestart();
    if (!isWanted || this.#target === null) {
      this.#become('stopped', this.#board.reason, this.#board.error);
      return;
    }
    // What went wrong is in the state and in the log; whoever needs the server hears it from `ensureReady`.
    await this.#start(this.#target, signal, 'restart').catch(() => undefined);
  }

  /** Between two files: ended and started anew, without counting as a crash. */
  async #recycle(): Promise<void> {
    const { signal } = this.#stopping;
    await this.#inTurn(async () => {
      const target = this.#target;
      if (signal.aborted || target === null || this.#process === null || this.#board.status !== 'ready') return;
      await this.#stopNow(this.#recycling.reason ?? 'recycledFiles');
      if (!signal.aborted) await this.#start(target, signal, 'restart').catch(() => undefined);
    });
  }

  async #stopNow(reason: ServerReason): Promise<void> {
    this.#clearRestart();
    this.#recycling.forget();
    const own = this.#process;
    const pool = this.#pool;
    this.#process = null;
    this.#pool = null;
    if (this.#board.status === 'stopped') return;
    if (own !== null) {
      this.#become('stopping', reason, null);
      await pool?.close();
      await own.terminate(this.#stopGraceMs());
    } else {
      await pool?.close();
    }
    this.#hello = null;
    this.#become('stopped', reason, null);
  }

  #clearRestart(): void {
    this.#restartAt?.timer[Symbol.dispose]();
    this.#restartAt = null;
  }

  #heardLine(line: string): void {
    const warning = warningOf(line);
    if (warning === null || this.#profile().gpu === 'cpu' || this.#warnings.includes(warning)) return;
    this.#warnings = [...this.#warnings, warning];
    this.#logger.warn('server warns', { warning, line });
    this.#announce();
  }

  #remember(error: NightshiftError): NightshiftError {
    // Nobody waits for it any more: that says nothing about the server.
    if (error.code === 'CANCELLED') return error;
    if (this.#board.status === 'backingOff') {
      this.#clearRestart();
      this.#become('stopped', reasonOf(error), error);
    } else {
      this.#board.note(reasonOf(error), error);
      this.#announce();
    }
    return error;
  }

  #profile(): ServerProfile {
    return this.#target?.profile ?? this.#options.profile;
  }

  #stopGraceMs(): number {
    return this.#profile().timeouts.stopGraceMs;
  }

  #where(): { readonly mode: Mode; readonly port: number } {
    const { mode, port } = this.#profile();
    return { mode, port };
  }

  #url(): string {
    return profileUrl(this.#profile());
  }

  #become(status: ServerStatus, reason: ServerReason | null, error: NightshiftError | null): void {
    const from = this.#board.change(status, reason, error);
    const own = this.#process;
    if (from === 'starting' && status === 'ready' && own !== null) this.#memory.measure(() => own.rssBytes());
    else if (status !== 'ready' && status !== 'busy' && status !== 'suspect') this.#memory.measure(null);
    this.#announce();
  }

  #announce(): void {
    this.#options.onChange(this.#snapshot());
  }

  #snapshot(): ServerState {
    const { mode, port } = this.#where();
    const { status, reason, error, sinceMs } = this.#board;
    return {
      mode,
      port,
      url: this.#url(),
      status,
      reason,
      warnings: [...this.#warnings],
      pid: this.#process?.pid ?? null,
      capacity: this.#hello?.capacity ?? null,
      sessions: this.#pool?.inUse ?? 0,
      model: this.#hello?.model ?? null,
      rssBytes: this.#memory.bytes,
      crashCount: this.#restarts.count(this.#options.clock.monotonicMs()),
      restartAtMs: this.#restartAt?.epochMs ?? null,
      sinceMs,
      error: error === null ? null : { code: error.code, data: error.data },
    };
  }

  /** Runs `work` after everything that was asked before, whatever became of it. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return await mine;
  }
}

function isRunByOthers({ ownership, profile }: ServerTarget): boolean {
  return ownership === 'running' || profile.start === null;
}

/** Both come from the same schema, so that equal ones have equal text. */
function isSameTarget(a: ServerTarget, b: ServerTarget): boolean {
  if (JSON.stringify(a.profile) !== JSON.stringify(b.profile) || isRunByOthers(a) !== isRunByOthers(b)) return false;
  return isRunByOthers(a) || (a.modelPath === b.modelPath && a.windowSec === b.windowSec);
}

function detailOf(error: NightshiftError | null): { readonly detail: string } | Record<string, never> {
  const detail = error?.data['detail'];
  return typeof detail === 'string' ? { detail } : {};
}

function cancelled(signal: AbortSignal): NightshiftError {
  return new NightshiftError('CANCELLED', {}, { cause: signal.reason });
}
