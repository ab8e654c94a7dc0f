import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locateFfmpeg } from './ffmpegLocator.ts';

const suffix = process.platform === 'win32' ? '.exe' : '';

describe('locateFfmpeg', () => {
  let root = '';
  const program = (...parts: string[]): string => {
    const path = join(root, ...parts) + suffix;
    writeFileSync(path, '', { mode: 0o755 });
    return path;
  };
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'ffmpeg-'));
    for (const name of ['both', 'alone', 'empty']) mkdirSync(join(root, name));
    for (const name of ['ffmpeg', 'ffprobe']) program('both', name);
    program('alone', 'ffmpeg');
    mkdirSync(join(root, 'empty', `ffmpeg${suffix}`));
  });
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  it('takes the first one of the search path', () => {
    const searchPath = ['', join(root, 'missing'), join(root, 'empty'), join(root, 'alone'), join(root, 'both')].join(delimiter);
    expect(locateFfmpeg(null, searchPath)).toEqual({ ffmpeg: join(root, 'alone', `ffmpeg${suffix}`), ffprobe: null });
  });

  it('takes a configured program or the folder of one, with ffprobe beside it', () => {
    const expected = { ffmpeg: join(root, 'both', `ffmpeg${suffix}`), ffprobe: join(root, 'both', `ffprobe${suffix}`) };
    expect(locateFfmpeg(expected.ffmpeg)).toEqual(expected);
    expect(locateFfmpeg(join(root, 'both'))).toEqual(expected);
  });

  it('does not replace a configured one that is missing by another', () => {
    expect(locateFfmpeg(join(root, 'missing', 'ffmpeg'), join(root, 'both'))).toBeNull();
    expect(locateFfmpeg(join(root, 'empty'), join(root, 'both'))).toBeNull();
  });
});
