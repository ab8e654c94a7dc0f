import { type Command, Option } from 'commander';
import { MAX_SYSTEMS } from '#shared/contract/compare.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import { NORMALIZERS, type NormalizerName } from '#shared/domain/scores.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { TRANSCRIPT_FORMATS, type TranscriptFormat } from '#main/core/scoring/transcriptText.ts';
import { BOOTSTRAP_SEED } from '#main/core/statistics/bootstrap.ts';
import { invalid, notEmpty, oneOf, wholeNumber } from './flagValues.ts';

/** Compares texts; opens no data folder. Files are as the user wrote them. */
export interface CompareFilesCommand {
  readonly command: 'compareFiles';
  /** One file with several modes, or two files. */
  readonly files: readonly [string] | readonly [string, string];
  /** null: the files have their references. */
  readonly reference: string | null;
  /** Of one file those compared with each other, empty: all it has; of two files the one of each, empty: the only one. */
  readonly modes: readonly string[];
  readonly format: TranscriptFormat | null;
  readonly normalizer: NormalizerName;
  /** null: as many as for a run of as many files. */
  readonly replicates: number | null;
  readonly seed: number;
  readonly isClustered: boolean;
  readonly top: number;
}

/** A run as the user named it, with a mode or without. */
export interface NamedRun {
  readonly runId: number;
  readonly mode: Mode | null;
}

/** Compares runs of the data folder. */
export interface CompareRunsCommand {
  readonly command: 'compareRuns';
  readonly runs: readonly NamedRun[];
  /** Of the one run without a mode; empty: all it has. */
  readonly modes: readonly Mode[];
  /** null: the one of the first run. */
  readonly normalizer: NormalizerName | null;
  readonly isClustered: boolean;
  readonly top: number;
}

interface CompareValues {
  readonly ref?: string;
  readonly modes?: string[];
  readonly format?: TranscriptFormat;
  readonly normalizer?: NormalizerName;
  readonly bootstrap?: number;
  readonly seed?: number;
  readonly bySpeaker: boolean;
  readonly clusterBy?: 'none' | 'speaker';
  readonly top: number;
}

/** A run, and after a colon one of its modes; a file of such a name is written as a path: `./12`. */
const RUN = /^#?(\d+)(?::(.*))?$/;

function modeList(text: string): string[] {
  const modes = text.split(',').map((mode) => mode.trim());
  if (modes.includes('')) throw invalid('--modes', 'modes, like chunked,original', text);
  return modes;
}

/** Modes of one run or file, which are compared with each other. */
function differentModes(modes: readonly string[]): readonly string[] {
  if (modes.length === 1 || new Set(modes).size !== modes.length) {
    throw invalid('--modes', 'two or more different modes, like chunked,original', modes.join(','));
  }
  return modes;
}

/** A mode of each of two files; one stands for both. */
function modesOfTwo(modes: readonly string[]): readonly string[] {
  const [both] = modes;
  if (modes.length > 2) throw invalid('--modes', 'a mode of both files, or one for each', modes.join(','));
  return modes.length === 1 && both !== undefined ? [both, both] : modes;
}

/** Adds `compare`. @param add makes a subcommand with the flags that all have */
export function addCompareCommand<Common>(
  add: (name: string, description: string) => Command,
  accept: (command: CompareFilesCommand | CompareRunsCommand, values: Common) => void,
): void {
  add('compare', 'difference of runs, modes or files, how sure it is, and what changed most')
    .argument('<a>', 'run (12), mode of a run (12:chunked), results file, or texts with --ref')
    .argument(
      '[others...]',
      `what it is compared with; without it the modes of the first. Up to ${MAX_SYSTEMS} modes of runs, or two files`,
    )
    .addOption(
      new Option('--modes <a,b>', 'which modes of the one run or file; of two files the mode or column of both, or one for each').argParser(
        modeList,
      ),
    )
    .addOption(
      new Option(
        '--normalizer <name>',
        `rule before comparing: ${NORMALIZERS.join(', ')} (default: of the first run; simple for files)`,
      ).argParser(oneOf('--normalizer', NORMALIZERS)),
    )
    .addOption(
      new Option('--cluster-by <group>', 'speaker: draw whole speakers for the intervals (default: none)').argParser(
        oneOf('--cluster-by', ['none', 'speaker']),
      ),
    )
    .option('--by-speaker', 'the same as --cluster-by speaker', false)
    .addOption(new Option('--top <count>', 'how many lines of the most changed').argParser(wholeNumber('--top', 0, 100_000)).default(10))
    .addOption(new Option('--ref <file>', 'of files: references, where they have none').argParser(notEmpty('--ref', 'a file')))
    .addOption(
      new Option('--format <form>', `of every file, where its ending does not tell: ${TRANSCRIPT_FORMATS.join(', ')}`).argParser(
        oneOf('--format', TRANSCRIPT_FORMATS),
      ),
    )
    .addOption(
      new Option('--bootstrap <draws>', 'of files: draws of the bootstrap (default: 10000, fewer from 3001 files on)').argParser(
        wholeNumber('--bootstrap', 100, 1_000_000),
      ),
    )
    .addOption(
      new Option('--seed <number>', `of files: of the bootstrap (default: ${BOOTSTRAP_SEED}, as of runs)`).argParser(
        wholeNumber('--seed', 0, 2 ** 32 - 1),
      ),
    )
    .action((a: string, others: string[], values: CompareValues & Common) => {
      accept(
        [a, ...others].some((name) => RUN.test(name)) ? compareRuns([a, ...others], values) : compareFiles([a, ...others], values),
        values,
      );
    });
}

function isClustered({ bySpeaker, clusterBy }: CompareValues): boolean {
  if (bySpeaker && clusterBy === 'none') {
    throw new NightshiftError('INPUT_INVALID', { field: '--cluster-by', detail: 'it says none beside --by-speaker' });
  }
  return bySpeaker || clusterBy === 'speaker';
}

function compareFiles(files: readonly string[], values: CompareValues): CompareFilesCommand {
  const [a = '', b, third] = files;
  const { ref, modes = [], format, normalizer, bootstrap, seed, top } = values;
  if (third !== undefined) throw invalid('compare', 'one or two files', files.join(' '));
  return {
    command: 'compareFiles',
    files: b === undefined ? [a] : [a, b],
    reference: ref ?? null,
    modes: b === undefined ? differentModes(modes) : modesOfTwo(modes),
    format: format ?? null,
    normalizer: normalizer ?? 'simple',
    replicates: bootstrap ?? null,
    seed: seed ?? BOOTSTRAP_SEED,
    isClustered: isClustered(values),
    top,
  };
}

function compareRuns(names: readonly string[], values: CompareValues): CompareRunsCommand {
  const runs = names.map(namedRun);
  const { ref, format, bootstrap, seed, modes = [], normalizer, top } = values;
  const ofFiles = [
    ['--ref', ref],
    ['--format', format],
    ['--bootstrap', bootstrap],
    ['--seed', seed],
  ] as const;
  for (const [field, value] of ofFiles) {
    if (value !== undefined) throw new NightshiftError('INPUT_INVALID', { field, detail: 'it is for files; runs have theirs' });
  }
  if (modes.length > 0 && (runs.length > 1 || runs[0]?.mode !== null)) {
    throw new NightshiftError('INPUT_INVALID', {
      field: '--modes',
      detail: 'it is for one run without a mode; write 12:streaming 15:original',
    });
  }
  if (new Set(runs.map(({ runId, mode }) => `${runId} ${mode}`)).size !== runs.length) {
    throw invalid('compare', 'different runs or modes', names.join(' '));
  }
  if (runs.length > MAX_SYSTEMS) throw invalid('compare', `at most ${MAX_SYSTEMS} runs or modes`, names.join(' '));
  return {
    command: 'compareRuns',
    runs,
    modes: differentModes(modes).map(oneOf('--modes', MODES)),
    normalizer: normalizer ?? null,
    isClustered: isClustered(values),
    top,
  };
}

function namedRun(name: string): NamedRun {
  const [, id, mode] = RUN.exec(name) ?? [];
  if (id === undefined) throw invalid('compare', 'runs like 12 or 12:chunked, or files, and not both', name);
  return { runId: wholeNumber('run', 1, Number.MAX_SAFE_INTEGER)(id), mode: mode === undefined ? null : oneOf('mode', MODES)(mode) };
}
