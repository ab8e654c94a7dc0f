import { describe, expect, test } from 'vitest';
import { steadyTone, syntheticSpeech } from '#main/testing/syntheticSpeech.ts';
import { metered, SpeechMeter } from './speechMeter.ts';

function heard(blocks: Iterable<Buffer>): SpeechMeter {
  const meter = new SpeechMeter();
  for (const block of blocks) meter.hear(block);
  return meter;
}

describe('what is no speech', () => {
  test('nothing, silence, hum and a loud tone', () => {
    expect(heard([]).speechSec()).toBe(0);
    for (const amplitude of [0, 0.001, 0.02, 0.9]) expect(heard(steadyTone(70, amplitude)).speechSec(), String(amplitude)).toBe(0);
  });

  test('what is over full scale does no harm', () => {
    expect(heard(steadyTone(2, 40)).speechSec()).toBe(0);
  });
});

test('counts what moves like speech, and where', () => {
  const meter = heard(syntheticSpeech(100, 20, 60));
  // Three fifths of 40 s are sound; frames at its edges count in part.
  expect(meter.speechSec()).toBeGreaterThan(40 * 0.5);
  expect(meter.speechSec()).toBeLessThan(40 * 0.8);
  expect(meter.speechSec(40)).toBeCloseTo(meter.speechSec() / 2, 0);
  expect(meter.speechSec(60.1)).toBe(0);
  expect(meter.speechSec(1_000)).toBe(0);
});

test('hears the same however the blocks are cut and lie in memory', () => {
  const whole = Buffer.concat([...syntheticSpeech(3)]);
  const unaligned = Buffer.concat([Buffer.alloc(1), whole]).subarray(1);
  const pieces: Buffer[] = [];
  for (let offset = 0; offset < unaligned.length; offset += 4_444) pieces.push(unaligned.subarray(offset, offset + 4_444));
  expect(heard(pieces).speechSec()).toBe(heard([whole]).speechSec());
});

test('blocks pass unchanged', async () => {
  const blocks = [...syntheticSpeech(2)];
  async function* source(): AsyncGenerator<Buffer> {
    yield* blocks;
  }
  const meter = new SpeechMeter();
  const passed: Buffer[] = [];
  for await (const block of metered(source(), meter)) passed.push(block);
  expect(passed).toEqual(blocks);
  expect(meter.speechSec()).toBe(heard(blocks).speechSec());
});
