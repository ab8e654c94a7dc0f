import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RescoredItem, RescoredMode, Rescoring, RunRescorings } from '#shared/contract/rescoring.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { inModeOrder, type Mode } from '#shared/domain/mode.ts';
import type { RunStatus } from '#shared/domain/run.ts';
import {
  isCurrentNormalizer,
  NORMALIZER_VERSIONS,
  normalizerLabel,
  werRatio,
  type NormalizerName,
  type WordCounts,
} from '#shared/domain/scores.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { EventBus } from '#main/core/events.ts';
import type { Database } from '#main/core/persistence/database.ts';
import type { RescoredCounts, RescoringTotals, StoredRescoring } from '#main/core/persistence/operations/rescorings.ts';
import type { Clock, Logger } from '#main/core/ports.ts';
import type { PairMetrics } from '#main/core/scoring/metrics.ts';
import type { ResultsInput, ResultsRow } from '#main/core/results/resultsDocument.ts';
import type { Scorer } from '#main/core/scoring/scorer.ts';

/** Pairs copied from thread to thread at once: about 2 ms of the owner's time, measured with 20 words a side. */
const PAIRS_IN_PAGE = 250;
/** Characters of a page; more only where a single pair is longer. */
const PAGE_LENGTH = 500_000;
const ROWS_CLEARED_AT_ONCE = 5_000;
/** Rows of counts copied from thread to thread at once: about 2 ms of the owner's time (measured). */
const COUNTS_IN_PAGE = 1_000;

/** Statuses in which no outcome is on its way. */
const SETTLED: ReadonlySet<RunStatus> = new Set(['paused', 'finished', 'stopped', 'interrupted', 'failed']);

export interface RescoringServiceDeps {
  readonly database: Database;
  readonly scorer: Scorer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventBus;
  /** @throws RUN_NOT_FOUND */
  getRun(runId: number): Promise<RunSummary>;
}

export interface MadeRescoring {
  readonly rescoring: Rescoring;
  readonly original: Rescoring;
  readonly isNew: boolean;
}

/** Figures of runs under other normalisers than their own, beside their own. */
export interface RescoringService {
  /**
   * The stored one where outcomes and rules are still the same, else a new one. They are made one after the other.
   * @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT, NOTHING_TO_SCORE
   */
  create(runId: number, normalizer: NormalizerName): Promise<MadeRescoring>;
  /** @throws RUN_NOT_FOUND */
  list(runId: number): Promise<RunRescorings>;
  /** What results.json is made of, under the normaliser. @throws as `create` */
  rescoredResults(results: ResultsInput, runId: number, normalizer: NormalizerName): Promise<ResultsInput>;
  items(page: { rescoringId: number; afterTaskId: number; count: number; onlyChanged: boolean }): Promise<RescoredItem[]>;
}

export function createRescoringService(deps: RescoringServiceDeps): RescoringService {
  const { database, scorer, clock, logger, events } = deps;
  let last: Promise<unknown> = Promise.resolve();

  /** Those who come later wait: what is unfinished and not theirs was left by an interruption. */
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return await mine;
  };

  const clearUnfinished = async (): Promise<void> => {
    while (await database.write('clearUnfinishedRescorings', { count: ROWS_CLEARED_AT_ONCE }));
  };

  const basisOf = async ({ id: runId, status }: RunSummary): Promise<string> => {
    if (!SETTLED.has(status)) throw new NightshiftError('RUN_STATE_CONFLICT', { runId, status, wanted: 'rescore' });
    const basis = await database.read('rescoringBasis', { runId });
    if (basis === null) throw new NightshiftError('NOTHING_TO_SCORE', { runId });
    return basis;
  };

  const findCurrent = async (runId: number, normalizer: NormalizerName, basis: string): Promise<StoredRescoring | null> => {
    const stored = await database.read('runRescorings', { runId });
    return stored.find((candidate) => isNow(candidate, normalizer) && candidate.basis === basis) ?? null;
  };

  const make = async (run: RunSummary, normalizer: NormalizerName, basis: string): Promise<void> => {
    const runId = run.id;
    const normalizerVersion = NORMALIZER_VERSIONS[normalizer];
    const rescoringId = await database.write('beginRescoring', { runId, normalizer, normalizerVersion, basis, nowMs: clock.nowMs() });
    for (const mode of run.options.modes) {
      for (let afterTaskId = 0; ;) {
        const page = await database.read('rescoringPairs', { runId, mode, afterTaskId, count: PAIRS_IN_PAGE, maxLength: PAGE_LENGTH });
        const lastPair = page.at(-1);
        if (lastPair === undefined) break;
        const metrics = await scorer.measureMany({ pairs: page, normalizer });
        const entries = page.flatMap(({ taskId }, index) => {
          const measured = metrics[index];
          return measured === undefined ? [] : [{ taskId, ...toCounts(measured) }];
        });
        if (!(await database.write('addRescoredCounts', { rescoringId, entries }))) throw new NightshiftError('RUN_NOT_FOUND', { runId });
        afterTaskId = lastPair.taskId;
      }
    }
    // Somebody may have taken the run up again meanwhile: figures of two states of it are nobody's.
    if ((await basisOf(await deps.getRun(runId))) !== basis) throw new NightshiftError('RUN_STATE_CONFLICT', { runId, wanted: 'rescore' });
    const totals = await database.read('rescoringTotals', { rescoringId });
    if (!(await database.write('finishRescoring', { rescoringId, totals, nowMs: clock.nowMs() }))) {
      throw new NightshiftError('RUN_NOT_FOUND', { runId });
    }
  };

  const listOf = async (run: RunSummary, basis: string | null): Promise<RunRescorings> => {
    const runId = run.id;
    const stored = await database.read('runRescorings', { runId });
    // Its own rule applied again gives the run's own figures, and with them the characters that were not counted while it ran.
    const again = stored.find((candidate) => isAgain(candidate, run, basis)) ?? null;
    const others = stored.filter((candidate) => candidate !== again && !isOldAgain(candidate, run, basis));
    const scored = await database.read('ownScoredCounts', { runId });
    return { runId, rescorings: [originalOf(run, scored, again), ...others.map((row) => toRescoring(row, run, row.basis === basis))] };
  };

  const create = async (runId: number, normalizer: NormalizerName): Promise<MadeRescoring> => {
    const run = await deps.getRun(runId);
    const basis = await basisOf(run);
    let isNew = false;
    // Its own rule as well, for the characters that were not counted while it ran.
    for (const name of new Set(run.options.calculateWer ? [run.options.normalizer, normalizer] : [normalizer])) {
      if ((await findCurrent(runId, name, basis)) !== null) continue;
      await clearUnfinished();
      await make(run, name, basis);
      if (name === normalizer) isNew = true;
    }
    const all = await listOf(run, basis);
    if (isNew) {
      logger.info('a run was rescored', { runId, normalizer: normalizerLabel(normalizer) });
      events.emit('rescorings.changed', all);
      // What a new one took the place of.
      await clearUnfinished();
    }
    const [original] = all.rescorings;
    const version = NORMALIZER_VERSIONS[normalizer];
    const rescoring = all.rescorings.findLast(
      (candidate) => candidate.normalizer === normalizer && candidate.normalizerVersion === version,
    );
    if (original === undefined || rescoring === undefined)
      throw new NightshiftError('INVARIANT_BROKEN', { detail: 'a rescoring is not there' });
    return { rescoring, original, isNew };
  };

  const rescoredResults = async (results: ResultsInput, runId: number, normalizer: NormalizerName): Promise<ResultsInput> => {
    const { id } = (await inTurn(() => create(runId, normalizer))).rescoring;
    if (id === null) return results;
    const counts = new Map<Mode, Map<string, WordCounts>>(results.modes.map(({ mode }) => [mode, new Map()]));
    for (let afterTaskId = 0; ;) {
      const page = await database.read('rescoredCounts', { rescoringId: id, afterTaskId, count: COUNTS_IN_PAGE });
      const last = page.at(-1);
      if (last === undefined) break;
      afterTaskId = last.taskId;
      for (const entry of page) counts.get(entry.mode)?.set(entry.fileId, entry.counts);
    }
    const modes: ResultsInput['modes'][number][] = [];
    for (const { rows, ...mode } of results.modes) {
      const byFile = counts.get(mode.mode);
      const rescored: ResultsRow[] = [];
      for (const row of rows) {
        rescored.push({ ...row, counts: byFile?.get(row.fileId) ?? null });
        if (rescored.length % COUNTS_IN_PAGE === 0) await nextTurn();
      }
      modes.push({ ...mode, rows: rescored });
    }
    return { ...results, modes, normalizer, normalizerVersion: NORMALIZER_VERSIONS[normalizer], calculateWer: true };
  };

  return {
    create: (runId, normalizer) => inTurn(() => create(runId, normalizer)),
    list: async (runId) => await listOf(await deps.getRun(runId), await database.read('rescoringBasis', { runId })),
    rescoredResults,
    items: (page) => database.read('rescoredItems', page),
  };
}

function isNow({ normalizer, normalizerVersion }: StoredRescoring, wanted: NormalizerName): boolean {
  return normalizer === wanted && normalizerVersion === NORMALIZER_VERSIONS[wanted];
}

/** Made with the run's own rule, from its present outcomes, and to the same counts. */
function isAgain(stored: StoredRescoring, run: RunSummary, basis: string | null): boolean {
  return (
    isNow(stored, run.options.normalizer) &&
    stored.normalizerVersion === run.normalizerVersion &&
    stored.basis === basis &&
    stored.modes.every(({ totals }) => totals.changed === 0 && totals.comparable === totals.scored)
  );
}

/** The same from outcomes that the run has left behind; the run's own figures are newer. */
function isOldAgain(stored: StoredRescoring, run: RunSummary, basis: string | null): boolean {
  const isOwnRule = isNow(stored, run.options.normalizer) && stored.normalizerVersion === run.normalizerVersion;
  return run.options.calculateWer && isOwnRule && stored.basis !== basis;
}

function toCounts({ words, characters, charactersNoSpaces }: PairMetrics): RescoredCounts {
  return {
    ...words,
    characterEdits: characters.edits,
    referenceCharacters: characters.referenceLength,
    characterEditsNoSpaces: charactersNoSpaces.edits,
    referenceCharactersNoSpaces: charactersNoSpaces.referenceLength,
  };
}

function originalOf(run: RunSummary, scored: readonly { mode: Mode; scored: number }[], again: StoredRescoring | null): Rescoring {
  const { normalizer } = run.options;
  const normalizerVersion = run.normalizerVersion ?? NORMALIZER_VERSIONS[normalizer];
  const modes = inModeOrder(run.options.modes).map((mode): RescoredMode => {
    const totals = again?.modes.find((candidate) => candidate.mode === mode)?.totals;
    const progress = run.modes.find((candidate) => candidate.mode === mode);
    return {
      mode,
      scored: scored.find((candidate) => candidate.mode === mode)?.scored ?? 0,
      counts: progress?.counts ?? null,
      werRatio: progress?.werRatio ?? null,
      ...characterRates(totals),
      changed: null,
    };
  });
  return {
    id: null,
    normalizer,
    normalizerVersion,
    normalizerLabel: normalizerLabel(normalizer, normalizerVersion),
    scoredAtMs: run.endedAtMs,
    isCurrent: isCurrentNormalizer(normalizer, normalizerVersion),
    modes,
  };
}

function toRescoring(stored: StoredRescoring, run: RunSummary, isOfNow: boolean): Rescoring {
  const { id, normalizer, normalizerVersion, finishedAtMs } = stored;
  return {
    id,
    normalizer,
    normalizerVersion,
    normalizerLabel: normalizerLabel(normalizer, normalizerVersion),
    scoredAtMs: finishedAtMs,
    isCurrent: isOfNow && isCurrentNormalizer(normalizer, normalizerVersion),
    modes: inModeOrder(run.options.modes).map((mode) => toMode(mode, stored.modes.find((candidate) => candidate.mode === mode)?.totals)),
  };
}

function toMode(mode: Mode, totals: RescoringTotals | undefined): RescoredMode {
  if (totals === undefined) return { mode, scored: 0, counts: null, werRatio: null, ...characterRates(totals), changed: null };
  const { scored, substitutions, deletions, insertions, hits, referenceWords, comparable, changed } = totals;
  const counts = { substitutions, deletions, insertions, hits, referenceWords };
  return { mode, scored, counts, werRatio: werRatio(counts), ...characterRates(totals), changed: comparable === 0 ? null : changed };
}

function characterRates(totals: RescoringTotals | undefined): Pick<RescoredMode, 'cerRatio' | 'cerNoSpacesRatio'> {
  const rate = (edits: number, length: number): number | null => (length === 0 ? null : edits / length);
  if (totals === undefined) return { cerRatio: null, cerNoSpacesRatio: null };
  return {
    cerRatio: rate(totals.characterEdits, totals.referenceCharacters),
    cerNoSpacesRatio: rate(totals.characterEditsNoSpaces, totals.referenceCharactersNoSpaces),
  };
}
