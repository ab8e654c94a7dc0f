import { afterEach, describe, expect, test } from 'vitest';
import { createClock } from '#main/platform/clock.ts';
import { createHttpClient } from '#main/platform/httpClient.ts';
import { numbersSaid, spokenNumbers } from '#main/testing/asrStandIns/spokenNumbers.ts';
import type { AsrStandIn, Scenario } from '#main/testing/asrStandIns/standIn.ts';
import { completeProfile, type ProfileDraft, type ServerProfile } from '#shared/contract/profiles.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import type { AsrAdapter, TranscribeRequest, Transcription } from './asrAdapter.ts';
import { adapterFor } from './registry.ts';

export const testPorts = { clock: createClock(), http: createHttpClient() };
const never = new AbortController().signal;

/** More than the shortest limit of a server, 300 s. */
const LONG_SEC = 330;
/** What a stalled sender may hold: our own buffers and the system's, far below a long file. */
const MOST_HELD_BYTES = 48 * 1024 * 1024;

export interface ConformanceTarget {
  readonly protocol: ServerProfile['protocol'];
  readonly start: (scenario: Scenario) => Promise<AsrStandIn>;
  /** What a profile would say beside the protocol's defaults. */
  readonly profile?: Omit<ProfileDraft, 'name' | 'mode' | 'protocol'>;
  /** Codes where the protocol differs; null: it cannot tell. */
  readonly codes?: Partial<Record<Scenario, ErrorCode | null>>;
}

export function profileFor({ protocol, profile = {} }: Pick<ConformanceTarget, 'protocol' | 'profile'>): ServerProfile {
  return completeProfile({ name: 'stand-in', mode: 'original', protocol, ...profile });
}

export function requestOf(seconds: number, change: Partial<TranscribeRequest> = {}): TranscribeRequest {
  return {
    mode: 'original',
    blocks: asBlocks(spokenNumbers(seconds)),
    language: null,
    chunkSec: 600,
    windowSec: 2,
    pacing: 'asFast',
    signal: never,
    ...change,
  };
}

async function* asBlocks(blocks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* blocks;
}

/** One file on a connection of its own. */
export async function transcribe(adapter: AsrAdapter, { url }: AsrStandIn, request: TranscribeRequest): Promise<Transcription> {
  const session = await adapter.connect(url, never);
  try {
    return await session.transcribe(request);
  } finally {
    await session.close();
  }
}

/**
 * What every adapter does with a server that follows its protocol, and with one that does not. The servers are stand-ins that speak the
 * protocol over real sockets as the project's source has it.
 */
export function describeConformance(name: string, target: ConformanceTarget): void {
  describe(`the adapter for ${name}`, () => {
    const profile = profileFor(target);
    const ends: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const end of ends.splice(0)) await end();
    });

    const started = async (scenario: Scenario, chosen: ServerProfile = profile): Promise<{ standIn: AsrStandIn; adapter: AsrAdapter }> => {
      const standIn = await target.start(scenario);
      ends.push(() => standIn.close());
      return { standIn, adapter: adapterFor(chosen, testPorts) };
    };

    test('says who it talks to', async () => {
      const { standIn, adapter } = await started('normal');
      const session = await adapter.connect(standIn.url, never);
      expect(session.hello).toMatchObject({ protocol: target.protocol, capacity: profile.capacity ?? 1, instance: null });
      await session.close();
    });

    test('nothing at the port is SERVER_REFUSED', async () => {
      const { standIn, adapter } = await started('normal');
      await standIn.close();
      ends.length = 0;
      await expect(adapter.connect(standIn.url, never)).rejects.toMatchObject({
        code: 'SERVER_REFUSED',
        data: { port: Number(new URL(standIn.url).port) },
      });
    });

    test('brings one file after the other whole, with times inside the audio', async () => {
      const { standIn, adapter } = await started('normal');
      for (const seconds of [7, 1, 12]) {
        const result = await transcribe(adapter, standIn, requestOf(seconds));
        expect(result.text).toBe(numbersSaid(seconds).join(' '));
        expect(result.audioSec).toBe(seconds);
        expect(result.segments.map(({ text }) => text).join(' ')).toBe(result.text);
        expect(result.processingSec).toBeGreaterThan(0);
        expect(result.firstTokenLatencyMs).toBeGreaterThan(0);
        expect(result.firstTokenLatencyMs).toBeLessThanOrEqual(result.processingSec * 1_000);
        let previousMs = 0;
        for (const { startMs, endMs, words } of result.segments) {
          expect(startMs).toBeGreaterThanOrEqual(previousMs);
          expect(endMs).toBeGreaterThanOrEqual(startMs);
          expect(endMs).toBeLessThanOrEqual(seconds * 1_000);
          for (const word of words) expect(word.confidence ?? 0.5).toBeLessThanOrEqual(1);
          previousMs = startMs;
        }
      }
    });

    test('a session that says so takes another file', async () => {
      const { standIn, adapter } = await started('normal');
      const session = await adapter.connect(standIn.url, never);
      expect((await session.transcribe(requestOf(3))).text).toBe('n1 n2 n3');
      if (session.reusable) expect((await session.transcribe(requestOf(2))).text).toBe('n1 n2');
      else await expect(session.transcribe(requestOf(2))).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' });
      await session.close();
    });

    test('a file of nothing and a file without words are results without text', async () => {
      const { standIn, adapter } = await started('normal');
      const nothing = { text: '', segments: [], firstTokenLatencyMs: null };
      expect(await transcribe(adapter, standIn, requestOf(0))).toMatchObject({ ...nothing, audioSec: 0 });
      standIn.scenario = 'empty';
      expect(await transcribe(adapter, standIn, requestOf(4))).toMatchObject({ ...nothing, audioSec: 4 });
    });

    test('a long file comes back whole', async () => {
      const { standIn, adapter } = await started('normal');
      const result = await transcribe(adapter, standIn, requestOf(LONG_SEC));
      expect(result.audioSec).toBe(LONG_SEC);
      expect(result.text).toBe(numbersSaid(LONG_SEC).join(' '));
      expect(result.segments.at(-1)?.endMs).toBeGreaterThan((LONG_SEC - 2) * 1_000);
    });

    test('a late answer is waited for, and a server that talks while it listens is heard', async () => {
      const { standIn, adapter } = await started('slow');
      expect((await transcribe(adapter, standIn, requestOf(3))).text).toBe('n1 n2 n3');
      standIn.scenario = 'talks';
      await transcribe(adapter, standIn, requestOf(60));
    });

    const expected: Record<string, ErrorCode | null> = {
      busy: null,
      diesMidFile: 'CONNECTION_LOST',
      closesEarly: 'SERVER_CLOSED_EARLY',
      garbage: 'SERVER_BAD_RESPONSE',
      truncated: 'CONNECTION_LOST',
      ...target.codes,
    };
    for (const [scenario, code] of Object.entries(expected)) {
      if (code === null) continue;
      test(`${scenario} is ${code}, and the next file is not touched by it`, async () => {
        const { standIn, adapter } = await started(scenario as Scenario);
        // The audio has not ended when it happens; later, a close is for some protocols the end of results.
        async function* unfinished(): AsyncGenerator<Buffer> {
          yield* spokenNumbers(20);
          await new Promise(() => undefined);
        }
        const request = requestOf(0, { blocks: unfinished(), chunkSec: 5 });
        await expect(transcribe(adapter, standIn, request)).rejects.toMatchObject({ code });
        standIn.scenario = 'normal';
        expect((await transcribe(adapter, standIn, requestOf(3))).text).toBe('n1 n2 n3');
      });
    }

    test('a server that hangs is given up, and holds the sender back meanwhile', async () => {
      const impatient = { ...profile, timeouts: { ...profile.timeouts, silenceLeastMs: 1_000, silencePerAudio: 0 } };
      const { standIn, adapter } = await started('hangs', impatient);
      let pulledBytes = 0;
      const block = Buffer.alloc(64_000);
      async function* fourHours(): AsyncGenerator<Buffer> {
        for (let second = 0; second < 4 * 3_600; second += 1) {
          pulledBytes += block.length;
          yield block;
        }
      }
      const failed = transcribe(adapter, standIn, requestOf(0, { blocks: fourHours(), chunkSec: 60 }));
      await expect(failed).rejects.toMatchObject({ code: 'SERVER_SILENT', data: { timeoutMs: 1_000 } });
      expect(pulledBytes).toBeGreaterThan(64_000);
      expect(pulledBytes).toBeLessThan(MOST_HELD_BYTES);
    });

    test('an abort and a broken source end the file, and the server stays usable', async () => {
      const { standIn, adapter } = await started('normal');
      const stop = new AbortController();
      async function* endless(): AsyncGenerator<Buffer> {
        yield* spokenNumbers(2);
        stop.abort();
        await new Promise(() => undefined);
      }
      const aborted = transcribe(adapter, standIn, requestOf(0, { blocks: endless(), signal: stop.signal }));
      await expect(aborted).rejects.toMatchObject({ code: 'CANCELLED' });
      const broken = new Error('decoder');
      async function* failing(): AsyncGenerator<Buffer> {
        yield* spokenNumbers(1);
        throw broken;
      }
      await expect(transcribe(adapter, standIn, requestOf(0, { blocks: failing() }))).rejects.toBe(broken);
      expect((await transcribe(adapter, standIn, requestOf(3))).text).toBe('n1 n2 n3');
    });
  });
}
