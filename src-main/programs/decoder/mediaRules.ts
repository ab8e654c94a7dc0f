import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { ContainerCheck } from './containerCheck.ts';

/** Below lie lying headers only; at 1 Hz a file of 70 kB would become hours of resampled nothing. */
const MIN_SAMPLE_RATE_HZ = 1_000;
/** Highest rate of any converter on the market (DXD archives use 352.8 and 384, a few recorders 768 kHz). */
const MAX_SAMPLE_RATE_HZ = 768_000;
/** What FFmpeg's resampler takes (SWR_CH_MAX). */
const MAX_CHANNELS = 64;

/**
 * FFmpeg's names of the formats we open. Everything else it would read is no recording, and some of it is dangerous: play lists
 * point at other files, and a live one is read again and again for ever.
 */
export const FORMAT_WHITELIST = (
  'wav w64 aiff au caf flac mp3 aac ac3 eac3 dts dtshd truehd amr amrnb amrwb ogg asf xwma wv ape tta tak mpc mpc8 shn voc gsm dsf ' +
  'iff nist sox ircam avr rm matroska webm mov mp4 m4a 3gp 3g2 mj2 avi flv mpeg mpegts mxf nut'
).replaceAll(' ', ',');

/** @throws MEDIA_CORRUPT (or MEDIA_UNRECOGNISED where nothing in the file looks like media) for parameters that nobody can decode. */
export function assertIsDecodable(
  facts: { sampleRateHz: number; channels: number; codec: string },
  check: ContainerCheck,
  path: string,
): void {
  const { sampleRateHz, channels, codec } = facts;
  const isPlausible =
    sampleRateHz >= MIN_SAMPLE_RATE_HZ &&
    sampleRateHz <= MAX_SAMPLE_RATE_HZ &&
    channels >= 1 &&
    channels <= MAX_CHANNELS &&
    codec !== '' &&
    codec !== 'none';
  if (!isPlausible) throw unreadable(check, path, `codec ${codec || 'unknown'}, ${String(sampleRateHz)} Hz, ${String(channels)} channels`);
}

/** The error of a file in which nothing could be read: damaged when it looks like media, else something else altogether. */
export function unreadable(check: ContainerCheck, path: string, detail: string): NightshiftError {
  return new NightshiftError(check.isMedia ? 'MEDIA_CORRUPT' : 'MEDIA_UNRECOGNISED', { path, detail });
}
