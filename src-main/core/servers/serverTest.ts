import type { ServerProfile } from '#shared/contract/profiles.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import type { TestStep } from '#shared/contract/servers.ts';
import { isLoopback } from '#shared/domain/profileDefaults.ts';
import { NightshiftError, toNightshiftError, toWireError } from '#shared/errors/nightshiftError.ts';
import type { MediaDecoder } from '../media/mediaDecoder.ts';
import type { Clock, PortProbe } from '../ports.ts';
import type { Transcription } from './adapters/asrAdapter.ts';
import { portInUse } from './portChoices.ts';
import type { ServerPool, ServerTask } from './serverPool.ts';

export interface ServerTestDeps {
  readonly servers: ServerPool;
  readonly decoder: MediaDecoder;
  readonly portProbe: PortProbe;
  readonly clock: Clock;
}

export interface TestClip {
  readonly path: string;
  /** What is spoken in it, as far as known. */
  readonly reference: string | null;
}

export interface TestOutcome {
  readonly passed: boolean;
  readonly steps: TestStep[];
}

/** One clip through one server, each step told as it happens. A server that was not running is ended again. Never rejects. */
export async function testServer(
  deps: ServerTestDeps,
  profile: ServerProfile,
  task: ServerTask,
  clip: TestClip,
  onStep: (step: TestStep) => void,
): Promise<TestOutcome> {
  const wasRunning = deps.servers.isRunning(profile);
  const test = new ServerTest(deps, profile, onStep);
  try {
    await test.run(task, clip);
  } finally {
    if (!wasRunning) await deps.servers.stop(profile.id);
  }
  return { passed: test.steps.every(({ outcome }) => outcome !== 'failed'), steps: test.steps };
}

class ServerTest {
  readonly steps: TestStep[] = [];
  readonly #deps: ServerTestDeps;
  readonly #profile: ServerProfile;
  readonly #onStep: (step: TestStep) => void;
  readonly #startedMs: number;
  readonly #never = new AbortController().signal;
  /** What is being tried: whatever goes wrong belongs to it. */
  #current: TestStep['step'] = 'port';

  constructor(deps: ServerTestDeps, profile: ServerProfile, onStep: (step: TestStep) => void) {
    this.#deps = deps;
    this.#profile = profile;
    this.#onStep = onStep;
    this.#startedMs = deps.clock.monotonicMs();
  }

  async run(task: ServerTask, clip: TestClip): Promise<void> {
    try {
      await this.#lookAtPort();
      await this.#start(task);
      await this.#transcribe(clip);
    } catch (thrown) {
      const error = toNightshiftError(thrown);
      const detail = error.data['detail'];
      const text = typeof detail === 'string' ? detail : '';
      this.#say({ step: this.#current, outcome: 'failed', note: null, detail: text, reference: null, error: toWireError(error) });
    }
  }

  async #lookAtPort(): Promise<void> {
    const { servers, portProbe } = this.#deps;
    const { host, port, start } = this.#profile;
    if (servers.isRunning(this.#profile)) return this.#ok('port', String(port), 'running');
    // Only this machine's ports can be looked at without disturbing who listens there.
    if (!isLoopback(host)) return this.#skip('port', `${host}:${port}`, 'otherMachine');
    const occupant = await portProbe.inspect(port);
    if (start === null) {
      if (occupant.kind === 'free') throw new NightshiftError('SERVER_REFUSED', { port });
      const program = occupant.kind === 'foreign' ? occupant.program : null;
      return this.#ok('port', program === null ? String(port) : `${port}, ${program}`, 'portTaken');
    }
    if (occupant.kind !== 'free') throw portInUse(this.#profile, occupant);
    this.#ok('port', String(port), 'portFree');
  }

  async #start(task: ServerTask): Promise<void> {
    const { servers } = this.#deps;
    const { id, start } = this.#profile;
    this.#current = 'process';
    if (start === null) this.#skip('process', '', 'somebodyElse');
    else if (servers.isRunning(this.#profile)) this.#ok('process', '', 'running');
    const isStarting = (): boolean => this.#current === 'process';
    if (this.steps.at(-1)?.step === 'process') this.#current = 'readiness';
    using _watch = servers.watch(id, ({ pid }) => {
      if (!isStarting() || pid === null) return;
      this.#ok('process', String(pid));
      this.#current = 'readiness';
    });
    const hello = await servers.start(this.#profile, task, this.#never);
    if (isStarting()) this.#ok('process', '');
    this.#ok('readiness', '');
    this.#current = 'greeting';
    const { protocol, capacity, model } = hello;
    this.#ok('greeting', [protocol, `× ${capacity}`, ...(model === null ? [] : [model])].join(', '));
  }

  async #transcribe(clip: TestClip): Promise<void> {
    const { servers, decoder } = this.#deps;
    const { mode } = this.#profile;
    const { chunkSec, windowSec, language } = RunOptionsSchema.parse({});
    this.#current = 'audioSent';
    const session = await servers.nextPlace([this.#profile]).open(this.#never);
    try {
      const stream = decoder.decode(clip.path, this.#never);
      stream.summary.catch(() => undefined);
      const blocks = this.#toldWhenSent(stream.blocks);
      const pacing = 'asFast' as const;
      const answer = await session.transcribe({ mode, blocks, language, chunkSec, windowSec, pacing, signal: this.#never });
      if (answer.firstTokenLatencyMs === null) this.#skip('firstText', '', 'noText');
      else this.#ok('firstText', `${Math.round(answer.firstTokenLatencyMs)} ms`);
      this.#ok('end', `${answer.processingSec.toFixed(2)} s / ${answer.audioSec.toFixed(2)} s`);
      this.#current = 'text';
      this.#judgeText(answer, clip);
      this.#current = 'closed';
    } finally {
      await session.close();
    }
    this.#ok('closed', '');
  }

  async *#toldWhenSent(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const block of blocks) {
      bytes += block.length;
      yield block;
    }
    this.#ok('audioSent', `${bytes} bytes`);
    this.#current = 'end';
  }

  #judgeText({ text, audioSec }: Transcription, { reference }: TestClip): void {
    if (text.trim() === '') {
      throw new NightshiftError('TEXT_SUSPICIOUS', { detail: `no text for ${audioSec.toFixed(1)} s of speech` });
    }
    this.#say({ step: 'text', outcome: 'ok', note: reference === null ? null : 'spoken', detail: text, reference, error: null });
  }

  #ok(step: TestStep['step'], detail: string, note: TestStep['note'] = null): void {
    this.#say({ step, outcome: 'ok', note, detail, reference: null, error: null });
  }

  #skip(step: TestStep['step'], detail: string, note: TestStep['note']): void {
    this.#say({ step, outcome: 'skipped', note, detail, reference: null, error: null });
  }

  #say(step: Omit<TestStep, 'elapsedMs'>): void {
    const told = { ...step, elapsedMs: this.#deps.clock.monotonicMs() - this.#startedMs };
    this.steps.push(told);
    this.#onStep(told);
  }
}
