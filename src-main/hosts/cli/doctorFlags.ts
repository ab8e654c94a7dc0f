import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { notEmpty } from './flagValues.ts';

export interface DoctorCommand {
  readonly command: 'doctor';
  /** Where the diagnostics go, absolute; null: only tell what was found. */
  readonly bundlePath: string | null;
  /** Names of files and folders as they are. */
  readonly withNames: boolean;
}

interface DoctorValues {
  readonly bundle?: string;
  readonly withNames: boolean;
}

/** Adds `doctor`. @param add makes a subcommand with the flags that all have */
export function addDoctorCommand<Common>(
  add: (name: string, description: string) => Command,
  cwd: string,
  done: (command: DoctorCommand, values: Common) => void,
): void {
  add('doctor', 'show what Nightshift found on this machine')
    .addOption(
      new Option('--bundle <path>', 'put what helps to find a mistake into a .zip, a .tar.gz or a new folder').argParser(
        notEmpty('--bundle', 'a .zip, a .tar.gz or a folder'),
      ),
    )
    .option('--with-names', 'names of files and folders as they are, not as hashes', false)
    .action(({ bundle, withNames, ...common }: DoctorValues & Common) => {
      const bundlePath = bundle === undefined ? null : resolve(cwd, bundle);
      done({ command: 'doctor', bundlePath, withNames }, common as Common);
    });
}
