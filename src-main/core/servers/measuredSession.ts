import type { ServerProfile } from '#shared/contract/profiles.ts';
import { type NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AsrSession, ServerHello, TranscribeRequest, Transcription } from './adapters/asrAdapter.ts';

/** Weight of the latest file; older ones fade, because a machine that was busy may be free again. */
const LATEST_WEIGHT = 0.3;

/** How long a server takes for a second of audio, learned from the files it did. */
export class SpeedGauge {
  #secPerAudioSec: number | null = null;

  /** 0 before the first file, so that a server is tried before it is judged. */
  get secPerAudioSec(): number {
    return this.#secPerAudioSec ?? 0;
  }

  add({ processingSec, audioSec }: Pick<Transcription, 'processingSec' | 'audioSec'>): void {
    if (audioSec <= 0) return;
    const latest = processingSec / audioSec;
    this.#secPerAudioSec = this.#secPerAudioSec === null ? latest : this.#secPerAudioSec * (1 - LATEST_WEIGHT) + latest * LATEST_WEIGHT;
  }
}

export interface MeasuredSessionListener {
  /** What became of a file. */
  onEnd(error: NightshiftError | null): void;
  /** Its place is free again; told once. */
  onClosed(): void;
}

/** A session that tells how fast its server was, names what was not named, and asks for the profile's language where the run left it open. */
export class MeasuredSession implements AsrSession {
  readonly #session: AsrSession;
  readonly #profile: ServerProfile;
  readonly #speed: SpeedGauge;
  readonly #listener: MeasuredSessionListener;
  #isClosed = false;

  constructor(session: AsrSession, profile: ServerProfile, speed: SpeedGauge, listener: MeasuredSessionListener) {
    this.#session = session;
    this.#profile = profile;
    this.#speed = speed;
    this.#listener = listener;
  }

  get hello(): ServerHello {
    const { start, options, name } = this.#profile;
    const { hello } = this.#session;
    return start?.kind === 'builtIn' || hello.model !== null ? hello : { ...hello, model: options.model ?? name };
  }

  get reusable(): boolean {
    return this.#session.reusable;
  }

  async transcribe(request: TranscribeRequest): Promise<Transcription> {
    try {
      const transcription = await this.#session.transcribe({ ...request, language: request.language ?? this.#profile.options.language });
      this.#speed.add(transcription);
      this.#listener.onEnd(null);
      return transcription;
    } catch (error) {
      this.#listener.onEnd(toNightshiftError(error));
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#session.close();
    } finally {
      this.#listener.onClosed();
    }
  }
}
