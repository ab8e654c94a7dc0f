import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BrowserWindow, Rectangle } from 'electron';
import { z } from 'zod';

/** Place and size of the window when it is not maximised, in device-independent pixels. */
const BoundsSchema = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().positive(),
  height: z.int().positive(),
  isMaximized: z.boolean(),
});
export type WindowBounds = z.infer<typeof BoundsSchema>;

/** So much of the window has to be on a screen, or nobody could take hold of it. */
const GRIP_WIDTH = 120;
const GRIP_HEIGHT = 40;

/** @param screens areas of the screens there are now: one may have been unplugged. @returns null where there is nothing to go by */
export function readWindowBounds(path: string, screens: readonly Rectangle[]): WindowBounds | null {
  let bounds: WindowBounds;
  try {
    bounds = BoundsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
  const isReachable = screens.some((screen) => {
    const overlap = Math.min(bounds.x + bounds.width, screen.x + screen.width) - Math.max(bounds.x, screen.x);
    // The upper edge, because that is where a window is held.
    const isTopInside = bounds.y >= screen.y && bounds.y + GRIP_HEIGHT <= screen.y + screen.height;
    return overlap >= GRIP_WIDTH && isTopInside;
  });
  return isReachable ? bounds : null;
}

/** Keeps place and size for the next start, whenever the window is about to be closed. */
export function rememberWindowBounds(window: BrowserWindow, path: string): void {
  window.on('close', () => {
    const bounds: WindowBounds = { ...window.getNormalBounds(), isMaximized: window.isMaximized() };
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, `${JSON.stringify(bounds)}\n`);
    } catch {
      // The next window opens where every first one does.
    }
  });
}
