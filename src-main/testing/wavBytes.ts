/** Parameters of a WAV file made for a test. */
export interface WavOptions {
  readonly sampleRateHz?: number;
  readonly channels?: number;
  /** 16: PCM; 32: float. */
  readonly bits?: 16 | 32;
  /** What the header claims; default the truth. */
  readonly dataBytes?: number;
}

/** A canonical 44-byte header and `samples` (interleaved, −1 to 1) behind it. */
export function wavBytes(samples: ArrayLike<number>, options: WavOptions = {}): Buffer {
  const { sampleRateHz = 16_000, channels = 1, bits = 16 } = options;
  const bytesPerSample = bits / 8;
  const body = Buffer.alloc(samples.length * bytesPerSample);
  for (let index = 0; index < samples.length; index += 1) {
    const sample = samples[index] ?? 0;
    if (bits === 32) body.writeFloatLE(sample, index * 4);
    else body.writeInt16LE(Math.round(sample * 32_767), index * 2);
  }
  const dataBytes = options.dataBytes ?? body.length;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(Math.min(0xffff_ffff, 36 + dataBytes), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(bits === 32 ? 3 : 1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * channels * bytesPerSample, 28);
  header.writeUInt16LE(channels * bytesPerSample, 32);
  header.writeUInt16LE(bits, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  return Buffer.concat([header, body]);
}

/** A tone of half amplitude, `seconds` long. */
export function tone(seconds: number, sampleRateHz = 16_000, hz = 440): Float32Array {
  return Float32Array.from(
    { length: Math.round(seconds * sampleRateHz) },
    (_, index) => 0.5 * Math.sin((2 * Math.PI * hz * index) / sampleRateHz),
  );
}
