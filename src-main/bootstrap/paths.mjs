import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The checkout this bootstrap belongs to. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/**
 * The JavaScript file behind a command of an installed package, to be run by a Node of our choice: shims in `.bin` are shell scripts on
 * Windows and pick their own Node.
 */
export function toolPath(root, packageName, command) {
  const folder = join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command ?? packageName]);
}

/** Where the user typed the command: npm changes to the package's folder and keeps the original in INIT_CWD. */
export function userFolder() {
  return process.env.npm_lifecycle_event !== undefined && process.env.INIT_CWD ? process.env.INIT_CWD : process.cwd();
}
