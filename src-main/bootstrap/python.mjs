import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * The first Python on PATH that runs the program without an error: another than the system's own often stands before it and has none of its
 * packages.
 * @returns its path, null when there is none
 */
export function findPython(program) {
  return (
    (process.env.PATH ?? '')
      .split(delimiter)
      .filter((folder) => folder !== '')
      .map((folder) => join(folder, 'python3'))
      .find((path) => existsSync(path) && spawnSync(path, ['-c', program], { stdio: 'ignore' }).status === 0) ?? null
  );
}
