import type { Clock } from '#main/core/ports.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AsrSession, ServerHello, TranscribeRequest, Transcription } from '../asrAdapter.ts';
import type { SilenceLimits } from './silenceWatch.ts';
import { type FileRules, transcribeOver } from './transcription.ts';
import type { Wire } from './wire.ts';

/** A wire that can be left politely. */
export interface ClosableWire extends Wire {
  close(): Promise<void>;
}

export interface OneFileSessionOptions {
  readonly clock: Clock;
  readonly limits: SilenceLimits;
  readonly hello: ServerHello;
  /** The connection; or how to open it when the protocol needs to know the file first. */
  readonly wire: ClosableWire | ((request: TranscribeRequest) => Promise<ClosableWire>);
  /** What both sides say before the file. */
  readonly prepare?: (request: TranscribeRequest) => Promise<void>;
  /** Rules for this one file. */
  readonly rules: (request: TranscribeRequest) => FileRules;
}

/** For protocols in which a connection carries one file and ends with it. */
export class OneFileSession implements AsrSession {
  readonly hello: ServerHello;
  readonly #options: OneFileSessionOptions;
  #wire: ClosableWire | null;
  #isUsed = false;

  constructor(options: OneFileSessionOptions) {
    this.#options = options;
    this.#wire = typeof options.wire === 'function' ? null : options.wire;
    this.hello = options.hello;
  }

  get reusable(): boolean {
    return !this.#isUsed && (this.#wire?.isOpen ?? true);
  }

  async transcribe(request: TranscribeRequest): Promise<Transcription> {
    if (this.#isUsed) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'one file for each connection to this server' });
    this.#isUsed = true;
    const { clock, limits, wire, prepare, rules } = this.#options;
    this.#wire = typeof wire === 'function' ? await wire(request) : wire;
    await prepare?.(request);
    return await transcribeOver(this.#wire, { clock, limits }, rules(request), request);
  }

  async close(): Promise<void> {
    await this.#wire?.close();
  }
}
