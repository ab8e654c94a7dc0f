import type { NightshiftClient } from '#shared/contract/client.ts';
import type { ComparedSystem, ComparisonRow } from '#shared/contract/compare.ts';
import { inModeOrder, type Mode } from '#shared/domain/mode.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { verdictOf } from '#main/core/reports/modeComparison.ts';
import { holmAdjusted } from '#main/core/statistics/holm.ts';
import type { CompareRunsCommand } from './compareFlags.ts';
import { pairLines, pairObject, warningLine, type ComparedPair } from './compareRunsReport.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';

const ROWS_IN_PAGE = 200;

/**
 * `compare` with runs: one run's modes with each other, named modes with each other, or two runs mode by mode.
 * @returns 0 whatever the difference is
 */
export async function runCompareRuns(context: CliContext, command: CompareRunsCommand): Promise<number> {
  const { output } = context;
  const opened = await context.open();
  try {
    const { client } = opened;
    const pairs: ComparedPair[] = [];
    for (const systems of await groupsOf(client, command)) {
      const question = {
        systems,
        normalizer: command.normalizer,
        clusterBy: command.isClustered ? ('speaker' as const) : ('none' as const),
      };
      const comparison = await client.request('compare.open', question);
      for (const warning of comparison.warnings) output.notice(warningLine(warning, comparison));
      const rows = await disagreements(client, question);
      for (const pair of comparison.pairs) pairs.push({ comparison, pair, rows });
    }
    for (const pair of withHolm(pairs)) {
      output.json(pairObject(pair, command.top));
      for (const line of pairLines(pair, { top: command.top, isOneOfMany: pairs.length > 1 })) output.line(line);
    }
    return EXIT.done;
  } finally {
    await opened.close();
  }
}

/** Systems that are compared with each other; of two runs without modes one group for each mode that both have. */
async function groupsOf(client: NightshiftClient, { runs, modes }: CompareRunsCommand): Promise<ComparedSystem[][]> {
  const known = new Map<number, readonly Mode[]>();
  for (const { runId } of runs) {
    known.set(runId, inModeOrder((await client.request('runs.get', { runId })).modes.map(({ mode }) => mode)));
  }
  const modesOf = (runId: number): readonly Mode[] => known.get(runId) ?? [];
  const [first, second] = runs;
  if (first === undefined) return [];
  if (second === undefined) {
    const wanted = modes.length > 0 ? modes : modesOf(first.runId);
    if (wanted.length < 2 || first.mode !== null)
      throw new NightshiftError('NOTHING_TO_COMPARE', { reason: 'oneMode', runId: first.runId });
    return [wanted.map((mode) => ({ runId: first.runId, mode }))];
  }
  // `12:chunked 15` means the same mode of both.
  const named = runs.find(({ mode }) => mode !== null)?.mode ?? null;
  if (named !== null) return [runs.map(({ runId, mode }) => ({ runId, mode: mode ?? named }))];
  const common = modesOf(first.runId).filter((mode) => runs.every(({ runId }) => modesOf(runId).includes(mode)));
  if (common.length === 0) throw new NightshiftError('NOTHING_TO_COMPARE', { reason: 'noCommonModes' });
  return common.map((mode) => runs.map(({ runId }) => ({ runId, mode })));
}

/** Every file in which not all systems have the same number of errors. */
async function disagreements(
  client: NightshiftClient,
  question: {
    readonly systems: ComparedSystem[];
    readonly normalizer: CompareRunsCommand['normalizer'];
    readonly clusterBy: 'none' | 'speaker';
  },
): Promise<ComparisonRow[]> {
  const rows: ComparisonRow[] = [];
  for (;;) {
    const page = await client.request('compare.items', {
      ...question,
      filter: 'disagreement',
      sort: 'path',
      offset: rows.length,
      limit: ROWS_IN_PAGE,
    });
    rows.push(...page.rows);
    if (page.rows.length === 0 || rows.length >= page.total) return rows;
  }
}

/** One command, one family of tests: p is corrected over all pairs of it, and decides with the interval what may be claimed. */
function withHolm(pairs: readonly ComparedPair[]): ComparedPair[] {
  const adjusted = holmAdjusted(pairs.flatMap(({ pair }) => pair.p ?? []));
  return pairs.map(({ comparison, pair, rows }) => {
    const pHolm = pair.p === null ? null : (adjusted.shift() ?? null);
    return { comparison, rows, pair: { ...pair, pHolm, verdict: verdictOf(pair, pHolm) } };
  });
}
