import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Programs of one FFmpeg installation; `ffprobe` is null where only `ffmpeg` lies. */
export interface FfmpegPrograms {
  readonly ffmpeg: string;
  readonly ffprobe: string | null;
}

const SUFFIX = process.platform === 'win32' ? '.exe' : '';
/** Where package managers put it; a desktop's PATH often lacks them. */
const USUAL_FOLDERS =
  process.platform === 'win32' ? [] : ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/opt/local/bin', '/snap/bin'];

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function programsIn(folder: string, ffmpeg: string): FfmpegPrograms {
  const beside = join(folder, `ffprobe${SUFFIX}`);
  return { ffmpeg, ffprobe: isProgram(beside) ? beside : null };
}

/**
 * FFmpeg's programs: the configured one (a program, or a folder that has it) and nothing else when one is configured, otherwise
 * the first on `searchPath` (default: PATH) or in the usual folders. @returns null when there is none
 */
export function locateFfmpeg(configured: string | null, searchPath = process.env['PATH'] ?? ''): FfmpegPrograms | null {
  if (configured !== null && configured !== '') {
    if (isProgram(configured)) return programsIn(dirname(configured), configured);
    const inside = join(configured, `ffmpeg${SUFFIX}`);
    return isProgram(inside) ? programsIn(configured, inside) : null;
  }
  for (const folder of [...searchPath.split(delimiter), ...USUAL_FOLDERS]) {
    // An empty entry of PATH means the current folder, which is no place to run programs from.
    if (folder === '') continue;
    const path = join(folder, `ffmpeg${SUFFIX}`);
    if (isProgram(path)) return programsIn(folder, path);
  }
  return null;
}
