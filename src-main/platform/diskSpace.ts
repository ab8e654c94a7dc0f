import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DiskSpace } from '../core/ports.ts';

export function createDiskSpace(): DiskSpace {
  return {
    async space(path) {
      for (let folder = path; ; folder = dirname(folder)) {
        try {
          const [{ bavail, blocks, bsize }, { dev }] = await Promise.all([statfs(folder), stat(folder)]);
          return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, volume: String(dev) };
        } catch (error) {
          // A folder that is still to be made lies on the disk of the one above it.
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder) return null;
        }
      }
    },
  };
}
