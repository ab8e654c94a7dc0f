import { expect, test } from 'vitest';
import { decodeSampleClips } from '#main/testing/sampleClips.ts';
import { SpeechMeter } from '../media/speechMeter.ts';
import { suspicionOf } from './suspiciousText.ts';

test('real recordings: what was said is enough, nothing is not, and a second of it may be missed', async () => {
  const clips = await decodeSampleClips();
  expect(clips.length).toBeGreaterThan(10);
  for (const { name, reference, audio } of clips) {
    const meter = new SpeechMeter();
    meter.hear(audio);
    const audioSec = audio.length / 64_000;
    const judge = (text: string, lastWordSec: number): string | null =>
      suspicionOf({ text, segments: [{ endMs: lastWordSec * 1_000 }], speechSec: (fromSec) => meter.speechSec(fromSec) });
    expect(meter.speechSec(), name).toBeGreaterThan(audioSec * 0.3);
    expect(judge(reference, audioSec), name).toBeNull();
    // The last word of a streaming model is placed at its beginning.
    expect(judge(reference, Math.max(0.1, audioSec - 1.5)), name).toBeNull();
    if (audioSec > 10) expect(judge('', 0), name).toMatch(/no text/);
    if (audioSec > 10) expect(judge(reference, audioSec * 0.4), name).toMatch(/after the last word/);

    const second = new SpeechMeter();
    second.hear(audio.subarray(0, 64_000));
    expect(suspicionOf({ text: '', segments: [], speechSec: () => second.speechSec() }), name).toBeNull();
  }
});
