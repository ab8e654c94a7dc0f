const SAMPLE_RATE_HZ = 16_000;
/** Bursts as syllables: 150 ms of sound, 100 ms of almost none. */
const BURST_SEC = 0.15;
const SYLLABLE_SEC = 0.25;

/** Mono float32 LE in blocks of a second; `level` is the amplitude at a moment. */
function* audio(seconds: number, level: (atSec: number) => number): Generator<Buffer> {
  for (let second = 0; second < seconds; second += 1) {
    const block = Buffer.alloc(SAMPLE_RATE_HZ * 4);
    for (let index = 0; index < SAMPLE_RATE_HZ; index += 1) {
      const atSec = second + index / SAMPLE_RATE_HZ;
      block.writeFloatLE(level(atSec) * Math.sin(2 * Math.PI * 220 * atSec), index * 4);
    }
    yield block;
  }
}

/** Sound whose level moves as that of speech, above a little hiss. */
export function syntheticSpeech(seconds: number, fromSec = 0, untilSec: number = seconds): Generator<Buffer> {
  return audio(seconds, (atSec) => (atSec >= fromSec && atSec < untilSec && atSec % SYLLABLE_SEC < BURST_SEC ? 0.2 : 0.0005));
}

/** A tone that never changes; 0 is silence. */
export function steadyTone(seconds: number, amplitude: number): Generator<Buffer> {
  return audio(seconds, () => amplitude);
}
