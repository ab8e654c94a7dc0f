import type { QueuedTask } from '#shared/contract/queue.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import type { PanelClient } from '../../transport/panelClient.ts';

/** Tasks of one answer; the most that is answered at once. */
export const PAGE_TASKS = 1_000;

/** A changed list is read again after this time, ms, and after this many times as long as the last reading took: a deep list stays cheap. */
export const RENEW_AFTER_MS = 500;
const REST_PER_READ = 5;

/** The first part of a list in the order of the start, without gaps. */
export interface QueuedList {
  readonly tasks: readonly QueuedTask[];
  /** All that are queued; of `tasks.length` and more nothing is known yet. */
  readonly total: number;
  readonly isLoaded: boolean;
  readonly error: WireError | null;
}

export const NO_TASKS: QueuedList = { tasks: [], total: 0, isLoaded: false, error: null };

export interface QueueLoader {
  /** Rows up to this index are wanted. */
  want(lastIndex: number): void;
  /** Something changed: what is there stays visible until the new list is read as far as it is wanted. */
  renew(isUrgent: boolean): void;
  close(): void;
}

/**
 * Reads the queued tasks of a mode page after page, as far as they are wanted. Pages follow a cursor, so a changed list is read from its
 * beginning: rows move whenever one is placed elsewhere or starts.
 * @param now clock for the rest between two readings, ms
 */
export function createQueueLoader(
  client: PanelClient,
  { runId, mode }: { readonly runId: number; readonly mode: Mode },
  onList: (list: QueuedList) => void,
  now: () => number,
): QueueLoader {
  let list = NO_TASKS;
  let next: string | null = null;
  let wanted = 0;
  let isStale = true;
  let isBusy = false;
  let isClosed = false;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let restMs = RENEW_AFTER_MS;

  const show = (shown: QueuedList): void => {
    list = shown;
    if (!isClosed) onList(shown);
  };

  const isWanted = (known: number, following: string | null): boolean => following !== null && known <= wanted;

  const read = async (): Promise<void> => {
    if (isBusy || isClosed || (!isStale && (list.error !== null || !isWanted(list.tasks.length, next)))) return;
    isBusy = true;
    const startedMs = now();
    const isAnew = isStale;
    isStale = false;
    const tasks = isAnew ? [] : [...list.tasks];
    try {
      do {
        const page = await client.request('queue.tasks', { runId, mode, after: tasks.length === 0 ? null : next, count: PAGE_TASKS });
        for (const task of page.tasks) tasks.push(task);
        next = page.next;
        // The very first page is shown as it comes; whatever follows, once and as a whole.
        if (!list.isLoaded || !isWanted(tasks.length, next)) {
          show({ tasks: [...tasks], total: Math.max(page.total, tasks.length), isLoaded: true, error: null });
        }
      } while (!isClosed && !isStale && isWanted(tasks.length, next));
    } catch (thrown) {
      show({ ...list, error: toWireError(thrown) });
    }
    restMs = Math.max(RENEW_AFTER_MS, (now() - startedMs) * REST_PER_READ);
    isBusy = false;
    if (isStale) renewSoon(0);
  };

  const renewSoon = (waitMs: number): void => {
    if (timer !== null) {
      if (waitMs > 0) return;
      clearTimeout(timer);
    }
    timer = setTimeout(() => {
      timer = null;
      isStale = true;
      void read();
    }, waitMs);
  };

  void read();
  return {
    want(lastIndex) {
      wanted = lastIndex;
      void read();
    },
    renew(isUrgent) {
      if (!isBusy) return renewSoon(isUrgent ? 0 : restMs);
      if (isUrgent) isStale = true;
      else renewSoon(restMs);
    },
    close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
