import { expect, test } from 'vitest';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { Transcript } from './transcript.ts';

/** Ten seconds of audio sent at second 0, text at seconds 2 and 5, asked for at second 20. */
async function played(): Promise<Transcript> {
  const clock = new FakeClock();
  await clock.advance(1_000);
  const transcript = new Transcript(clock);
  transcript.start();
  transcript.sent(640_000);
  await clock.advance(2_000);
  transcript.heardText('  ');
  transcript.heardText('hel');
  await clock.advance(3_000);
  transcript.addSegment({ text: ' hello ', startMs: 500, endMs: 900 });
  await clock.advance(15_000);
  return transcript;
}

test('times count from the first audio: to the first text of any kind, and to the end of results', async () => {
  const transcript = await played();
  expect(transcript.result()).toMatchObject({ audioSec: 10, firstTokenLatencyMs: 2_000, processingSec: 20 });
});

test('waiting for more than came is not counted', async () => {
  const transcript = await played();
  expect(transcript.result(true)).toMatchObject({ firstTokenLatencyMs: 2_000, processingSec: 5 });
  transcript.replaceSegments([{ text: 'hello', startMs: 500, endMs: 900 }]);
  expect(transcript.result(true).processingSec).toBe(5);
  transcript.replaceSegments([{ text: 'hello you', startMs: 500, endMs: 900 }]);
  expect(transcript.result(true)).toMatchObject({ text: 'hello you', processingSec: 20 });
});

test('what a server leaves open is filled in, and nothing lies outside the audio', () => {
  const transcript = new Transcript(new FakeClock());
  transcript.start();
  transcript.sent(640_000);
  transcript.addSegment({ text: 'one', startMs: -20, endMs: 1_000 });
  transcript.addSegment({ text: ' ', startMs: null, endMs: null });
  transcript.addSegment({ text: 'two', startMs: null, endMs: 4_000 });
  const word = { word: 'three', startMs: 9_000, endMs: 11_500, confidence: null };
  transcript.addSegment({ text: 'three', startMs: null, endMs: null, words: [word] });
  expect(transcript.result()).toMatchObject({
    text: 'one two three',
    segments: [
      { startMs: 0, endMs: 1_000 },
      { startMs: 1_000, endMs: 4_000 },
      { startMs: 9_000, endMs: 10_000, words: [{ startMs: 9_000, endMs: 10_000 }] },
    ],
  });
  expect(new Transcript(new FakeClock()).result()).toMatchObject({ text: '', audioSec: 0, processingSec: 0, firstTokenLatencyMs: null });
});

test('the first language that is said counts', () => {
  const transcript = new Transcript(new FakeClock());
  for (const said of [null, undefined, '', 'ko', 'en']) transcript.heardLanguage(said);
  transcript.heardDecodeSec(1.5);
  expect(transcript.result()).toMatchObject({ language: 'ko', decodeSec: 1.5 });
});
