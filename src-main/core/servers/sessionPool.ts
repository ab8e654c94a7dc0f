import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AsrAdapter, AsrSession, TranscribeRequest, Transcription } from './adapters/asrAdapter.ts';

/**
 * Connections to one running server, never more in use than it has places for. A closed session that can take another file waits here
 * for the next `open`.
 */
export class SessionPool {
  readonly #adapter: AsrAdapter;
  readonly #url: string;
  readonly #capacity: number;
  readonly #onChange: () => void;
  readonly #inUse = new Set<object>();
  #idle: AsrSession[];
  #isClosed = false;

  /** @param first the session of the handshake, which is the first to be handed out */
  constructor(options: { adapter: AsrAdapter; url: string; first: AsrSession; onChange: () => void }) {
    this.#adapter = options.adapter;
    this.#url = options.url;
    this.#capacity = options.first.hello.capacity;
    this.#idle = [options.first];
    this.#onChange = options.onChange;
  }

  get inUse(): number {
    return this.#inUse.size;
  }

  /** @throws SERVER_BUSY when every place is in use, or as the adapter's `connect` */
  async open(signal: AbortSignal): Promise<AsrSession> {
    const port = Number(new URL(this.#url).port);
    if (this.#isClosed) throw new NightshiftError('SERVER_REFUSED', { port, url: this.#url });
    if (this.#inUse.size >= this.#capacity) throw new NightshiftError('SERVER_BUSY', { port });
    // The place is taken before the connection stands, or two callers could take the last one.
    const place = {};
    this.#inUse.add(place);
    try {
      const session = this.#takeIdle() ?? (await this.#adapter.connect(this.#url, signal));
      this.#onChange();
      return new PooledSession(session, (returned) => this.#takeBack(place, returned));
    } catch (error) {
      this.#inUse.delete(place);
      throw error;
    }
  }

  /** Ends the idle connections; those in use end with their users. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const idle = this.#idle;
    this.#idle = [];
    this.#inUse.clear();
    await Promise.all(idle.map((session) => session.close()));
  }

  /** A waiting session may have been closed by the server. One of S0 is never reusable, and waits here only before its first file. */
  #takeIdle(): AsrSession | undefined {
    let session = this.#idle.pop();
    while (session !== undefined && session.hello.protocol === 'nightshift' && !session.reusable) session = this.#idle.pop();
    return session;
  }

  async #takeBack(place: object, session: AsrSession): Promise<void> {
    const isOurs = this.#inUse.delete(place);
    if (isOurs && session.reusable && !this.#isClosed) this.#idle.push(session);
    else await session.close();
    if (isOurs) this.#onChange();
  }
}

class PooledSession implements AsrSession {
  readonly #session: AsrSession;
  readonly #giveBack: (session: AsrSession) => Promise<void>;
  #isReturned = false;

  constructor(session: AsrSession, giveBack: (session: AsrSession) => Promise<void>) {
    this.#session = session;
    this.#giveBack = giveBack;
  }

  get hello(): AsrSession['hello'] {
    return this.#session.hello;
  }

  get reusable(): boolean {
    return !this.#isReturned && this.#session.reusable;
  }

  async transcribe(request: TranscribeRequest): Promise<Transcription> {
    if (this.#isReturned) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'the session was closed' });
    return await this.#session.transcribe(request);
  }

  async close(): Promise<void> {
    if (this.#isReturned) return;
    this.#isReturned = true;
    await this.#giveBack(this.#session);
  }
}
