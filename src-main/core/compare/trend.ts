import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RouteArgs, RouteOutput } from '#shared/contract/routes.ts';
import { addCounts, NO_WORDS, normalizerLabel, werRatio, type NormalizerName, type WordCounts } from '#shared/domain/scores.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Connection } from '#main/core/persistence/connection.ts';
import { compareReads, type ComparedRun } from '#main/core/persistence/operations/compare.ts';
import { LEAST_PAIRS } from '#main/core/scoring/compareSystems.ts';
import { editsOf } from '#main/core/scoring/metrics.ts';
import { scorePair } from '#main/core/scoring/score.ts';
import { bootstrapWer } from '#main/core/statistics/bootstrap.ts';
import { BOOTSTRAP_SEED } from '#main/core/reports/modeComparison.ts';
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
  { runId, normalizer: wanted }: RouteArgs<'compare.trend'>,
  cache: TrendCache,
): Promise<Trend> {
  const run = readRun(connection, runId);
  const normalizer = wanted ?? run.options.normalizer;
  const wantedFiles = new Set(compareReads.referencedFiles(connection, { runId }).map(keyOf));
  if (wantedFiles.size === 0) throw new NightshiftError('NOTHING_TO_COMPARE', { reason: 'noReferences', runId });
  const candidates = compareReads
    .runsOverSameData(connection, { runId, count: MAX_CANDIDATES })
    .filter(({ commonFiles }) => commonFiles >= MIN_OVERLAP * wantedFiles.size)
    .slice(0, MAX_POINTS);
  const points: TrendPoint[] = [];
  for (const candidate of candidates) {
    const version = compareReads.comparedVersion(connection, { runId: candidate.runId });
    const key = JSON.stringify([runId, normalizer, candidate.runId, version]);
    const point =
      cache.get(key) ?? pointOf(connection, readRun(connection, candidate.runId), candidate.commonFiles, wantedFiles, normalizer);
    if (cache.size >= MAX_CACHED_POINTS) cache.clear();
    cache.set(key, point);
    points.push(point);
    await nextTurn();
  }
  const startOf = ({ startedAtMs }: TrendPoint): number => startedAtMs ?? Infinity;
  return {
    normalizer,
    normalizerLabel: normalizerLabel(normalizer),
    files: wantedFiles.size,
    points: points.toSorted((left, right) => startOf(left) - startOf(right) || left.runId - right.runId),
  };
}

/** Words hold no line break in a hash. */
function keyOf({ sha256, reference }: { readonly sha256: string; readonly reference: string }): string {
  return `${sha256}\n${reference}`;
}

function pointOf(
  connection: Connection,
  run: ComparedRun,
  commonFiles: number,
  wantedFiles: ReadonlySet<string>,
  normalizer: NormalizerName,
): TrendPoint {
  const modes = run.modes.flatMap(({ mode }) => {
    const { scored } = readSystem(connection, { runId: run.id, mode });
    const rows = scored.filter(({ sha256, reference }) => sha256 !== null && wantedFiles.has(keyOf({ sha256, reference })));
    return rows.length === 0 ? [] : [{ mode, ...figuresOf(rows, normalizer) }];
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
    overlapRatio: commonFiles / wantedFiles.size,
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
