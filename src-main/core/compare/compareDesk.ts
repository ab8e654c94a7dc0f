import type { RouteArgs, RouteOutput } from '#shared/contract/routes.ts';
import { assertNever } from '#shared/util/assertNever.ts';
import type { Connection } from '#main/core/persistence/connection.ts';
import { compareReads } from '#main/core/persistence/operations/compare.ts';
import { buildComparison, type BuiltComparison } from './buildComparison.ts';
import { comparedItem } from './comparedItem.ts';
import type { CompareQuestion, CompareRoute } from './compareMessages.ts';
import { comparisonPage } from './comparisonPage.ts';
import { trendOf, type TrendCache } from './trend.ts';

/** Comparisons kept, the one asked for last longest; each holds counts and no texts. */
const MAX_KEPT = 4;

type ComparisonArgs = RouteArgs<'compare.open'>;

interface Kept {
  readonly version: string;
  readonly built: BuiltComparison;
}

/**
 * Answers the questions about comparisons, in whatever thread it is called. `compare.open` says what is true now; the pages and files of a comparison are
 * those of what was opened last, so that a list does not change under the reader while a run goes on.
 */
export function createCompareDesk(connection: Connection): (question: CompareQuestion) => Promise<RouteOutput<CompareRoute>> {
  const kept = new Map<string, Kept>();
  const trends: TrendCache = new Map();

  const versionOf = ({ systems }: ComparisonArgs): string =>
    [...new Set(systems.map(({ runId }) => runId))].map((runId) => compareReads.comparedVersion(connection, { runId })).join();

  const find = (args: ComparisonArgs, isCurrent: boolean): BuiltComparison => {
    const { systems, normalizer, clusterBy } = args;
    const key = JSON.stringify([systems.map(({ runId, mode }) => [runId, mode]), normalizer, clusterBy]);
    const known = kept.get(key);
    kept.delete(key);
    const isUsable = known !== undefined && (!isCurrent || known.version === versionOf(args));
    const found = isUsable ? known : { version: versionOf(args), built: buildComparison(connection, args) };
    kept.set(key, found);
    const [oldest] = kept.keys();
    if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    return found.built;
  };

  return async (question) => {
    switch (question.route) {
      case 'compare.open':
        return find(question.args, true).comparison;
      case 'compare.items':
        return comparisonPage(find(question.args, false), question.args);
      case 'compare.item':
        return comparedItem(connection, find(question.args, false), question.args.systems, question.args.key);
      case 'compare.trend':
        return await trendOf(connection, question.args, trends);
      default:
        return assertNever(question);
    }
  };
}
