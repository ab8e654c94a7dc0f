import type { ProfileDraft, ServerProfile } from '#shared/contract/profiles.ts';
import type { RouteOutput } from '#shared/contract/routes.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { PortProbe } from '../ports.ts';
import type { SettingsStore } from '../settings.ts';
import { freePortAbove, portChoices } from './portChoices.ts';
import type { ProfileStore } from './profileStore.ts';
import type { ServerPool } from './serverPool.ts';

/** Settles who gets a port: what is there now, or the server that wants to start. Ends nothing that it did not start. */
export class PortDesk {
  readonly #servers: ServerPool;
  readonly #profiles: ProfileStore;
  readonly #settings: SettingsStore;
  readonly #probe: PortProbe;

  constructor(deps: {
    readonly servers: ServerPool;
    readonly profiles: ProfileStore;
    readonly settings: SettingsStore;
    readonly portProbe: PortProbe;
  }) {
    this.#servers = deps.servers;
    this.#profiles = deps.profiles;
    this.#settings = deps.settings;
    this.#probe = deps.portProbe;
  }

  async look(profile: ServerProfile): Promise<RouteOutput<'servers.port'>> {
    const { port } = profile;
    if (this.#servers.isRunning(profile)) return { port, occupant: 'self', pid: null, program: null, choices: [], freePort: null };
    const occupant = await this.#probe.inspect(port);
    const choices = portChoices(profile, occupant.kind);
    return {
      port,
      occupant: occupant.kind,
      pid: occupant.kind === 'nightshift' || occupant.kind === 'foreign' ? occupant.pid : null,
      program: occupant.kind === 'foreign' ? occupant.program : null,
      choices,
      freePort: choices.length === 0 ? null : await this.#freePort(profile),
    };
  }

  /**
   * A new profile for what listens on the port, which serves the mode in the place of the given one.
   * @returns its id
   * @throws SERVER_REFUSED when nothing is there, SERVER_BAD_RESPONSE when nobody knows how to speak to it
   */
  async useExternal(profile: ServerProfile): Promise<string> {
    const { id, name, mode, port, host } = profile;
    const occupant = await this.#probe.inspect(port);
    if (occupant.kind === 'free') throw new NightshiftError('SERVER_REFUSED', { mode, port, detail: 'nothing listens there' });
    if (!portChoices(profile, occupant.kind).includes('useExternal')) {
      throw new NightshiftError('SERVER_BAD_RESPONSE', { mode, port, detail: 'what listens there does not greet like a speech server' });
    }
    const protocol = occupant.kind === 'foreign' ? profile.protocol : occupant.kind;
    const { path, tls, sampleFormat, sampleRateHz, pacing, tailSilenceMs, end, capacity, timeouts, options } = profile;
    const talk = protocol === profile.protocol ? { path, tls, sampleFormat, sampleRateHz, pacing, tailSilenceMs, end, capacity } : {};
    const draft: ProfileDraft = {
      name: `${name} (external)`.slice(0, 100),
      mode,
      protocol,
      start: null,
      host,
      port,
      timeouts,
      options,
      ...talk,
    };
    const newId = this.#unusedId(`${id.slice(0, 30)}-external`);
    await this.#profiles.save([{ ...draft, id: newId }], false);
    const usual = this.#settings.current.servers;
    const ids = usual[mode].includes(id) ? usual[mode].map((usualId) => (usualId === id ? newId : usualId)) : [...usual[mode], newId];
    await this.#settings.update({ servers: { ...usual, [mode]: ids } });
    return newId;
  }

  /** @param port null: the next free one. @returns the id of the profile, which stays */
  async move(profile: ServerProfile, port: number | null): Promise<string> {
    const { id, mode } = profile;
    const target = port ?? (await this.#freePort(profile));
    if (target === null) throw new NightshiftError('PORT_IN_USE', { mode, port: profile.port, profileId: id });
    if (profile.start?.kind === 'builtIn') {
      await this.#settings.update({ ports: { ...this.#settings.current.ports, [mode]: target } });
    } else {
      await this.#profiles.save([{ ...profile, port: target }], true);
    }
    return id;
  }

  #freePort({ port }: ServerProfile): Promise<number | null> {
    return freePortAbove(port, new Set(this.#profiles.list().map((known) => known.port)), this.#probe);
  }

  #unusedId(wanted: string): string {
    let id = wanted;
    for (let count = 2; this.#profiles.find(id) !== null; count += 1) id = `${wanted}-${count}`;
    return id;
  }
}
