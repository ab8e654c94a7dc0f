import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AsrSession, ServerHello, TranscribeRequest, Transcription } from '../asrAdapter.ts';
import type { ClosableWire } from './oneFileSession.ts';

/** For protocols in which a connection carries many files, one after the other. */
export class ReusedSession implements AsrSession {
  readonly hello: ServerHello;
  readonly #wire: ClosableWire;
  readonly #transcribe: (request: TranscribeRequest) => Promise<Transcription>;
  #isInUse = false;

  /** @param transcribe ends the wire when it fails: what the server still says about a file must not reach the next */
  constructor(wire: ClosableWire, hello: ServerHello, transcribe: (request: TranscribeRequest) => Promise<Transcription>) {
    this.#wire = wire;
    this.hello = hello;
    this.#transcribe = transcribe;
  }

  get reusable(): boolean {
    return this.#wire.isOpen;
  }

  async transcribe(request: TranscribeRequest): Promise<Transcription> {
    if (this.#isInUse) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'one file at a time on a connection' });
    this.#isInUse = true;
    try {
      return await this.#transcribe(request);
    } finally {
      this.#isInUse = false;
    }
  }

  async close(): Promise<void> {
    await this.#wire.close();
  }
}
