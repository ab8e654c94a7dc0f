import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { ContainerCheck } from './containerCheck.ts';

/** Below lie lying headers only; at 1 Hz a file of 70 kB would become hours of resampled nothing. */
const MIN_SAMPLE_RATE_HZ = 1_000;
/** Highest rate of any converter on the market (DXD archives use 352.8 and 384, a few recorders 768 kHz). */
const MAX_SAMPLE_RATE_HZ = 768_000;
/** What FFmpeg's resampler takes (SWR_CH_MAX). */
const MAX_CHANNELS = 64;

/** FFmpeg formats that point at other files, draw text or describe devices: never a recording. */
const FORMATS_WITHOUT_MEDIA = /(?:^|,)(?:hls|applehttp|concat|dash|sdp|rtsp|rtp|tty|lavfi|ffmetadata|webm_dash_manifest|imf|xbin|bin|idf|adf|bintext)(?:,|$)/;

/** @throws MEDIA_UNRECOGNISED for formats that FFmpeg would open but that hold no recording of their own. */
export function assertIsMediaFormat(container: string, path: string): void {
  if (FORMATS_WITHOUT_MEDIA.test(container)) throw new NightshiftError('MEDIA_UNRECOGNISED', { path, detail: container });
}

/** @throws MEDIA_CORRUPT (or MEDIA_UNRECOGNISED where nothing in the file looks like media) for parameters that nobody can decode. */
export function assertIsDecodable(facts: { sampleRateHz: number; channels: number; codec: string }, check: ContainerCheck, path: string): void {
  const { sampleRateHz, channels, codec } = facts;
  const isPlausible =
    sampleRateHz >= MIN_SAMPLE_RATE_HZ && sampleRateHz <= MAX_SAMPLE_RATE_HZ && channels >= 1 && channels <= MAX_CHANNELS && codec !== '' && codec !== 'none';
  if (!isPlausible) throw unreadable(check, path, `codec ${codec || 'unknown'}, ${String(sampleRateHz)} Hz, ${String(channels)} channels`);
}

/** The error of a file in which nothing could be read: damaged when it looks like media, else something else altogether. */
export function unreadable(check: ContainerCheck, path: string, detail: string): NightshiftError {
  return new NightshiftError(check.isMedia ? 'MEDIA_CORRUPT' : 'MEDIA_UNRECOGNISED', { path, detail });
}
