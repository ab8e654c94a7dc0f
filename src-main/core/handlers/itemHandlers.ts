import type { ItemDetail, itemRoutes } from '#shared/contract/items.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import { werRatio } from '#shared/domain/scores.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Database } from '../persistence/database.ts';
import type { StoredItemDetail } from '../persistence/operations/items.ts';
import type { RunController } from '../scheduler/runController.ts';
import type { Scorer } from '../scoring/scorer.ts';

export function itemHandlers(deps: { database: Database; scorer: Scorer; runs: RunController }): Handlers<keyof typeof itemRoutes> {
  const { database, scorer, runs } = deps;

  async function withAlignments(stored: StoredItemDetail): Promise<ItemDetail> {
    const { normalizer } = (await runs.get(stored.row.runId)).options;
    const results = stored.results.map(async (result) => {
      const base = { ...result, normalizer, counts: null, werRatio: null, alignment: [] };
      if (stored.reference === null) return base;
      const pair = { reference: stored.reference, hypothesis: result.hypothesis, normalizer };
      const [{ counts }, alignment] = await Promise.all([scorer.score(pair), scorer.align(pair)]);
      return { ...base, counts, werRatio: werRatio(counts), alignment };
    });
    return { ...stored, results: await Promise.all(results) };
  }

  return {
    'items.list': async (page) => {
      await runs.get(page.runId);
      return await database.read('listItems', page);
    },
    'items.get': async ({ itemId }) => {
      const stored = await database.read('itemDetail', { itemId });
      if (stored === null) throw new NightshiftError('ITEM_NOT_FOUND', { itemId });
      return await withAlignments(stored);
    },
  };
}
