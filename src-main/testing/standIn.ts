import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface StandIn {
  /** Holds the stand-in; what it writes into `$HERE` lands here. */
  readonly folder: string;
  /** This process's environment with the stand-in first on PATH. */
  readonly env: NodeJS.ProcessEnv;
  remove(): Promise<void>;
}

/** A program of that name as a shell script in a folder of its own (POSIX only). The script's folder is `$HERE`. */
export async function createStandIn(name: string, script: string): Promise<StandIn> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'nightshift-standin-')));
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\nHERE='${folder}'\n${script}\n`);
  await chmod(path, 0o755);
  return {
    folder,
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` },
    remove: () => rm(folder, { recursive: true }),
  };
}
