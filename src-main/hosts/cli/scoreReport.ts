import { NORMALIZER_VERSIONS, normalizerLabel, type NormalizerName } from '#shared/domain/scores.ts';
import {
  editsOf,
  headlineOfLanguage,
  headlineOfTexts,
  measurePair,
  poolMetrics,
  ratesOf,
  type CorpusMetrics,
  type PairMetrics,
} from '#main/core/scoring/metrics.ts';
import type { PairedTexts, TextPair } from '#main/core/scoring/pairTexts.ts';
import { LEAST_PAIRS } from '#main/core/scoring/compareSystems.ts';
import { bootstrapWer, replicatesFor, type Interval } from '#main/core/statistics/bootstrap.ts';
import { counted, percent, percentInterval } from './figures.ts';
import type { ScoreGroup, ScoreMetric } from './scoringFlags.ts';
import { oddityFields } from './transcriptInput.ts';

export interface ScoreOptions {
  readonly normalizer: NormalizerName;
  readonly language: string | null;
  readonly groupBy: ScoreGroup | null;
  /** Draws of the bootstrap; null: as many as for a run of as many files. */
  readonly replicates: number | null;
  readonly seed: number;
}

interface ScoredPair {
  readonly pair: TextPair;
  readonly metrics: PairMetrics;
}

export interface ScoreReport {
  readonly pairs: readonly ScoredPair[];
  readonly corpus: CorpusMetrics;
  /** Sorted by name. */
  readonly groups: readonly { readonly name: string; readonly corpus: CorpusMetrics }[];
  /** Of the pooled WER; null below `LEAST_PAIRS` pairs. */
  readonly werInterval: Interval | null;
  /** Which figure comes first. */
  readonly headline: 'wer' | 'cer';
}

/** Everything that `score` says, from the texts. */
export function scoreTexts(texts: PairedTexts, { normalizer, language, groupBy, replicates, seed }: ScoreOptions): ScoreReport {
  const pairs = texts.pairs.map((pair) => ({ pair, metrics: measurePair(pair.reference, pair.hypothesis, normalizer) }));
  const groups = new Map<string, PairMetrics[]>();
  for (const { pair, metrics } of pairs) {
    if (groupBy === null) break;
    const name = groupBy === 'speaker' ? pair.speaker : folderOf(pair.id);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [metrics]);
    else group.push(metrics);
  }
  return {
    pairs,
    corpus: poolMetrics(pairs.map(({ metrics }) => metrics)),
    groups: [...groups]
      .map(([name, members]) => ({ name, corpus: poolMetrics(members) }))
      .sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0)),
    werInterval:
      pairs.length < LEAST_PAIRS
        ? null
        : bootstrapWer({
            referenceWords: pairs.map(({ metrics }) => metrics.words.referenceWords),
            errors: pairs.map(({ metrics }) => editsOf(metrics.words)),
            clusters: null,
            replicates: replicates ?? replicatesFor(pairs.length),
            seed,
          }),
    headline: language === null ? headlineOfTexts(pairs.map(({ pair }) => pair.reference)) : headlineOfLanguage(language),
  };
}

function folderOf(id: string): string {
  const end = id.lastIndexOf('/');
  return end === -1 ? '.' : id.slice(0, end);
}

/** Counts and ratios under the names of the JSON report; ratios are fractions, null where the reference is empty. */
function fieldsOf(metrics: PairMetrics): Record<string, number | null> {
  const { words, characters, charactersNoSpaces, graphemes } = metrics;
  const { wer, mer, wil, wip, cer, cerNoSpaces, cerGraphemes } = ratesOf(metrics);
  return {
    substitutions: words.substitutions,
    deletions: words.deletions,
    insertions: words.insertions,
    hits: words.hits,
    reference_words: words.referenceWords,
    hypothesis_words: words.hits + words.substitutions + words.insertions,
    wer,
    mer,
    wil,
    wip,
    cer,
    character_edits: characters.edits,
    reference_characters: characters.referenceLength,
    cer_no_spaces: cerNoSpaces,
    character_edits_no_spaces: charactersNoSpaces.edits,
    reference_characters_no_spaces: charactersNoSpaces.referenceLength,
    cer_graphemes: cerGraphemes,
    grapheme_edits: graphemes.edits,
    reference_graphemes: graphemes.referenceLength,
  };
}

function corpusFields(corpus: CorpusMetrics): Record<string, number | null> {
  return {
    pairs: corpus.pairs,
    ...fieldsOf(corpus.pooled),
    sentence_error_rate: corpus.sentenceErrorRate,
    pairs_with_errors: corpus.pairsWithErrors,
    pairs_without_reference_words: corpus.pairsWithoutReference,
    mean_of_pair_wers: corpus.meanOfPairWers,
  };
}

/** One object for each pair. */
export function pairObject({ pair, metrics }: ScoredPair): Readonly<Record<string, unknown>> {
  return { id: pair.id, speaker: pair.speaker, is_answered: pair.hypothesis !== null, ...fieldsOf(metrics) };
}

/** The object after the last pair. */
export function overallObject(report: ScoreReport, texts: PairedTexts, normalizer: NormalizerName): Readonly<Record<string, unknown>> {
  return {
    overall: {
      ...corpusFields(report.corpus),
      wer_interval_95: report.werInterval,
      headline: report.headline,
      normalizer,
      normalizer_version: NORMALIZER_VERSIONS[normalizer],
      normalizer_label: normalizerLabel(normalizer),
      ...(report.groups.length > 0 && {
        groups: Object.fromEntries(report.groups.map(({ name, corpus }) => [name, corpusFields(corpus)])),
      }),
      ...oddityFields(texts),
    },
  };
}

/** Lines for people: the headline first, then what it is made of, groups and the worst pairs. */
export function scoreLines(
  report: ScoreReport,
  { normalizer, metric, top }: { readonly normalizer: NormalizerName; readonly metric: ScoreMetric; readonly top: number },
): string[] {
  const { corpus, headline } = report;
  const { rates, pooled } = corpus;
  const { substitutions, deletions, insertions, hits, referenceWords } = pooled.words;
  const wer = [
    `WER ${percent(rates.wer)}${percentInterval(report.werInterval)}`,
    `    ${counted(editsOf(pooled.words), 'error')} in ${counted(referenceWords, 'word')}: ${substitutions} substituted, ${deletions} deleted, ${insertions} inserted, ${hits} right`,
    `    MER ${percent(rates.mer)}   WIL ${percent(rates.wil)}   WIP ${percent(rates.wip)}`,
  ];
  const cer = [
    `CER ${percent(rates.cer)}`,
    `    ${counted(pooled.characters.edits, 'error')} in ${counted(pooled.characters.referenceLength, 'character')}, spaces counted`,
    `    without spaces ${percent(rates.cerNoSpaces)}   graphemes ${percent(rates.cerGraphemes)}`,
  ];
  const figures = metric === 'wer' ? wer : metric === 'cer' ? cer : headline === 'cer' ? [...cer, ...wer] : [...wer, ...cer];
  const ratio = metric === 'cer' || (metric === 'all' && headline === 'cer') ? 'cer' : 'wer';
  const nameOfRatio = ratio.toUpperCase();
  const lines = [
    `${counted(corpus.pairs, 'pair')}, normaliser ${normalizerLabel(normalizer)}`,
    ...figures,
    `With a word error: ${corpus.pairsWithErrors} of ${counted(corpus.pairs, 'pair')}, ${percent(corpus.sentenceErrorRate)}`,
    `Mean of the WERs of the pairs (not the WER): ${percent(corpus.meanOfPairWers)}`,
  ];
  if (corpus.pairsWithoutReference > 0)
    lines.push(`${counted(corpus.pairsWithoutReference, 'pair')} without reference words: no ratio, but insertions count`);
  for (const { name, corpus: group } of report.groups) {
    lines.push(`${nameOfRatio} ${percent(group.rates[ratio])}  ${name}  (${counted(group.pairs, 'pair')})`);
  }
  const edits = ({ metrics }: ScoredPair): number => (ratio === 'cer' ? metrics.characters.edits : editsOf(metrics.words));
  const worst = report.pairs.filter((pair) => edits(pair) > 0).toSorted((left, right) => edits(right) - edits(left));
  if (top > 0 && worst.length > 0) lines.push('Most errors:');
  for (const pair of worst.slice(0, top))
    lines.push(`  ${counted(edits(pair), 'error')}  ${nameOfRatio} ${percent(ratesOf(pair.metrics)[ratio])}  ${pair.pair.id}`);
  return lines;
}
