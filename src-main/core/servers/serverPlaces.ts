import type { ServerProfile } from '#shared/contract/profiles.ts';
import { type NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Clock } from '../ports.ts';
import { CapacityWindow, type WindowState, type WindowTicket } from './capacityWindow.ts';
import { MeasuredSession, SpeedGauge } from './measuredSession.ts';
import type { ServerPlace } from './serverNeed.ts';
import type { ServerSupervisor } from './serverSupervisor.ts';

/** The places of one server: how many it has, as far as it is known, which are free, and how fast it is. */
export class ServerPlaces {
  readonly #supervisor: ServerSupervisor;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #window = new CapacityWindow(1);
  readonly #speed = new SpeedGauge();
  /** From the moment a place is asked for until its session is closed. */
  #taken = 0;

  /** @param onChange it gets more or fewer files at once */
  constructor(supervisor: ServerSupervisor, clock: Clock, onChange: () => void) {
    this.#supervisor = supervisor;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Files that a ready server gets at once. */
  get count(): number {
    this.#window.setCapacity(this.#said);
    return this.#window.state.places;
  }

  get window(): WindowState {
    return this.#window.state;
  }

  get hasFree(): boolean {
    return this.#taken < this.count;
  }

  /** Milliseconds for which it gets nothing new, because it said busy. */
  get closedForMs(): number {
    return this.#window.closedForMs(this.#clock.monotonicMs());
  }

  get secPerAudioSec(): number {
    return this.#speed.secPerAudioSec;
  }

  place(profile: ServerProfile): ServerPlace {
    const supervisor = this.#supervisor;
    return {
      serverId: profile.id,
      instance: supervisor.instance() ?? profile.id,
      isGone: () => supervisor.isGone(),
      open: async (signal) => {
        // Refused by ourselves: that says nothing about the server.
        const isFull = this.#taken >= this.#said;
        const ticket = this.#window.begin();
        const onEnd = (error: NightshiftError | null): void => {
          if (!isFull) this.#learn(ticket, error);
        };
        const onClosed = (): void => void (this.#taken -= 1);
        this.#taken += 1;
        try {
          return new MeasuredSession(await supervisor.openSession(signal), profile, this.#speed, { onEnd, onClosed });
        } catch (error) {
          onClosed();
          onEnd(toNightshiftError(error));
          throw error;
        }
      },
    };
  }

  get #said(): number {
    return this.#supervisor.state().capacity ?? 1;
  }

  /** What the end of a file says about how many its server takes at once. */
  #learn(ticket: WindowTicket, error: NightshiftError | null): void {
    const before = this.#window.state.places;
    if (error === null) this.#window.succeeded();
    else if (error.code === 'SERVER_BUSY') {
      const said = error.data['retryAfterMs'];
      this.#window.refused(ticket, this.#clock.monotonicMs(), typeof said === 'number' ? said : null);
    } else if (error.code === 'SERVER_SILENT' || error.code === 'SERVER_UNRESPONSIVE') this.#window.timedOut(ticket);
    if (this.#window.state.places !== before) this.#onChange();
  }
}
