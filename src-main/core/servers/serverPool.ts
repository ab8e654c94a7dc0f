import type { ServerState } from '#shared/contract/servers.ts';
import { DEFAULT_PORTS, type Mode, MODES } from '#shared/domain/mode.ts';
import type { Ports } from '../ports.ts';
import type { AsrSession, ServerHello } from './adapters/asrAdapter.ts';
import { createNightshiftAdapter } from './adapters/nightshift/nightshiftAdapter.ts';
import { createS0Adapter } from './adapters/s0/s0Adapter.ts';
import { createServerSupervisor, type ServerLedger, type ServerSupervisor, type ServerTarget } from './serverSupervisor.ts';

/** Sessions come and go hundreds of times a second; a person needs to see only the last state of them. */
const ANNOUNCE_INTERVAL_MS = 250;

export interface ServerPoolOptions {
  readonly ports: Ports;
  /** Logs go to `logs/` below it. */
  readonly dataDir: string;
  readonly ledger: ServerLedger;
  /** A change of status at once, other changes at most four times a second. */
  readonly onChange: (state: ServerState) => void;
}

interface Announcement {
  last: ServerState | null;
  waiting: Disposable | null;
}

/** The servers of all modes behind one door. */
export class ServerPool {
  readonly #options: ServerPoolOptions;
  readonly #supervisors: Readonly<Record<Mode, ServerSupervisor>>;
  readonly #announcements: Readonly<Record<Mode, Announcement>> = {
    streaming: { last: null, waiting: null },
    chunked: { last: null, waiting: null },
    original: { last: null, waiting: null },
  };

  constructor(options: ServerPoolOptions) {
    this.#options = options;
    const { clock, random, logger, files, spawner, portProbe } = options.ports;
    const adapters = { nightshift: createNightshiftAdapter({ clock }), s0: createS0Adapter({ clock }) };
    const supervise = (mode: Mode): ServerSupervisor =>
      createServerSupervisor({
        mode,
        port: DEFAULT_PORTS[mode],
        clock,
        random,
        logger,
        files,
        spawner,
        portProbe,
        adapters,
        ledger: options.ledger,
        dataDir: options.dataDir,
        onChange: (state) => this.#announce(state),
      });
    this.#supervisors = { streaming: supervise('streaming'), chunked: supervise('chunked'), original: supervise('original') };
  }

  /**
   * Starts, restarts or adopts the server of the mode.
   * @throws as `ServerSupervisor.ensureReady`
   */
  async ensureReady(need: ServerTarget & { readonly mode: Mode }, signal: AbortSignal): Promise<ServerHello> {
    return (await this.#supervisors[need.mode].ensureReady(need, signal)).hello;
  }

  openSession(mode: Mode, signal: AbortSignal): Promise<AsrSession> {
    return this.#supervisors[mode].openSession(signal);
  }

  isGone(mode: Mode): boolean {
    return this.#supervisors[mode].isGone();
  }

  instanceOf(mode: Mode): string | null {
    return this.#supervisors[mode].instance();
  }

  /** The user acted: a server that was given up may be tried again. */
  forgive(mode: Mode): void {
    this.#supervisors[mode].forgive();
  }

  async stop(mode: Mode): Promise<void> {
    await this.#supervisors[mode].stop();
  }

  /** @param ports shown for servers that were never started */
  state(mode: Mode, ports: Readonly<Record<Mode, number>>): ServerState {
    const state = this.#supervisors[mode].state();
    if (state.status !== 'stopped' || state.error !== null) return state;
    return { ...state, port: ports[mode], url: `ws://localhost:${ports[mode]}` };
  }

  states(ports: Readonly<Record<Mode, number>>): ServerState[] {
    return MODES.map((mode) => this.state(mode, ports));
  }

  async log(mode: Mode, lines: number): Promise<{ path: string; lines: string[] }> {
    const path = this.#supervisors[mode].logPath;
    return { path, lines: await this.#options.ports.files.tailLines(path, lines) };
  }

  /** What listens on the port and is not our running server of that mode; null when nothing does. */
  async occupantOf(mode: Mode, port: number): Promise<'nightshift' | 's0' | 'foreign' | null> {
    const { status, port: ownPort } = this.#supervisors[mode].state();
    if (status !== 'stopped' && status !== 'broken' && ownPort === port) return null;
    const { kind } = await this.#options.ports.portProbe.inspect(port);
    return kind === 'free' ? null : kind;
  }

  /** Ends every server of ours with its whole tree; adopted ones are let go. */
  async close(): Promise<void> {
    await Promise.all(MODES.map((mode) => this.#supervisors[mode].stop()));
    for (const mode of MODES) this.#announcements[mode].waiting?.[Symbol.dispose]();
  }

  #announce(state: ServerState): void {
    const announcement = this.#announcements[state.mode];
    const isOnlyBusy = (status: ServerState['status']): boolean => status === 'ready' || status === 'busy';
    const isMinor = announcement.last !== null && isOnlyBusy(announcement.last.status) && isOnlyBusy(state.status);
    announcement.last = state;
    if (!isMinor) {
      announcement.waiting?.[Symbol.dispose]();
      announcement.waiting = null;
      this.#options.onChange(state);
      return;
    }
    announcement.waiting ??= this.#options.ports.clock.setTimer(ANNOUNCE_INTERVAL_MS, () => {
      announcement.waiting = null;
      if (announcement.last !== null) this.#options.onChange(announcement.last);
    });
  }
}
