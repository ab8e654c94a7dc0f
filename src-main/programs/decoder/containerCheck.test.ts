import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tone, wavBytes } from '#main/testing/wavBytes.ts';
import { checkContainer, type ContainerCheck } from './containerCheck.ts';

describe('checkContainer', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'container-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const check = (bytes: Uint8Array): ContainerCheck => {
    const path = join(folder, 'file');
    writeFileSync(path, bytes);
    return checkContainer(path);
  };
  const second = tone(1);

  it('reads the length of a plain WAV from its header', () => {
    expect(check(wavBytes(second))).toEqual({ isMedia: true, isFlac: false, announcedSec: 1, isCutShort: false });
  });

  it.each([0, 0xffff_ffff, 0x7fff_ffff, 0xffff_ffff - 44])('takes a length of %i for "not known"', (dataBytes) => {
    expect(check(wavBytes(second, { dataBytes })).announcedSec).toBeNull();
  });

  it('believes a header that announces more than the file holds: the file was cut', () => {
    expect(check(wavBytes(second, { dataBytes: 320_000 })).announcedSec).toBe(10);
  });

  it('does not believe a header that ends in the middle of the samples', () => {
    expect(check(wavBytes(second, { dataBytes: 8_000 })).announcedSec).toBe(1);
  });

  it('allows chunks and a few bytes of filling after the samples', () => {
    const list = Buffer.from('LIST\x04\0\0\0INFO', 'latin1');
    expect(check(Buffer.concat([wavBytes(second), list])).announcedSec).toBe(1);
    expect(check(Buffer.concat([wavBytes(second), Buffer.from([1, 2, 3])])).announcedSec).toBe(1);
  });

  it('leaves the length of anything else to FFmpeg', () => {
    expect(check(Buffer.from('fLaC and so on')).announcedSec).toBeUndefined();
    expect(check(Buffer.from('RIFF')).announcedSec).toBeUndefined();
    expect(check(Buffer.from('<html>'))).toMatchObject({ isMedia: false, announcedSec: undefined });
  });

  it('sees that the last Ogg page is cut', () => {
    const page = Buffer.concat([Buffer.from('OggS'), Buffer.alloc(22), Buffer.from([2, 100, 50]), Buffer.alloc(150)]);
    expect(check(page).isCutShort).toBe(false);
    expect(check(page.subarray(0, -1)).isCutShort).toBe(true);
    expect(check(Buffer.concat([page, page.subarray(0, 20)])).isCutShort).toBe(true);
  });
});
