import { expect, test } from 'vitest';
import type { HttpAnswer, HttpRequest } from '#main/core/ports.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { completeProfile } from '#shared/contract/profiles.ts';
import type { TranscribeRequest } from '../asrAdapter.ts';
import { HttpSession } from './httpSession.ts';
import { bytesOf } from './samples.ts';
import { type FileRules, transcribeOver } from './transcription.ts';
import type { Wire, WireListener } from './wire.ts';

const SECOND = 1_000;

function request(audioSec: number, onMoved?: () => void): TranscribeRequest {
  async function* blocks(): AsyncGenerator<Buffer> {
    yield Buffer.alloc(bytesOf(audioSec));
  }
  const facts = { mode: 'original', language: null, chunkSec: 600, windowSec: 2, pacing: 'asFast' } as const;
  return { ...facts, blocks: blocks(), signal: new AbortController().signal, ...(onMoved === undefined ? {} : { onMoved }) };
}

/** A server that took one second of audio and then says `texts`, one every twenty seconds. @returns the text, or the code of the failure */
async function heard(texts: readonly string[]): Promise<string> {
  const clock = new FakeClock();
  let listener: WireListener | null = null;
  const allSent = Promise.withResolvers<undefined>();
  const wire: Wire = {
    port: 1,
    isOpen: true,
    listen: (next) => (listener = next),
    unlisten: () => undefined,
    send: async (frame) => {
      if (frame === 'finish') allSent.resolve(undefined);
    },
    terminate: () => undefined,
  };
  const rules: FileRules = {
    begin: [],
    encode: (samples) => samples,
    tailSilenceMs: 0,
    finish: ['finish'],
    hear: (text, file) => {
      if (text === 'end') return file.ended();
      file.transcript.heardText(text);
    },
    flush: (transcript) => transcript.addSegment({ text: 'whole', startMs: null, endMs: null }),
    closes: [],
    quietMs: null,
    isAlwaysPaced: false,
  };
  const limits = { silenceLeastMs: 30 * SECOND, silencePerAudio: 6 };
  const outcome = transcribeOver(wire, { clock, limits }, rules, request(1)).then(
    ({ text }) => text,
    ({ code }: { code: string }) => code,
  );
  await allSent.promise;
  for (const text of texts) {
    (listener as WireListener | null)?.onText(text);
    await clock.advance(20 * SECOND);
  }
  return await outcome;
}

test('a server that says something new moves, however long it takes; one that only repeats itself does not', async () => {
  expect(await heard(['a', 'a b', 'a b c', 'a b c d', 'end'])).toBe('whole');
  expect(await heard(['a', 'a', 'a', 'a', 'end'])).toBe('SERVER_SILENT');
});

test('a server that is full in the middle of a file owes nothing while we wait as long as it said', async () => {
  const clock = new FakeClock();
  const answer = (status: number, headers: HttpAnswer['headers'] = {}): HttpAnswer => ({ status, headers, body: 'text' });
  const answers = [answer(200), answer(429, { 'retry-after': '60' }), answer(200)];
  const asked: HttpRequest[] = [];
  const session = new HttpSession({
    clock,
    http: {
      send: async (sent) => {
        asked.push(sent);
        return answers.shift() ?? answer(500);
      },
    },
    url: 'http://localhost:1/',
    profile: completeProfile({ name: 'HTTP', mode: 'original', protocol: 'openai', options: { requestSec: 30 } }),
    hello: { protocol: 'openai', capacity: 1, model: null, instance: null },
    rules: {
      fileField: 'file',
      fields: () => [],
      read: (text) => ({ language: null, segments: [{ text, startMs: null, endMs: null }] }),
    },
  });
  const movedMs: number[] = [];
  const done = session.transcribe(request(40, () => movedMs.push(clock.monotonicMs())));
  await expect.poll(() => asked.length).toBe(2);
  const refusedMs = clock.monotonicMs();
  for (let second = 0; second < 60; second += 1) await clock.advance(SECOND);
  expect((await done).text).toBe('text text');
  const waits = movedMs.map((atMs, i) => atMs - (movedMs[i - 1] ?? refusedMs));
  expect(Math.max(...waits)).toBeLessThanOrEqual(10 * SECOND);
});
