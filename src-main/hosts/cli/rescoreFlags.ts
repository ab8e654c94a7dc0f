import { type Command, Option } from 'commander';
import { NORMALIZERS, type NormalizerName } from '#shared/domain/scores.ts';
import { oneOf, wholeNumber } from './flagValues.ts';

export interface RescoreCommand {
  readonly command: 'rescore';
  readonly runId: number;
  readonly normalizer: NormalizerName;
  /** Whether the files are listed whose counts are others than before. */
  readonly isListingFiles: boolean;
}

interface RescoreValues {
  readonly normalizer: NormalizerName;
  readonly files: boolean;
}

/** Adds `rescore`. @param add makes a subcommand with the flags that all have */
export function addRescoreCommand<Common>(
  add: (name: string, description: string) => Command,
  done: (command: RescoreCommand, values: Common) => void,
): void {
  add('rescore', 'error rates of a run under another normaliser, beside its own; nothing is transcribed again')
    .argument('<run>', 'number of the run')
    .addOption(
      new Option('--normalizer <name>', `rule before comparing: ${NORMALIZERS.join(', ')}`)
        .argParser(oneOf('--normalizer', NORMALIZERS))
        .makeOptionMandatory(),
    )
    .option('--files', 'list the files whose word counts differ from those of the run', false)
    .action((run: string, values: RescoreValues & Common) => {
      const runId = wholeNumber('run', 1, Number.MAX_SAFE_INTEGER)(run.replace(/^#/, ''));
      done({ command: 'rescore', runId, normalizer: values.normalizer, isListingFiles: values.files }, values);
    });
}
