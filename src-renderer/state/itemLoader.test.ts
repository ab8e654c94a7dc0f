import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RouteInput, RouteOutput } from '#shared/contract/routes.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { buildRow, buildTask } from '../testing/builders.ts';
import { createScriptedClient } from '../testing/scriptedClient.ts';
import { RENEW_EVERY_MS, createItemLoader, type ItemLoader } from './itemLoader.ts';
import { PAGE_ROWS, rowAt } from './itemPages.ts';
import { createPanelStore } from './store.ts';

const TOTAL = PAGE_ROWS * 3;
const query = { runId: 1, filter: 'all', search: '' } as const;
type Answer = RouteOutput<'items.list'>;

/** A runtime with rows 1..TOTAL, all in the state that `status` says now. */
function start() {
  const world = { status: 'queued' as 'queued' | 'done', hold: null as Promise<void> | null, fails: false };
  const client = createScriptedClient({
    'items.list': async ({ afterId = 0 }: RouteInput<'items.list'>): Promise<Answer> => {
      const { status } = world;
      await world.hold;
      if (world.fails) throw new NightshiftError('CONNECTION_LOST');
      const count = Math.min(PAGE_ROWS, TOTAL - afterId);
      const items = Array.from({ length: count }, (_, index) => buildRow({ id: afterId + index + 1, tasks: [buildTask({ status })] }));
      return { items, total: TOTAL, counts: { all: TOTAL } as Answer['counts'] };
    },
  });
  const store = createPanelStore();
  const errors: (string | null)[] = [];
  const loader = createItemLoader(client, store, (error) => errors.push(error?.code ?? null));
  loaders.push(loader);
  const statusAt = (index: number): string | undefined => rowAt(store.getState().itemPages, index)?.tasks[0]?.status;
  return { world, client, store, loader, errors, statusAt };
}

const loaders: ItemLoader[] = [];
const answered = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  for (const loader of loaders.splice(0)) loader.close();
  vi.useRealTimers();
});

describe('the rows of the table', () => {
  it('loads what becomes visible, page after page', async () => {
    const { loader, client, statusAt } = start();
    loader.show(query, 0, 10);
    await answered();
    loader.show(query, PAGE_ROWS * 2, PAGE_ROWS * 2 + 10);
    await answered();
    expect(statusAt(PAGE_ROWS * 2)).toBe('queued');
    expect(client.asked.map(({ input }) => (input as { afterId: number }).afterId)).toEqual([0, PAGE_ROWS, PAGE_ROWS * 2]);
  });

  it.each([
    ['more rows changed than an event can name', (store: ReturnType<typeof createPanelStore>) => store.getState().changeItems(1, [], true)],
    ['the connection came back', (store: ReturnType<typeof createPanelStore>) => store.getState().invalidateItems()],
  ])('renews kept pages that are out of sight, too, after %s', async (_title, happen) => {
    const { loader, world, store, statusAt } = start();
    loader.show(query, 0, PAGE_ROWS + 10);
    await answered();
    expect(statusAt(PAGE_ROWS)).toBe('queued');
    loader.show(query, 0, 10);
    world.status = 'done';
    happen(store);
    await vi.advanceTimersByTimeAsync(RENEW_EVERY_MS);
    expect(statusAt(0)).toBe('done');
    expect(statusAt(PAGE_ROWS)).toBe('queued');
    loader.show(query, PAGE_ROWS, PAGE_ROWS + 10);
    await answered();
    expect(statusAt(PAGE_ROWS)).toBe('done');
  });

  it('asks again when rows changed while an answer was on its way', async () => {
    const { loader, world, store, statusAt } = start();
    const slow = Promise.withResolvers<void>();
    world.hold = slow.promise;
    loader.show(query, 0, 10);
    world.status = 'done';
    store.getState().changeItems(1, [], false);
    await vi.advanceTimersByTimeAsync(RENEW_EVERY_MS);
    world.hold = null;
    slow.resolve();
    await answered();
    expect(statusAt(0)).toBe('done');
  });

  it('opens another list although the answer for the first is still on its way', async () => {
    const { loader, world, store, client } = start();
    const slow = Promise.withResolvers<void>();
    world.hold = slow.promise;
    loader.show(query, 0, 10);
    const failed = { ...query, filter: 'failed' } as const;
    loader.show(failed, 0, 10);
    world.hold = null;
    slow.resolve();
    await answered();
    expect(store.getState().itemQuery).toBe(failed);
    expect(store.getState().itemPages.total).toBe(TOTAL);
    expect(client.asked).toHaveLength(2);
  });

  it('does not insist after an error and tries again after the next change', async () => {
    const { loader, world, store, errors, client, statusAt } = start();
    world.fails = true;
    loader.show(query, 0, 10);
    await answered();
    expect(errors.at(-1)).toBe('CONNECTION_LOST');
    expect(client.asked).toHaveLength(1);
    world.fails = false;
    store.getState().invalidateItems();
    await vi.advanceTimersByTimeAsync(RENEW_EVERY_MS);
    expect(errors.at(-1)).toBeNull();
    expect(statusAt(0)).toBe('queued');
  });

  it('asks at most once a second however often rows change', async () => {
    const { loader, store, client } = start();
    loader.show(query, 0, 10);
    await answered();
    for (let step = 0; step < 30; step += 1) {
      store.getState().changeItems(1, [], true);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(client.asked.length).toBeLessThanOrEqual(4);
  });
});
