import type {
  ChildExit,
  ChildProcessHandle,
  Clock,
  FileStore,
  Logger,
  PortOccupant,
  PortProbe,
  Random,
  Spawner,
} from '#main/core/ports.ts';
import type { ServerState } from '#shared/contract/servers.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { SERVER_TRANSITIONS, type ServerStatus } from '#shared/domain/server.ts';
import { transition } from '#shared/domain/transition.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AsrAdapter, AsrSession, ServerHello } from './adapters/asrAdapter.ts';
import { engineFor, loadModel } from './models.ts';
import { OutputLog } from './outputLog.ts';
import { EXIT_MODEL, EXIT_PORT_IN_USE } from './adapters/nightshift/protocol.ts';
import { RestartPolicy } from './restartPolicy.ts';
import { SessionPool } from './sessionPool.ts';

/** Time a model may take to load before its server counts as stuck. */
const DEFAULT_START_DEADLINE_MS = 120_000;
/** Time between two tries of the handshake. */
const HANDSHAKE_STEP_MS = 50;
/** Time for a polite end before the process tree is killed. */
const STOP_GRACE_MS = 5_000;
/** Time the last lines of an ended process may take to arrive. */
const LAST_LINES_WAIT_MS = 500;
const LAST_LINES = 12;
const LOG_FILE_BYTES = 10 * 1024 * 1024;
const LOG_FILES = 5;
/** Least time between two looks at the memory. */
const RSS_EVERY_MS = 1_000;

export interface ServerTarget {
  readonly port: number;
  /** Folder of the model; not used for a running server. */
  readonly modelPath: string;
  /** `running` uses what listens on the port, whoever started it, and never ends it. */
  readonly ownership: 'own' | 'running';
  /** Window of the chunked mode, seconds. */
  readonly windowSec: number;
}

export interface ReadyServer {
  readonly url: string;
  readonly hello: ServerHello;
}

/** Durable record of processes that were started, so that one that outlives its owner can be found. */
export interface ServerLedger {
  /** Before the process is spawned. @returns the row's id */
  recordStart(start: { readonly mode: Mode; readonly port: number; readonly instance: string; readonly command: string }): Promise<number>;
  recordPid(spawned: { readonly id: number; readonly pid: number; readonly processStartId: string | null }): Promise<void>;
  recordEnd(end: { readonly id: number; readonly exit: string }): Promise<void>;
}

export interface SupervisorOptions {
  readonly mode: Mode;
  /** Shown until the first target is known. */
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly files: FileStore;
  readonly spawner: Spawner;
  readonly portProbe: PortProbe;
  readonly adapters: { readonly nightshift: AsrAdapter; readonly s0: AsrAdapter };
  readonly ledger: ServerLedger;
  /** Logs go to `logs/server-<mode>.log` below it. */
  readonly dataDir: string;
  readonly onChange: (state: ServerState) => void;
  readonly startDeadlineMs?: number;
}

/** The server of one mode: started on demand, watched, restarted, stopped with its whole tree. */
export interface ServerSupervisor {
  /**
   * Starts, restarts (when the target changed) or adopts the server and resolves when it has answered the handshake. Waits through a
   * back-off. An abort ends a start that is under way.
   * @throws PORT_IN_USE with `occupant` (nightshift, s0 or foreign), `pid` and `program`; MODEL_MISSING, MODEL_INVALID;
   * SERVER_EXITED with the last log lines as `logTail` when it ended before it was ready; SERVER_START_TIMEOUT; SERVER_BROKEN until `forgive`;
   * SERVER_REFUSED when nothing runs to be adopted; CANCELLED
   */
  ensureReady(target: ServerTarget, signal: AbortSignal): Promise<ReadyServer>;
  /** @throws SERVER_REFUSED when it is not ready, SERVER_BUSY when all places are in use, or as the adapter's `connect` */
  openSession(signal: AbortSignal): Promise<AsrSession>;
  /** Ends it politely, then by force after 5 s; an adopted one is only let go. Also ends a start or a wait for a restart. */
  stop(): Promise<void>;
  /** The user acted: a broken server may be tried again and earlier crashes no longer count. */
  forgive(): void;
  state(): ServerState;
  /** Whether it cannot be working on anything now. */
  isGone(): boolean;
  /** Token of the running process; null when there is none or it is not ours. */
  instance(): string | null;
  readonly logPath: string;
}

export function createServerSupervisor(options: SupervisorOptions): ServerSupervisor {
  return new Supervisor(options);
}

interface OwnProcess {
  readonly child: ChildProcessHandle;
  readonly instance: string;
  readonly ledgerId: number;
  readonly output: OutputLog;
}

class Supervisor implements ServerSupervisor {
  readonly logPath: string;
  readonly #options: SupervisorOptions;
  readonly #logger: Logger;
  readonly #restarts: RestartPolicy;
  #status: ServerStatus = 'stopped';
  #sinceMs: number;
  #error: NightshiftError | null = null;
  #target: ServerTarget | null = null;
  #process: OwnProcess | null = null;
  #pool: SessionPool | null = null;
  #hello: ServerHello | null = null;
  #restartAt: { readonly monotonicMs: number; readonly epochMs: number; readonly timer: Disposable } | null = null;
  /** Starts and stops happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #startAbort: AbortController | null = null;
  #stops = 0;
  #rss: { bytes: number | null; atMs: number; isAsking: boolean } = { bytes: null, atMs: -Infinity, isAsking: false };
  #rssTimer: Disposable | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ server: options.mode });
    this.#restarts = new RestartPolicy(options.random);
    this.#sinceMs = options.clock.nowMs();
    this.logPath = `${options.dataDir}/logs/server-${options.mode}.log`;
  }

  async ensureReady(target: ServerTarget, signal: AbortSignal): Promise<ReadyServer> {
    const stops = this.#stops;
    for (;;) {
      // A stop is meant: whoever was waiting must not start the server again.
      if (signal.aborted || stops !== this.#stops) throw cancelled(signal);
      const outcome = await this.#inTurn(() => this.#tryReady(target, signal));
      if (typeof outcome !== 'number') return outcome;
      await this.#options.clock.sleep(outcome, signal);
    }
  }

  async openSession(signal: AbortSignal): Promise<AsrSession> {
    if (this.#pool === null || this.isGone()) throw new NightshiftError('SERVER_REFUSED', this.#where());
    return await this.#pool.open(signal);
  }

  async stop(): Promise<void> {
    this.#stops += 1;
    this.#startAbort?.abort();
    await this.#inTurn(() => this.#stopNow());
  }

  forgive(): void {
    this.#restarts.forgive();
    if (this.#status === 'broken') this.#become('stopped', null);
    else this.#announce();
  }

  isGone(): boolean {
    return this.#status !== 'ready' && this.#status !== 'busy' && this.#status !== 'adopted';
  }

  instance(): string | null {
    return this.isGone() ? null : (this.#hello?.instance ?? null);
  }

  state(): ServerState {
    void this.#refreshRss();
    return this.#snapshot();
  }

  /** @returns milliseconds to wait before it is worth asking again, or the ready server */
  async #tryReady(target: ServerTarget, signal: AbortSignal): Promise<ReadyServer | number> {
    if (this.#target !== null && !isSameTarget(this.#target, target)) {
      await this.#stopNow();
      this.#restarts.forgive();
    }
    this.#target = target;
    if (target.ownership === 'running') return await this.#adopt(target, signal);
    switch (this.#status) {
      case 'ready':
      case 'busy':
        return this.#ready();
      case 'broken':
        throw new NightshiftError('SERVER_BROKEN', { ...this.#where(), ...detailOf(this.#error) }, { cause: this.#error });
      case 'backingOff': {
        const waitMs = this.#restartAt === null ? 0 : this.#restartAt.monotonicMs - this.#options.clock.monotonicMs();
        if (waitMs > 0) return waitMs;
        break;
      }
      case 'adopted':
        await this.#stopNow();
        break;
      case 'stopped':
        break;
      case 'crashed':
        // It has just ended and its own turn, which decides about a restart, comes next.
        return HANDSHAKE_STEP_MS;
      case 'starting':
      case 'stopping':
        throw new NightshiftError('INVARIANT_BROKEN', { detail: `${this.#status} between two turns` });
    }
    await this.#start(target, signal);
    return this.#ready();
  }

  #ready(): ReadyServer {
    if (this.#hello === null) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'ready without a greeting' });
    return { url: this.#url(), hello: this.#hello };
  }

  /** A server that somebody else started: found again each time, because it may have been replaced. */
  async #adopt(target: ServerTarget, signal: AbortSignal): Promise<ReadyServer> {
    if (this.#status === 'adopted' && this.#pool !== null && this.#pool.inUse > 0) return this.#ready();
    await this.#stopNow();
    const occupant = await this.#options.portProbe.inspect(target.port, signal);
    if (occupant.kind === 'free') throw this.#remember(new NightshiftError('SERVER_REFUSED', { ...this.#where(), url: this.#url() }));
    if (occupant.kind === 'foreign') {
      const detail = `what listens there${occupant.program === null ? '' : ` (${occupant.program})`} does not greet like a speech server`;
      throw this.#remember(new NightshiftError('SERVER_BAD_RESPONSE', { ...this.#where(), detail }));
    }
    const adapter = occupant.kind === 's0' ? this.#options.adapters.s0 : this.#options.adapters.nightshift;
    const first = await adapter.connect(this.#url(), signal).catch((error: unknown) => {
      throw this.#remember(toNightshiftError(error));
    });
    this.#take(adapter, first);
    this.#become('adopted', null);
    return this.#ready();
  }

  async #start(target: ServerTarget, signal: AbortSignal): Promise<void> {
    const { clock, files, portProbe } = this.#options;
    const abort = new AbortController();
    this.#startAbort = abort;
    const either = AbortSignal.any([signal, abort.signal]);
    // 1. What can be known before a process exists. Nothing is started on a model that is not whole.
    try {
      engineFor(await loadModel(files, target.modelPath), this.#options.mode);
      const occupant = await portProbe.inspect(target.port, either);
      if (occupant.kind !== 'free') throw this.#portInUse(occupant);
    } catch (error) {
      this.#startAbort = null;
      throw this.#remember(toNightshiftError(error));
    }
    // 2. From here on there is a process to end when something goes wrong.
    this.#clearRestart();
    this.#become('starting', null);
    try {
      const own = await this.#spawn(target);
      this.#process = own;
      // 3. Ready, died early, took too long, or nobody wants it any more: whatever comes first.
      const deadlineMs = this.#options.startDeadlineMs ?? DEFAULT_START_DEADLINE_MS;
      const done = new AbortController();
      const waiting = AbortSignal.any([either, done.signal]);
      using _deadline = clock.setTimer(deadlineMs, () => {
        done.abort(new NightshiftError('SERVER_START_TIMEOUT', { ...this.#where(), timeoutSec: Math.round(deadlineMs / 1_000) }));
      });
      const first = await Promise.race([this.#handshake(own, waiting), own.child.exited]).finally(() => done.abort());
      if (!('hello' in first)) throw await this.#earlyExit(own, first, target);
      this.#take(this.#options.adapters.nightshift, first);
      void own.child.exited.then((exit) => this.#exited(own, exit));
      this.#become('ready', null);
      this.#logger.info('server is ready', { port: target.port, pid: own.child.pid });
    } catch (error) {
      await this.#startFailed(toNightshiftError(error), either);
    } finally {
      this.#startAbort = null;
    }
  }

  async #spawn(target: ServerTarget): Promise<OwnProcess> {
    const { mode, random, files, spawner, ledger, dataDir } = this.#options;
    const instance = random.hex(16);
    const args = [
      ...['--mode', mode, '--port', String(target.port), '--model', target.modelPath],
      ...['--window-sec', String(target.windowSec)],
    ];
    await files.ensureFolder(`${dataDir}/logs`);
    const file = files.openLog(this.logPath, LOG_FILE_BYTES, LOG_FILES);
    const ledgerId = await ledger.recordStart({ mode, port: target.port, instance, command: ['asrServer', ...args].join(' ') });
    try {
      const child = await spawner.spawnServer({ run: { program: 'asrServer' }, args, instance });
      const output = new OutputLog(file, [child.stdout, child.stderr]);
      const own = { child, instance, ledgerId, output };
      void this.#recordLife(own, file);
      return own;
    } catch (error) {
      await Promise.all([file.close(), ledger.recordEnd({ id: ledgerId, exit: 'not started' })]);
      throw error;
    }
  }

  /** Ledger and log follow the process to its end, whatever the supervisor thinks of it. */
  async #recordLife(own: OwnProcess, file: { close(): Promise<void> }): Promise<void> {
    const { spawner, ledger, clock } = this.#options;
    const { child, ledgerId } = own;
    try {
      await ledger.recordPid({ id: ledgerId, pid: child.pid, processStartId: await spawner.processStartId(child.pid) });
      const exit = await child.exited;
      await Promise.race([own.output.ended, clock.sleep(LAST_LINES_WAIT_MS)]);
      own.output.note(`-- process ${child.pid} ended: ${describeExit(exit)}`);
      await ledger.recordEnd({ id: ledgerId, exit: describeExit(exit) });
    } catch (error) {
      this.#logger.error('the server ledger could not be written', { detail: toNightshiftError(error).message });
    } finally {
      await file.close();
    }
  }

  /** Asks until the greeting comes with our own token. */
  async #handshake(own: OwnProcess, signal: AbortSignal): Promise<AsrSession> {
    for (;;) {
      try {
        const session = await this.#options.adapters.nightshift.connect(this.#url(), signal);
        if (session.hello.instance === own.instance) return session;
        await session.close();
        // Somebody was faster between our look at the port and our server's.
        throw this.#portInUse({ kind: 'nightshift', instance: session.hello.instance ?? '', pid: null });
      } catch (error) {
        // Ours says nothing before it listens, and 503 while it loads.
        if (toNightshiftError(error).code !== 'SERVER_REFUSED') throw signal.reason instanceof NightshiftError ? signal.reason : error;
      }
      await this.#options.clock.sleep(HANDSHAKE_STEP_MS, signal).catch((error: unknown) => {
        throw signal.reason instanceof NightshiftError ? signal.reason : error;
      });
    }
  }

  async #earlyExit(own: OwnProcess, exit: ChildExit, target: ServerTarget): Promise<NightshiftError> {
    const error = await this.#exitError(own, exit);
    if (exit.code === EXIT_PORT_IN_USE) return this.#portInUse(await this.#options.portProbe.inspect(target.port));
    if (exit.code === EXIT_MODEL)
      return new NightshiftError('MODEL_INVALID', { path: target.modelPath, ...detailOf(error) }, { cause: error });
    return error;
  }

  /** Decides what a failed start means for the next one, and throws. */
  async #startFailed(error: NightshiftError, signal: AbortSignal): Promise<never> {
    const own = this.#process;
    this.#process = null;
    if (signal.aborted || error.code === 'CANCELLED') {
      this.#become('stopping', null);
      await own?.child.terminate(STOP_GRACE_MS);
      this.#become('stopped', null);
      throw new NightshiftError('CANCELLED', {}, { cause: error });
    }
    await own?.child.terminate(STOP_GRACE_MS);
    switch (error.code) {
      case 'SERVER_START_TIMEOUT':
        this.#crashed(error, true);
        break;
      case 'SERVER_EXITED':
        // Killed from outside (out of memory, by hand) may go better next time. What ends by itself while loading will end again.
        if (error.data['signal'] === 'SIGKILL' || error.data['signal'] === 'SIGTERM') this.#crashed(error, true);
        else this.#become('broken', error);
        break;
      default:
        this.#become('stopped', error);
    }
    this.#logger.warn('server did not start', { code: error.code, ...error.data });
    throw error;
  }

  #take(adapter: AsrAdapter, first: AsrSession): void {
    this.#hello = first.hello;
    this.#pool = new SessionPool({ adapter, url: this.#url(), first, onChange: () => this.#sessionsChanged() });
  }

  #sessionsChanged(): void {
    const isBusy = (this.#pool?.inUse ?? 0) > 0;
    if (this.#status === 'ready' && isBusy) this.#become('busy', null);
    else if (this.#status === 'busy' && !isBusy) this.#become('ready', null);
    else this.#announce();
    if (isBusy) this.#watchRss();
  }

  /** An exit that came after the server was ready. */
  async #exited(own: OwnProcess, exit: ChildExit): Promise<void> {
    if (this.#process !== own) return;
    this.#process = null;
    const isWanted = (this.#pool?.inUse ?? 0) > 0;
    const pool = this.#pool;
    this.#pool = null;
    this.#hello = null;
    // Known at once, so that whoever was using it can tell a lost file from a failed one; the last lines follow.
    this.#become('crashed', this.#exitErrorOf(exit, []));
    await this.#inTurn(async () => {
      const [error] = await Promise.all([this.#exitError(own, exit), pool?.close()]);
      if (this.#status === 'crashed') this.#crashed(error, isWanted);
      this.#logger.warn('server ended unexpectedly', { ...error.data });
    });
  }

  /** Plans the restart. @param isWanted whether somebody is using it, so that it starts again by itself */
  #crashed(error: NightshiftError, isWanted: boolean): void {
    const { clock } = this.#options;
    if (this.#status !== 'crashed') this.#become('crashed', error);
    const delayMs = this.#restarts.exited(clock.monotonicMs());
    if (delayMs === null) {
      this.#become('broken', error);
      return;
    }
    const timer = clock.setTimer(delayMs, () => void this.#inTurn(() => this.#restart(isWanted)));
    this.#restartAt = { monotonicMs: clock.monotonicMs() + delayMs, epochMs: clock.nowMs() + delayMs, timer };
    this.#become('backingOff', error);
  }

  async #restart(isWanted: boolean): Promise<void> {
    if (this.#status !== 'backingOff') return;
    this.#clearRestart();
    if (!isWanted || this.#target === null) {
      this.#become('stopped', this.#error);
      return;
    }
    // What went wrong is in the state and in the log; whoever needs the server hears it from `ensureReady`.
    await this.#start(this.#target, new AbortController().signal).catch(() => undefined);
  }

  async #stopNow(): Promise<void> {
    this.#clearRestart();
    const own = this.#process;
    const pool = this.#pool;
    this.#process = null;
    this.#pool = null;
    if (this.#status === 'stopped') return;
    if (own !== null) {
      this.#become('stopping', null);
      await pool?.close();
      await own.child.terminate(STOP_GRACE_MS);
    } else {
      await pool?.close();
    }
    this.#hello = null;
    this.#become('stopped', null);
  }

  #clearRestart(): void {
    this.#restartAt?.timer[Symbol.dispose]();
    this.#restartAt = null;
  }

  async #exitError(own: OwnProcess, exit: ChildExit): Promise<NightshiftError> {
    await Promise.race([own.output.ended, this.#options.clock.sleep(LAST_LINES_WAIT_MS)]);
    return this.#exitErrorOf(exit, own.output.tail(LAST_LINES));
  }

  #exitErrorOf(exit: ChildExit, lines: readonly string[]): NightshiftError {
    return new NightshiftError('SERVER_EXITED', {
      ...this.#where(),
      exitCode: exit.code,
      signal: exit.signal,
      // The sentence has room for one line; the rest is for whoever looks closer.
      detail: [exit.signal === null ? '' : describeExit(exit), lines.at(-1)?.trim() ?? ''].filter((part) => part !== '').join('; '),
      logTail: lines.join('\n'),
    });
  }

  #portInUse(occupant: PortOccupant): NightshiftError {
    const pid = occupant.kind === 'nightshift' || occupant.kind === 'foreign' ? occupant.pid : null;
    const program = occupant.kind === 'foreign' ? occupant.program : null;
    return new NightshiftError('PORT_IN_USE', { ...this.#where(), occupant: occupant.kind, pid, program });
  }

  #remember(error: NightshiftError): NightshiftError {
    this.#error = error;
    if (this.#status === 'backingOff') {
      this.#clearRestart();
      this.#become('stopped', error);
    } else {
      this.#announce();
    }
    return error;
  }

  #where(): { readonly mode: Mode; readonly port: number } {
    return { mode: this.#options.mode, port: this.#target?.port ?? this.#options.port };
  }

  #url(): string {
    return `ws://localhost:${this.#where().port}`;
  }

  #become(status: ServerStatus, error: NightshiftError | null): void {
    transition(SERVER_TRANSITIONS, `server ${this.#options.mode}`, this.#status, status);
    this.#status = status;
    this.#error = error;
    this.#sinceMs = this.#options.clock.nowMs();
    if (status !== 'ready' && status !== 'busy') this.#rss = { ...this.#rss, bytes: null, atMs: -Infinity };
    this.#announce();
  }

  #announce(): void {
    this.#options.onChange(this.#snapshot());
  }

  #snapshot(): ServerState {
    const { mode, port } = this.#where();
    return {
      mode,
      port,
      url: this.#url(),
      status: this.#status,
      pid: this.#process?.child.pid ?? null,
      capacity: this.#hello?.capacity ?? null,
      sessions: this.#pool?.inUse ?? 0,
      model: this.#hello?.model ?? null,
      rssBytes: this.#rss.bytes,
      crashCount: this.#restarts.count(this.#options.clock.monotonicMs()),
      restartAtMs: this.#restartAt?.epochMs ?? null,
      sinceMs: this.#sinceMs,
      error: this.#error === null ? null : { code: this.#error.code, data: this.#error.data },
    };
  }

  /** While sessions run the memory is looked at once a second; otherwise only when somebody asks. */
  #watchRss(): void {
    if (this.#rssTimer !== null) return;
    const look = async (): Promise<void> => {
      this.#rssTimer = null;
      if (this.#status !== 'busy') return;
      const beforeBytes = this.#rss.bytes;
      await this.#refreshRss();
      if (this.#rss.bytes !== beforeBytes) this.#announce();
      this.#rssTimer ??= this.#options.clock.setTimer(RSS_EVERY_MS, () => void look());
    };
    this.#rssTimer = this.#options.clock.setTimer(RSS_EVERY_MS, () => void look());
  }

  async #refreshRss(): Promise<void> {
    const own = this.#process;
    const nowMs = this.#options.clock.monotonicMs();
    if (own === null || this.#rss.isAsking || nowMs - this.#rss.atMs < RSS_EVERY_MS) return;
    this.#rss.isAsking = true;
    const bytes = await this.#options.spawner.treeRssBytes(own.child.pid).catch(() => null);
    this.#rss = { bytes: this.#process === own ? bytes : null, atMs: nowMs, isAsking: false };
  }

  /** Runs `work` after everything that was asked before, whatever became of it. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return await mine;
  }
}

function isSameTarget(a: ServerTarget, b: ServerTarget): boolean {
  if (a.port !== b.port || a.ownership !== b.ownership) return false;
  return a.ownership === 'running' || (a.modelPath === b.modelPath && a.windowSec === b.windowSec);
}

function describeExit({ code, signal }: ChildExit): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
}

function detailOf(error: NightshiftError | null): { readonly detail: string } | Record<string, never> {
  const detail = error?.data['detail'];
  return typeof detail === 'string' ? { detail } : {};
}

function cancelled(signal: AbortSignal): NightshiftError {
  return new NightshiftError('CANCELLED', {}, { cause: signal.reason });
}
