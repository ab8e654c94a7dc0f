import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian's browser: nothing is downloaded for the tests. */
export function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return ['chromium', 'chromium-browser', 'google-chrome']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}
