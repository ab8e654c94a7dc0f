import { type Command, Option } from 'commander';
import { NORMALIZERS, type NormalizerName } from '#shared/domain/scores.ts';
import { TRANSCRIPT_FORMATS, type TranscriptFormat } from '#main/core/scoring/transcriptText.ts';
import { BOOTSTRAP_SEED } from '#main/core/statistics/bootstrap.ts';
import { invalid, notEmpty, oneOf, wholeNumber } from './flagValues.ts';

/** The commands on texts; they start nothing and open no data folder. Files are as the user wrote them. */
export type ScoringCommand = ScoreCommand | NormalizeCommand;

export const SCORE_METRICS = ['wer', 'cer', 'all'] as const;
export type ScoreMetric = (typeof SCORE_METRICS)[number];
export const SCORE_GROUPS = ['speaker', 'folder'] as const;
export type ScoreGroup = (typeof SCORE_GROUPS)[number];

export interface ScoreCommand {
  readonly command: 'score';
  readonly source:
    | { readonly kind: 'twoFiles'; readonly reference: string; readonly hypothesis: string }
    | { readonly kind: 'pairs'; readonly file: string };
  readonly format: TranscriptFormat | null;
  readonly mode: string | null;
  readonly normalizer: NormalizerName;
  readonly metric: ScoreMetric;
  readonly groupBy: ScoreGroup | null;
  /** BCP 47; null: from the texts. */
  readonly language: string | null;
  /** Worst pairs shown to people. */
  readonly top: number;
  /** null: as many as for a run of as many files. */
  readonly replicates: number | null;
  readonly seed: number;
}

export interface NormalizeCommand {
  readonly command: 'normalize';
  readonly normalizer: NormalizerName;
}

interface ScoreValues {
  readonly normalizer: NormalizerName;
  readonly format?: TranscriptFormat;
  readonly bootstrap?: number;
  readonly seed: number;
  readonly top: number;
  readonly ref?: string;
  readonly hyp?: string;
  readonly pairs?: string;
  readonly mode?: string;
  readonly metric: ScoreMetric;
  readonly by?: ScoreGroup;
  readonly language?: string;
}

function normalizerOption(): Option {
  return new Option('--normalizer <name>', `rule before comparing: ${NORMALIZERS.join(', ')}`)
    .argParser(oneOf('--normalizer', NORMALIZERS))
    .default('simple');
}

function sourceOf({ ref, hyp, pairs }: ScoreValues, positional: string | undefined): ScoreCommand['source'] {
  const both = pairs ?? positional;
  if (both !== undefined && ref === undefined && hyp === undefined && (pairs === undefined || positional === undefined)) {
    return { kind: 'pairs', file: both };
  }
  if (both === undefined && ref !== undefined && hyp !== undefined) return { kind: 'twoFiles', reference: ref, hypothesis: hyp };
  throw invalid(
    'score',
    'either --ref FILE and --hyp FILE, or --pairs FILE',
    [ref, hyp, pairs, positional].filter((file) => file !== undefined).join(' '),
  );
}

/** Adds `score` and `normalize`. @param accept is called with what was parsed */
export function addScoringCommands<Values>(
  add: (name: string, description: string) => Command,
  accept: (command: ScoringCommand, values: Values) => void,
): void {
  const file = (flag: string): ((text: string) => string) => notEmpty(flag, 'a file');

  add('score', 'word and character error rates of texts; nothing is transcribed')
    .argument('[file]', 'the same as --pairs')
    .addOption(new Option('--ref <file>', 'references').argParser(file('--ref')))
    .addOption(new Option('--hyp <file>', 'hypotheses, matched by id').argParser(file('--hyp')))
    .addOption(
      new Option('--pairs <file>', 'both in one file: JSON lines with id, ref, hyp; a table; results.json').argParser(file('--pairs')),
    )
    .addOption(new Option('--mode <mode>', 'which mode of a results file, or which column').argParser(notEmpty('--mode', 'a mode')))
    .addOption(new Option('--metric <metric>', 'what is shown: wer, cer or all').argParser(oneOf('--metric', SCORE_METRICS)).default('all'))
    .addOption(new Option('--by <group>', 'figures by speaker or folder too').argParser(oneOf('--by', SCORE_GROUPS)))
    .addOption(
      new Option('--language <tag>', 'decides whether WER or CER comes first (default: from the texts)').argParser(
        notEmpty('--language', 'a language tag'),
      ),
    )
    .addOption(normalizerOption())
    .addOption(
      new Option('--format <form>', `of every file, where its ending does not tell: ${TRANSCRIPT_FORMATS.join(', ')}`).argParser(
        oneOf('--format', TRANSCRIPT_FORMATS),
      ),
    )
    .addOption(
      new Option('--bootstrap <draws>', 'draws of the bootstrap (default: 10000, fewer from 3001 texts on)').argParser(
        wholeNumber('--bootstrap', 100, 1_000_000),
      ),
    )
    .addOption(new Option('--seed <number>', 'of the bootstrap').argParser(wholeNumber('--seed', 0, 2 ** 32 - 1)).default(BOOTSTRAP_SEED))
    .addOption(new Option('--top <count>', 'how many lines of the worst').argParser(wholeNumber('--top', 0, 100_000)).default(10))
    .action((positional: string | undefined, values: ScoreValues & Values) => {
      const { format, mode, normalizer, metric, by, language, top, bootstrap, seed } = values;
      accept(
        {
          command: 'score',
          source: sourceOf(values, positional),
          format: format ?? null,
          mode: mode ?? null,
          normalizer,
          metric,
          groupBy: by ?? null,
          language: language ?? null,
          top,
          replicates: bootstrap ?? null,
          seed,
        },
        values,
      );
    });

  add('normalize', 'write each line of standard input as it is compared')
    .addOption(normalizerOption())
    .action((values: { readonly normalizer: NormalizerName } & Values) => {
      accept({ command: 'normalize', normalizer: values.normalizer }, values);
    });
}
