import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Creates a folder and what is missing above it, from the nearest one that exists downwards. `mkdir` with `recursive` never ends where a
 * file system says "no such file" for a folder that cannot be made (Node 24, below `/proc`).
 * @throws what `mkdir` throws, EEXIST too when a file is in the way
 */
export async function makeFolders(path: string, mode?: number): Promise<void> {
  const missing: string[] = [];
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const info = await stat(folder).catch(() => null);
    if (info?.isDirectory() === true) break;
    missing.push(folder);
    if (dirname(folder) === folder) break;
  }
  for (const folder of missing.toReversed()) {
    try {
      await mkdir(folder, { mode });
    } catch (error) {
      // Somebody else was faster: that is as good.
      const now = await stat(folder).catch(() => null);
      if (now?.isDirectory() !== true) throw error;
    }
  }
}
