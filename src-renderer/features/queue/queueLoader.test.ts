import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RouteInput } from '#shared/contract/routes.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { buildQueuedTask } from '../../testing/builders.ts';
import { createScriptedClient } from '../../testing/scriptedClient.ts';
import { NO_TASKS, PAGE_TASKS, RENEW_AFTER_MS, createQueueLoader, type QueueLoader } from './queueLoader.ts';

const TOTAL = PAGE_TASKS * 3 + 5;
const loaders: QueueLoader[] = [];
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  for (const loader of loaders.splice(0)) loader.close();
  vi.useRealTimers();
});

/** A queue of items 1..TOTAL, of which the first `started` have left. */
function start() {
  const world = { started: 0, fails: false };
  const client = createScriptedClient({
    'queue.tasks': ({ after, count = 200 }: RouteInput<'queue.tasks'>) => {
      if (world.fails) throw new NightshiftError('CONNECTION_LOST');
      const from = after == null ? world.started : Number(after);
      const tasks = Array.from({ length: Math.min(count, TOTAL - from) }, (_, index) => buildQueuedTask({ itemId: from + index + 1 }));
      return { tasks, total: TOTAL - world.started, next: from + count < TOTAL ? String(from + count) : null };
    },
  });
  const shown = { list: NO_TASKS, lengths: [] as number[] };
  const onList = (list: typeof NO_TASKS): void => {
    shown.list = list;
    shown.lengths.push(list.tasks.length);
  };
  const loader = createQueueLoader(client, { runId: 1, mode: 'streaming' }, onList, () => performance.now());
  loaders.push(loader);
  return { world, client, shown, loader };
}
const answered = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe('the queued files', () => {
  it('come page after page as far as they are wanted', async () => {
    const { shown, loader, client } = start();
    await answered();
    expect(shown.list).toMatchObject({ total: TOTAL, isLoaded: true, error: null });
    expect(shown.list.tasks).toHaveLength(PAGE_TASKS);
    loader.want(TOTAL - 1);
    await answered();
    expect(shown.list.tasks.map(({ itemId }) => itemId)).toEqual(Array.from({ length: TOTAL }, (_, index) => index + 1));
    expect(client.asked).toHaveLength(4);
  });

  it('are replaced at once by a renewal, without becoming shorter in between', async () => {
    const { shown, loader, world } = start();
    loader.want(PAGE_TASKS * 2);
    await answered();
    world.started = 3;
    shown.lengths.length = 0;
    loader.renew(true);
    await answered();
    expect(shown.lengths).toEqual([PAGE_TASKS * 3]);
    expect(shown.list.tasks[0]?.itemId).toBe(4);
    expect(shown.list.total).toBe(TOTAL - 3);
  });

  it('are read at most once in a while however often they change', async () => {
    const { loader, client } = start();
    await answered();
    for (let step = 0; step < 40; step += 1) {
      loader.renew(false);
      await vi.advanceTimersByTimeAsync(RENEW_AFTER_MS / 10);
    }
    expect(client.asked.length).toBeLessThanOrEqual(6);
  });

  it('stay visible after an error, and come again after the next change', async () => {
    const { shown, loader, world } = start();
    await answered();
    world.fails = true;
    loader.renew(true);
    await answered();
    expect(shown.list.error?.code).toBe('CONNECTION_LOST');
    expect(shown.list.tasks).toHaveLength(PAGE_TASKS);
    world.fails = false;
    loader.renew(true);
    await answered();
    expect(shown.list.error).toBeNull();
  });
});
