import type { Comparison, ComparisonRow } from '#shared/contract/compare.ts';
import type { RouteArgs } from '#shared/contract/routes.ts';
import { addCounts, NO_WORDS, normalizerLabel, werRatio, type NormalizerName, type WordCounts } from '#shared/domain/scores.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Connection } from '#main/core/persistence/connection.ts';
import { PairComparisons } from '#main/core/reports/modeComparison.ts';
import { isScoredAsNow, storedNormalizerOf } from '#main/core/reports/storedNormalizer.ts';
import { speakerOf, topFolderOf } from '#main/core/reports/speaker.ts';
import { alignWords } from '#main/core/scoring/alignment.ts';
import { editsOf, headlineOfLanguage, headlineOfTexts, measureWords } from '#main/core/scoring/metrics.ts';
import { normalizerOf } from '#main/core/scoring/normalizers.ts';
import { splitWords } from '#main/core/scoring/words.ts';
import { replicatesFor, type Interval } from '#main/core/statistics/bootstrap.ts';
import { chipsOf } from './chips.ts';
import { matchFiles, readSystem, type CommonFiles, type ScoredRow, type SystemFiles } from './comparedFiles.ts';
import { costsOf, NO_COSTS } from './costs.ts';
import { ErrorTallies } from './errorTally.ts';
import { foldersOf, GroupNumbers, speakersOf } from './groups.ts';
import { headlineOf } from './headline.ts';
import { VocabularyTally } from './vocabulary.ts';

/** References looked at for their script; a whole night need not be read for that. */
const HEADLINE_SAMPLE = 200;

/** What one system did in one file. */
export interface ComparedCell {
  readonly isFailed: boolean;
  readonly counts: WordCounts;
  readonly errors: number;
  /** Numbers of its errors in the tallies, each kind once; none of a failed file. */
  readonly errorKinds: Uint32Array;
}

/** One file without its texts. */
export interface ComparedFile {
  readonly row: ComparisonRow;
  readonly folder: string;
  /** Path in lower case, for searching. */
  readonly searched: string;
  readonly cells: readonly ComparedCell[];
}

/** A comparison with everything its pages are made of. */
export interface BuiltComparison {
  readonly normalizer: NormalizerName;
  readonly comparison: Comparison;
  readonly files: readonly ComparedFile[];
  readonly tallies: ErrorTallies;
}

type ComparisonArgs = RouteArgs<'compare.open'>;

/**
 * Reads, aligns and tests. Every figure but `scoredWerRatio` is over the files all systems have, so that none looks better by having had the easier ones.
 * @throws RUN_NOT_FOUND, NOTHING_TO_COMPARE
 */
export function buildComparison(connection: Connection, args: ComparisonArgs): BuiltComparison {
  const systems = args.systems.map((system) => readSystem(connection, system));
  for (const { scored, withoutOutcome, run } of systems) {
    if (scored.length === 0 && withoutOutcome === 0)
      throw new NightshiftError('NOTHING_TO_COMPARE', { reason: 'noReferences', runId: run.id });
  }
  const normalizer = args.normalizer ?? systems[0]?.run.options.normalizer ?? 'none';
  const common = matchFiles(systems, normalizer);
  if (common.files.length === 0) throw new NightshiftError('NOTHING_TO_COMPARE', { reason: 'noCommonFiles' });
  return new Builder(connection, systems, common, normalizer, args.clusterBy === 'speaker').build();
}

interface SystemData {
  counts: WordCounts;
  characterEdits: number;
  characters: number;
  failedFiles: number;
  failedWords: number;
  readonly vocabulary: VocabularyTally;
}

class Builder {
  readonly #connection: Connection;
  readonly #systems: readonly SystemFiles[];
  readonly #common: CommonFiles;
  readonly #normalizer: NormalizerName;
  readonly #isClustered: boolean;
  readonly #wordsOf: (text: string) => string[];
  readonly #data: readonly SystemData[];
  readonly #tallies: ErrorTallies;
  readonly #pairs: PairComparisons;
  readonly #clusters = new GroupNumbers();
  readonly #files: ComparedFile[] = [];
  readonly #referenceWords: number[] = [];

  constructor(
    connection: Connection,
    systems: readonly SystemFiles[],
    common: CommonFiles,
    normalizer: NormalizerName,
    isClustered: boolean,
  ) {
    const { normalize } = normalizerOf(normalizer);
    this.#connection = connection;
    this.#systems = systems;
    this.#common = common;
    this.#normalizer = normalizer;
    this.#isClustered = isClustered;
    this.#wordsOf = (text) => splitWords(normalize(text));
    this.#tallies = new ErrorTallies(systems.length);
    this.#pairs = new PairComparisons(systems.length, isClustered);
    this.#data = systems.map(() => ({
      counts: NO_WORDS,
      characterEdits: 0,
      characters: 0,
      failedFiles: 0,
      failedWords: 0,
      vocabulary: new VocabularyTally(),
    }));
  }

  build(): BuiltComparison {
    for (const rows of this.#common.files) this.#addFile(rows);
    return { normalizer: this.#normalizer, comparison: this.#comparison(), files: this.#files, tallies: this.#tallies };
  }

  #addFile(rows: readonly ScoredRow[]): void {
    const [first] = rows;
    if (first === undefined) return;
    const { fileId } = first;
    const reference = this.#wordsOf(first.reference);
    const speaker = speakerOf(fileId);
    const cluster = this.#clusters.numberOf(speaker);
    const scored = rows.map(({ answer }) => {
      const hypothesis = this.#wordsOf(answer ?? '');
      return { hypothesis, ...alignWords(reference, hypothesis) };
    });
    const cells = rows.map(({ answer }, system) => {
      const { hypothesis = [], counts = NO_WORDS, steps = [] } = scored[system] ?? {};
      const errors = editsOf(counts);
      const isFailed = answer === null;
      const data = this.#data[system];
      if (data !== undefined) {
        const { characters } = measureWords(reference, hypothesis);
        data.counts = addCounts(data.counts, counts);
        data.characterEdits += characters.edits;
        data.characters += characters.referenceLength;
        data.vocabulary.add(steps);
        if (isFailed) {
          data.failedFiles++;
          data.failedWords += counts.referenceWords;
        }
      }
      return { isFailed, counts, errors, errorKinds: isFailed ? new Uint32Array() : this.#tallies.add(system, steps) };
    });
    this.#pairs.addFile(scored, cluster);
    this.#referenceWords.push(reference.length);
    this.#files.push({
      row: rowOf(rows, fileId, speaker, reference.length, cells),
      folder: topFolderOf(fileId),
      searched: fileId.toLowerCase(),
      cells,
    });
  }

  #comparison(): Comparison {
    const pacings = new Set(this.#systems.map(({ run }) => run.options.pacing));
    const pacing = pacings.size > 1 ? 'mixed' : (this.#systems[0]?.run.options.pacing ?? 'asFast');
    const speakers = speakersOf(this.#files, this.#systems.length);
    const intervals = this.#pairs.werIntervals();
    const pairs = this.#pairs.finish().map(({ pairs: _files, referenceWords: _words, werA: _a, werB: _b, ...pair }) => pair);
    return {
      normalizer: this.#normalizer,
      normalizerLabel: normalizerLabel(this.#normalizer),
      clusterBy: this.#isClustered ? 'speaker' : 'none',
      headlineRate: this.#headlineRate(),
      files: this.#files.length,
      referenceWords: this.#referenceWords.reduce((sum, words) => sum + words, 0),
      audioSec: this.#common.files.reduce((sum, [row]) => sum + (row?.decodedSec ?? row?.announcedSec ?? 0), 0),
      pacing,
      replicates: replicatesFor(this.#files.length),
      systems: this.#systems.map((system, place) => this.#system(system, place, intervals[place] ?? null, pacing === 'mixed', speakers)),
      pairs,
      headline: headlineOf(pairs),
      speakers: speakers.map(({ name, files, referenceWords }) => ({ name, files, referenceWords })),
      folders: foldersOf(this.#files, this.#systems.length),
      chips: chipsOf(this.#files, this.#systems.length),
      topErrors: this.#tallies.top(),
      warnings: this.#warnings(pacing === 'mixed'),
    };
  }

  #system(
    { system, run, startedAtMs, endedAtMs, files, scored }: SystemFiles,
    place: number,
    interval: Interval | null,
    isMixed: boolean,
    speakers: ReturnType<typeof speakersOf>,
  ): Comparison['systems'][number] {
    const data = this.#data[place];
    const systemFiles = this.#systems[place];
    if (data === undefined || systemFiles === undefined)
      throw new NightshiftError('INVARIANT_BROKEN', { detail: `no figures of system ${place}` });
    const { counts, characters, characterEdits, failedFiles, failedWords, vocabulary } = data;
    const rows = this.#common.files.flatMap((row) => row[place] ?? []);
    return {
      ...system,
      runName: run.name,
      runStatus: run.status,
      modelName: run.modelName,
      language: run.options.language,
      runNormalizer: storedNormalizerOf(run),
      pacing: run.options.pacing,
      startedAtMs,
      endedAtMs,
      files,
      scoredFiles: scored.length,
      scoredWerRatio: scored.length === rows.length ? werRatio(counts) : this.#werOf(scored),
      failedFiles,
      failedWords,
      counts,
      werRatio: werRatio(counts),
      werInterval: interval === null ? null : [interval[0], interval[1]],
      cerRatio: characters === 0 ? null : characterEdits / characters,
      vocabulary: vocabulary.finish(),
      speakerWerRatios: speakers.map(({ werRatios }) => werRatios[place] ?? null),
      costs: isMixed ? NO_COSTS : costsOf(this.#connection, systemFiles, rows),
    };
  }

  #werOf(rows: readonly ScoredRow[]): number | null {
    let counts = NO_WORDS;
    for (const { reference, answer } of rows) {
      counts = addCounts(counts, alignWords(this.#wordsOf(reference), this.#wordsOf(answer ?? '')).counts);
    }
    return werRatio(counts);
  }

  #headlineRate(): 'wer' | 'cer' {
    const language = this.#systems[0]?.run.options.language ?? null;
    if (language !== null) return headlineOfLanguage(language);
    return headlineOfTexts(this.#common.files.slice(0, HEADLINE_SAMPLE).map(([row]) => row?.reference ?? ''));
  }

  #warnings(isMixed: boolean): Comparison['warnings'] {
    const warnings: Comparison['warnings'] = [];
    const files = this.#files.length;
    const told = new Set<number>();
    for (const [system, { run, scored, withoutReference, withoutOutcome }] of this.#systems.entries()) {
      const notCommon = scored.length - files - this.#common.differentReferences;
      if (notCommon > 0) warnings.push({ code: 'filesNotCommon', system, files: notCommon });
      // The modes of one run have the same inputs: told once.
      if (withoutReference > 0 && !told.has(run.id)) warnings.push({ code: 'withoutReference', system, files: withoutReference });
      if (!isScoredAsNow(run) && !told.has(run.id)) warnings.push({ code: 'olderNormalizer', system, files: null });
      told.add(run.id);
      if (withoutOutcome > 0) warnings.push({ code: 'withoutOutcome', system, files: withoutOutcome });
    }
    const { differentReferences } = this.#common;
    if (differentReferences > 0) warnings.push({ code: 'differentReferences', system: null, files: differentReferences });
    const differ = (pick: (system: SystemFiles) => string | null): boolean => new Set(this.#systems.map(pick)).size > 1;
    if (differ(({ run }) => run.modelName)) warnings.push({ code: 'differentModels', system: null, files: null });
    if (differ(({ run }) => run.options.language)) warnings.push({ code: 'differentLanguages', system: null, files: null });
    if (isMixed) warnings.push({ code: 'mixedPacing', system: null, files: null });
    return warnings;
  }
}

function rowOf(
  rows: readonly ScoredRow[],
  fileId: string,
  speaker: string | null,
  referenceWords: number,
  cells: readonly ComparedCell[],
): ComparisonRow {
  const errors = cells.map((cell) => cell.errors);
  return {
    key: rows[0]?.itemId ?? 0,
    itemIds: rows.map(({ itemId }) => itemId),
    fileId,
    speaker,
    referenceWords,
    systems: cells.map((cell) => ({ status: cell.isFailed ? 'failed' : 'done', errors: cell.errors, werRatio: werRatio(cell.counts) })),
    difference: referenceWords === 0 ? null : (Math.max(...errors) - Math.min(...errors)) / referenceWords,
  };
}
