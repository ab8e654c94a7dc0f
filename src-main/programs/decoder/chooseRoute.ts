import { locateFfmpeg } from '#main/platform/ffmpegLocator.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { loadFfmpegRoute } from './ffmpegRoute.ts';
import { loadNodeAvRoute } from './nodeAvRoute.ts';
import type { Route } from './route.ts';

export type RouteWish = 'auto' | 'node-av' | 'ffmpeg';

/**
 * The route to use: `auto` takes node-av where it loads (an installed app does not have it), else an ffmpeg.
 * @param ffmpegPath a configured program or folder; null searches. @throws DECODER_MISSING
 */
export async function chooseRoute(wish: RouteWish, ffmpegPath: string | null): Promise<Route> {
  if (wish !== 'ffmpeg') {
    const route = await loadNodeAvRoute();
    if (route !== null) return route;
  }
  if (wish !== 'node-av') {
    const programs = locateFfmpeg(ffmpegPath);
    const route = programs === null ? null : await loadFfmpegRoute(programs);
    if (route !== null) return route;
  }
  throw new NightshiftError('DECODER_MISSING', { route: wish, ...(ffmpegPath === null ? {} : { path: ffmpegPath }) });
}
