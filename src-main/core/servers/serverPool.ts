import type { ServerProfile } from '#shared/contract/profiles.ts';
import type { KnownServer, ServerState } from '#shared/contract/servers.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { profileUrl } from '#shared/domain/profileDefaults.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Ports, WatchedServer } from '../ports.ts';
import type { ServerHello } from './adapters/asrAdapter.ts';
import { adapterFor } from './adapters/registry.ts';
import { LogFeed } from './logFeed.ts';
import { portChoices } from './portChoices.ts';
import { maskedSecrets, unmaskProfile } from './profileSecrets.ts';
import type { ServerLedger } from './serverProcess.ts';
import type { ServerNeed, ServerPlace, ServerRoom } from './serverNeed.ts';
import { ServerPlaces } from './serverPlaces.ts';
import { createServerSupervisor, type ServerSupervisor, type ServerTarget } from './serverSupervisor.ts';

/** Sessions come and go hundreds of times a second; a person needs to see only the last state of them. */
const ANNOUNCE_INTERVAL_MS = 250;
/** Whoever resumes a server says so; this is only for when nobody heard it. */
const PAUSED_LOOK_MS = 60_000;

export interface ServerPoolOptions {
  readonly ports: Ports;
  /** Logs go to `logs/` below it. */
  readonly dataDir: string;
  readonly ledger: ServerLedger;
  /** Every known profile, with its secrets. */
  readonly profiles: { list(): ServerProfile[]; find(id: string): ServerProfile | null };
  /** Profiles that serve a mode when a run chooses none. */
  serving(mode: Mode): readonly string[];
  /** Ids of servers that get no new files. */
  readonly paused: readonly string[];
  /** A change of status at once, other changes at most four times a second. */
  readonly onChange: (state: KnownServer) => void;
}

/** One server of the pool: its supervisor and what is known about its places. */
interface Member {
  /** As it was last asked for. */
  profile: ServerProfile;
  readonly supervisor: ServerSupervisor;
  readonly places: ServerPlaces;
  readonly log: LogFeed;
  /** What was last said about it. */
  last: ServerState | null;
  waiting: Disposable | null;
}

/** What a server is asked to run with. */
export type ServerTask = Pick<ServerNeed, 'ownership' | 'modelPath' | 'windowSec'>;

/** All servers behind one door, each with a supervisor of its own; several may serve one mode. */
export class ServerPool {
  readonly #options: ServerPoolOptions;
  readonly #members = new Map<string, Member>();
  /** By their id: they get no new files. */
  readonly #paused: Set<string>;
  /** Hear when a server takes files again. */
  #resumed = Promise.withResolvers<void>();
  readonly #watchers = new Map<string, Set<(state: ServerState) => void>>();

  constructor(options: ServerPoolOptions) {
    this.#options = options;
    this.#paused = new Set(options.paused);
  }

  /**
   * Starts or restarts what is needed and resolves when at least one server answers; the others join when they do. Paused ones are left alone; where all
   * are, it waits until one is resumed.
   * @throws what keeps the first of them from answering, when none does
   */
  async ensureReady(need: ServerNeed, signal: AbortSignal): Promise<void> {
    while (this.#unpaused(need.profiles).length === 0) await passOrCancel(this.#resumed.promise, signal);
    const starts = this.#unpaused(need.profiles).map(async (profile) => await this.start(this.#withSecrets(profile), need, signal));
    try {
      await Promise.any(starts);
    } catch (error) {
      // One server's reason says more than "all of them failed".
      throw error instanceof AggregateError ? error.errors[0] : error;
    }
  }

  /**
   * Starts, restarts or adopts one server.
   * @throws as `ServerSupervisor.ensureReady`; PORT_IN_USE names the choices, too
   */
  async start(profile: ServerProfile, task: ServerTask, signal: AbortSignal): Promise<ServerHello> {
    const member = this.#memberOf(profile);
    member.profile = profile;
    try {
      return (await member.supervisor.ensureReady(targetOf(profile, task), signal)).hello;
    } catch (thrown) {
      const error = toNightshiftError(thrown);
      if (error.code !== 'PORT_IN_USE') throw error;
      const choices = portChoices(profile, error.data['occupant'] === 'foreign' ? 'foreign' : 'nightshift').join(',');
      throw new NightshiftError('PORT_IN_USE', { ...error.data, profileId: profile.id, choices }, { cause: error });
    }
  }

  /** Files that the ready ones get at once, 1 at least: what they said, or what they turned out to take. */
  capacity(profiles: readonly ServerProfile[]): number {
    const places = this.#ready(profiles).map((member) => member.places.count);
    return Math.max(
      1,
      places.reduce((sum, count) => sum + count, 0),
    );
  }

  room(profiles: readonly ServerProfile[]): ServerRoom {
    if (this.#unpaused(profiles).length === 0) return { kind: 'waiting', forMs: PAUSED_LOOK_MS };
    const ready = this.#ready(profiles);
    if (ready.length === 0) return { kind: 'gone' };
    const waitsMs = ready.flatMap(({ places }) => (places.hasFree ? places.closedForMs : []));
    if (waitsMs.length === 0) return { kind: 'full' };
    const forMs = Math.min(...waitsMs);
    return forMs > 0 ? { kind: 'waiting', forMs } : { kind: 'free' };
  }

  /** The fastest of them that has a free place. */
  nextPlace(profiles: readonly ServerProfile[]): ServerPlace {
    const ready = this.#ready(profiles);
    const free = ready.filter(({ places }) => places.hasFree && places.closedForMs === 0);
    // With every place taken, the one asked says so.
    const best = (free.length > 0 ? free : ready).toSorted((a, b) => a.places.secPerAudioSec - b.places.secPerAudioSec)[0];
    const [first] = profiles;
    if (first === undefined) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'a mode without a server' });
    const member = best ?? this.#memberOf(first);
    return member.places.place(member.profile);
  }

  memoryBytes(profiles: readonly ServerProfile[]): number | null {
    const known = this.#ready(profiles).flatMap(({ supervisor }) => supervisor.state().rssBytes ?? []);
    return known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** The user acted: servers that were given up may be tried again. */
  forgive(profiles: readonly ServerProfile[]): void {
    for (const profile of profiles) this.#memberOf(profile).supervisor.forgive();
  }

  /** Files under way finish, no new ones are sent; the process stays as it is. */
  setPaused(profile: ServerProfile, isPaused: boolean): void {
    if (isPaused === this.#paused.has(profile.id)) return;
    if (isPaused) this.#paused.add(profile.id);
    else {
      this.#paused.delete(profile.id);
      this.#resumed.resolve();
      this.#resumed = Promise.withResolvers();
    }
    this.#options.onChange(this.state(profile));
  }

  async stop(id: string): Promise<void> {
    await this.#members.get(id)?.supervisor.stop();
  }

  /** Ends the server and knows it no more. */
  async forget(id: string): Promise<void> {
    await this.stop(id);
    this.#members.get(id)?.waiting?.[Symbol.dispose]();
    this.#members.delete(id);
    this.#paused.delete(id);
  }

  state(profile: ServerProfile): KnownServer {
    const member = this.#memberOf(profile);
    const state = member.supervisor.state();
    const isIdle = state.status === 'stopped' && state.error === null;
    // A server that does not run is shown as it would be started.
    return isIdle ? this.#named(profile, { ...state, port: profile.port, url: profileUrl(profile) }) : this.#named(member.profile, state);
  }

  states(): KnownServer[] {
    return this.#options.profiles.list().map((profile) => this.state(profile));
  }

  /** Servers that we started and that run, by the process at the root of their tree. */
  processes(): WatchedServer[] {
    return [...this.#members].flatMap(([id, { supervisor }]) => {
      const { pid } = supervisor.state();
      return pid === null ? [] : [{ id, pid }];
    });
  }

  /** Hears every state of one server until it is disposed of. */
  watch(id: string, listener: (state: ServerState) => void): Disposable {
    const listeners = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, listeners.add(listener));
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }

  /** @param after null: the last lines of the file; else only those after it, see `LogFeed` */
  async log(
    profile: ServerProfile,
    { lines, after, waitMs }: { readonly lines: number; readonly after: number | null; readonly waitMs: number },
  ): Promise<{ path: string; lines: string[]; next: number }> {
    const { supervisor, log } = this.#memberOf(profile);
    const path = supervisor.logPath;
    if (after !== null) return { path, ...(await log.since(after, lines, waitMs)) };
    const next = log.count;
    return { path, lines: await this.#options.ports.files.tailLines(path, lines), next };
  }

  /** Whether the server of the profile runs, by us or adopted, so that its port is rightly taken. */
  isRunning({ id, port }: ServerProfile): boolean {
    const state = this.#members.get(id)?.supervisor.state();
    return state !== undefined && state.status !== 'stopped' && state.status !== 'broken' && state.port === port;
  }

  /** What listens on the port of a server that does not run; null when nothing does. */
  async occupantOf(profile: ServerProfile): Promise<'nightshift' | 's0' | 'foreign' | null> {
    if (this.isRunning(profile)) return null;
    const { kind } = await this.#options.ports.portProbe.inspect(profile.port);
    return kind === 'free' ? null : kind;
  }

  /** Ends every server of ours with its whole tree; adopted ones are let go. */
  async close(): Promise<void> {
    await Promise.all([...this.#members.keys()].map((id) => this.forget(id)));
  }

  #unpaused(profiles: readonly ServerProfile[]): readonly ServerProfile[] {
    return profiles.filter(({ id }) => !this.#paused.has(id));
  }

  #ready(profiles: readonly ServerProfile[]): Member[] {
    return this.#unpaused(profiles).flatMap(({ id }) => {
      const member = this.#members.get(id);
      return member === undefined || member.supervisor.isGone() ? [] : [member];
    });
  }

  #memberOf(profile: ServerProfile): Member {
    const { id } = profile;
    const known = this.#members.get(id);
    if (known !== undefined) return known;
    const { clock, random, logger, files, spawner, portProbe, http, resources } = this.#options.ports;
    const { ledger, dataDir } = this.#options;
    const onChange = (state: ServerState): void => this.#announce(member, state);
    const supervisor = createServerSupervisor({
      ...{ profile, clock, random, logger, files, spawner, portProbe, http, resources, ledger, dataDir, onChange },
      adapterFor: (wanted) => adapterFor(wanted, { clock, http }),
    });
    const log = new LogFeed(supervisor.lines, clock);
    const places = new ServerPlaces(supervisor, clock, () => this.#announce(member, supervisor.state()));
    const member: Member = { profile, supervisor, places, log, last: null, waiting: null };
    this.#members.set(id, member);
    return member;
  }

  /** @throws PROFILE_NOT_FOUND when a secret is needed and the profile that had it is gone */
  #withSecrets(profile: ServerProfile): ServerProfile {
    const known = this.#options.profiles.find(profile.id);
    if (known === null && maskedSecrets(profile).length > 0) throw new NightshiftError('PROFILE_NOT_FOUND', { profileId: profile.id });
    return unmaskProfile(profile, known);
  }

  #named(profile: ServerProfile, state: ServerState): KnownServer {
    const { id, name, mode, protocol, start } = profile;
    const usual = this.#options.serving(mode);
    const isServing = usual.length === 0 ? start?.kind === 'builtIn' : usual.includes(id);
    const { places, reason } = this.#members.get(id)?.places.window ?? { places: 0, reason: null };
    const window = reason === null ? null : { places, reason };
    return { ...state, id, name, protocol, isStartable: start !== null, isServing, isPaused: this.#paused.has(id), window };
  }

  #announce(member: Member, state: ServerState): void {
    for (const listener of this.#watchers.get(member.profile.id) ?? []) listener(state);
    const isOnlyBusy = (status: ServerState['status']): boolean => status === 'ready' || status === 'busy';
    const isMinor = member.last !== null && isOnlyBusy(member.last.status) && isOnlyBusy(state.status);
    member.last = state;
    if (!isMinor) {
      member.waiting?.[Symbol.dispose]();
      member.waiting = null;
      this.#options.onChange(this.#named(member.profile, state));
      return;
    }
    member.waiting ??= this.#options.ports.clock.setTimer(ANNOUNCE_INTERVAL_MS, () => {
      member.waiting = null;
      if (member.last !== null) this.#options.onChange(this.#named(member.profile, member.last));
    });
  }
}

function targetOf(profile: ServerProfile, { ownership, modelPath, windowSec }: ServerTask): ServerTarget {
  return { profile, modelPath, windowSec, ownership };
}

/** @throws CANCELLED when the signal comes first */
async function passOrCancel(gate: Promise<void>, signal: AbortSignal): Promise<void> {
  const cancelled = Promise.withResolvers<never>();
  const cancel = (): void => cancelled.reject(new NightshiftError('CANCELLED'));
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await Promise.race([gate, cancelled.promise]);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
