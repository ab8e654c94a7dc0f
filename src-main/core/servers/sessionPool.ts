import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AsrAdapter, AsrSession, TranscribeRequest, Transcription } from './adapters/asrAdapter.ts';
import type { ProgressWatch } from './progressWatch.ts';

export interface SessionPoolOptions {
  readonly adapter: AsrAdapter;
  readonly url: string;
  /** The session of the handshake, which is the first to be handed out. */
  readonly first: AsrSession;
  /** Ends a file that does not move; belongs to the pool. */
  readonly watch: ProgressWatch;
  readonly onChange: () => void;
  /** A file has ended, with its text or (null) without. */
  readonly onFile: (done: Transcription | null) => void;
}

/**
 * Connections to one running server, never more in use than it has places for. A closed session that can take another file waits here
 * for the next `open`.
 */
export class SessionPool {
  readonly #adapter: AsrAdapter;
  readonly #url: string;
  readonly #capacity: number;
  readonly #watch: ProgressWatch;
  readonly #onChange: () => void;
  readonly #onFile: SessionPoolOptions['onFile'];
  readonly #inUse = new Set<object>();
  #idle: AsrSession[];
  #isClosed = false;

  constructor(options: SessionPoolOptions) {
    this.#adapter = options.adapter;
    this.#url = options.url;
    this.#capacity = options.first.hello.capacity;
    this.#watch = options.watch;
    this.#onFile = options.onFile;
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
      return new PooledSession(session, {
        transcribe: (request) => this.#transcribe(session, request),
        giveBack: (returned) => this.#takeBack(place, returned),
      });
    } catch (error) {
      // It may have been the last thing under way.
      if (this.#inUse.delete(place)) this.#onChange();
      throw error;
    }
  }

  /** Ends the idle connections; those in use end with their users. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch[Symbol.dispose]();
    const idle = this.#idle;
    this.#idle = [];
    this.#inUse.clear();
    await Promise.all(idle.map((session) => session.close()));
  }

  /** A waiting session may have been closed by the server. */
  #takeIdle(): AsrSession | undefined {
    let session = this.#idle.pop();
    while (session !== undefined && !session.reusable) session = this.#idle.pop();
    return session;
  }

  async #transcribe(session: AsrSession, request: TranscribeRequest): Promise<Transcription> {
    const file = this.#watch.begin();
    let done: Transcription | null = null;
    try {
      done = await session.transcribe({
        ...request,
        blocks: file.follow(request.blocks),
        signal: AbortSignal.any([request.signal, file.signal]),
        onMoved: () => file.moved(),
      });
      return done;
    } catch (error) {
      // Given up because it did not move; what the session says then is only that it was ended.
      throw file.signal.aborted && !request.signal.aborted ? file.signal.reason : error;
    } finally {
      file.end();
      this.#onFile(done);
    }
  }

  async #takeBack(place: object, session: AsrSession): Promise<void> {
    const isOurs = this.#inUse.delete(place);
    if (isOurs && session.reusable && !this.#isClosed) this.#idle.push(session);
    else await session.close();
    if (isOurs) this.#onChange();
  }
}

interface PlaceOwner {
  transcribe(request: TranscribeRequest): Promise<Transcription>;
  giveBack(session: AsrSession): Promise<void>;
}

class PooledSession implements AsrSession {
  readonly #session: AsrSession;
  readonly #pool: PlaceOwner;
  #isReturned = false;

  constructor(session: AsrSession, pool: PlaceOwner) {
    this.#session = session;
    this.#pool = pool;
  }

  get hello(): AsrSession['hello'] {
    return this.#session.hello;
  }

  get reusable(): boolean {
    return !this.#isReturned && this.#session.reusable;
  }

  async transcribe(request: TranscribeRequest): Promise<Transcription> {
    if (this.#isReturned) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'the session was closed' });
    return await this.#pool.transcribe(request);
  }

  async close(): Promise<void> {
    if (this.#isReturned) return;
    this.#isReturned = true;
    await this.#pool.giveBack(this.#session);
  }
}
