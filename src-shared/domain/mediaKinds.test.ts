import { describe, expect, it } from 'vitest';
import { extensionOf, hasMediaExtension, sniffsAsMedia } from './mediaKinds.ts';

describe('hasMediaExtension', () => {
  it.each(['a.wav', 'A.WAV', 'x.y.flac', 'a.b.c..mp3', '.hidden.opus', 'clip.webm', 'film.mkv', 'é.m4a'])('takes %s', (name) => {
    expect(hasMediaExtension(name)).toBe(true);
  });
  it.each(['wav', '.wav', 'a.txt', 'a.wav.part', 'a', 'a.', 'notes.trans.txt'])('leaves %s', (name) => {
    expect(hasMediaExtension(name)).toBe(false);
  });
});

describe('extensionOf', () => {
  it('does not take a leading dot for the start of an extension', () => {
    expect(extensionOf('.wav')).toBe('');
    expect(extensionOf('.a.WAV')).toBe('wav');
  });
});

describe('sniffsAsMedia', () => {
  const bytes = (...parts: (string | number[])[]): Uint8Array =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));

  it.each([
    ['wav', bytes('RIFF', [0, 0, 0, 0], 'WAVE')],
    ['aiff', bytes('FORM', [0, 0, 0, 0], 'AIFF')],
    ['mp4', bytes([0, 0, 0, 24], 'ftypM4A ')],
    ['matroska', bytes([0x1a, 0x45, 0xdf, 0xa3])],
    ['asf', bytes([0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11])],
    ['mp3 without tags', bytes([0xff, 0xfb, 0x90, 0x64])],
    ['adts', bytes([0xff, 0xf1, 0x60, 0x40])],
  ])('knows %s', (_name, head) => {
    expect(sniffsAsMedia(head)).toBe(true);
  });

  it.each([
    ['nothing', bytes('')],
    ['html', bytes('<!DOCTYPE html>')],
    ['UTF-16 text', bytes([0xff, 0xfe], 'h\0e\0l\0')],
    ['a RIFF picture', bytes('RIFF', [0, 0, 0, 0], 'WEBP')],
    ['a mark cut short', bytes('fLa')],
  ])('does not take %s', (_name, head) => {
    expect(sniffsAsMedia(head)).toBe(false);
  });
});
