import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RouteArgs, RouteOutput } from '#shared/contract/routes.ts';
import { addCounts, NO_WORDS, normalizerLabel, werRatio, type NormalizerName, type WordCounts } from '#shared/domain/scores.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Connection } from '#main/core/persistence/connection.ts';
import { compareReads, type ComparedRun } from '#main/core/persistence/operations/compare.ts';
import { LEAST_PAIRS } from '#main/core/scoring/compareSystems.ts';
import { editsOf } from '#main/core/scoring/metrics.ts';
import { scorePair } from '#main/core/scoring/score.ts';
import { BOOTSTRAP_SEED, bootstrapWer } from '#main/core/statistics/bootstrap.ts';
import { storedNormalizerOf } from '#main/core/reports/storedNormalizer.ts';
import { readRun, readSystem, type ScoredRow } from './comparedFiles.ts';

type Trend = RouteOutput<'compare.trend'>;
type TrendPoint = Trend['points'][number];

const MAX_POINTS = 50;
/** Candidates looked at for enough overlap. */
const MAX_CANDIDATES = 500;
/** Below this share of common files a rate says more about the files than about the run. */
const MIN_OVERLAP = 0.9;
/** A picture of many intervals; each is as wide with ten times the draws. */
const TREND_REPLICATES = 1_000;

/** Points that were computed, by run, version and what they are compared with; runs that are over never change. */
export type TrendCache = Map<string, TrendPoint>;
const MAX_CACHED_POINTS = 1_000;

/** Lets other questions in between two runs, because a year of nights takes seconds. @throws RUN_NOT_FOUND, NOTHING_TO_COMPARE */
export async function trendOf(
  connection: Connection,
  { runId, normalizer: asked }: RouteArgs<'compare.trend'>,
  cache: TrendCache,
): Promise<Trend> {
  const run = readRun(connection, runId);
  const normalizer = asked ?? run.options.normalizer;
  const wanted = wantedOf(compareReads.referencedFiles(connection, { runId }));
  const files = wanted.contents.size;
  if (files === 0) throw new NightshiftError('NOTHING_TO_COMPARE', { reason: 'noReferences', runId });
  const candidates = compareReads
    .runsOverSameData(connection, { runId, count: MAX_CANDIDATES })
    .filter(({ commonFiles }) => commonFiles >= MIN_OVERLAP * files)
    .slice(0, MAX_POINTS);
  const points: TrendPoint[] = [];
  for (const candidate of candidates) {
    const version = compareReads.comparedVersion(connection, { runId: candidate.runId });
    const key = JSON.stringify([runId, normalizer, candidate.runId, version]);
    const point = cache.get(key) ?? pointOf(connection, readRun(connection, candidate.runId), candidate.commonFiles, wanted, normalizer);
    if (cache.size >= MAX_CACHED_POINTS) cache.clear();
    cache.set(key, point);
    points.push(point);
    await nextTurn();
  }
  const startOf = ({ startedAtMs }: TrendPoint): number => startedAtMs ?? Infinity;
  return {
    normalizer,
    normalizerLabel: normalizerLabel(normalizer),
    files,
    points: points.toSorted((left, right) => startOf(left) - startOf(right) || left.runId - right.runId),
  };
}

interface WantedFiles {
  /** Content and reference. */
  readonly contents: ReadonlySet<string>;
  /** Path and reference, of all files and of those that could not be read, whose content is therefore not known. */
  readonly paths: ReadonlySet<string>;
  readonly unreadPaths: ReadonlySet<string>;
}

type Referenced = Pick<ScoredRow, 'fileId' | 'sha256' | 'reference'>;

function wantedOf(files: readonly Referenced[]): WantedFiles {
  return {
    contents: new Set(files.flatMap(({ sha256, reference }) => (sha256 === null ? [] : [keyOf(sha256, reference)]))),
    paths: new Set(files.map(({ fileId, reference }) => keyOf(fileId, reference))),
    unreadPaths: new Set(files.flatMap(({ fileId, sha256, reference }) => (sha256 === null ? [keyOf(fileId, reference)] : []))),
  };
}

/** By content; by path where either side could not be read, because a failed file must not drop out of a rate. */
function isWanted({ contents, paths, unreadPaths }: WantedFiles, { fileId, sha256, reference }: Referenced): boolean {
  if (sha256 === null) return paths.has(keyOf(fileId, reference));
  return contents.has(keyOf(sha256, reference)) || unreadPaths.has(keyOf(fileId, reference));
}

/** Neither a hash nor a path has a NUL. */
function keyOf(file: string, reference: string): string {
  return `${file}\0${reference}`;
}

function pointOf(
  connection: Connection,
  run: ComparedRun,
  commonFiles: number,
  wanted: WantedFiles,
  normalizer: NormalizerName,
): TrendPoint {
  const modes = run.modes.flatMap(({ mode }) => {
    const { scored } = readSystem(connection, { runId: run.id, mode });
    // Of equal files one counts, as in the other runs.
    const rows = new Map(scored.filter((row) => isWanted(wanted, row)).map((row) => [keyOf(row.sha256 ?? row.fileId, row.reference), row]));
    return rows.size < MIN_OVERLAP * wanted.contents.size ? [] : [{ mode, ...figuresOf([...rows.values()], normalizer) }];
  });
  return {
    runId: run.id,
    runName: run.name,
    runStatus: run.status,
    modelName: run.modelName,
    runNormalizer: storedNormalizerOf(run),
    pacing: run.options.pacing,
    startedAtMs: run.startedAtMs,
    commonFiles,
    overlapRatio: commonFiles / wanted.contents.size,
    modes,
  };
}

function figuresOf(rows: readonly ScoredRow[], normalizer: NormalizerName): Omit<TrendPoint['modes'][number], 'mode'> {
  const counts = rows.map(({ reference, answer }) => scorePair(reference, answer, normalizer).counts);
  const pooled = counts.reduce((sum: WordCounts, one) => addCounts(sum, one), NO_WORDS);
  const interval =
    rows.length < LEAST_PAIRS
      ? null
      : bootstrapWer({
          referenceWords: counts.map(({ referenceWords }) => referenceWords),
          errors: counts.map(editsOf),
          clusters: null,
          replicates: TREND_REPLICATES,
          seed: BOOTSTRAP_SEED,
        });
  return {
    files: rows.length,
    failedFiles: rows.filter(({ answer }) => answer === null).length,
    counts: pooled,
    werRatio: werRatio(pooled),
    werInterval: interval === null ? null : [interval[0], interval[1]],
  };
}
