import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AnyEvent } from '#shared/contract/events.ts';
import { createScriptedClient } from '../testing/scriptedClient.ts';
import { BATCH_MS, createBatchedClient, MOST_WAITING } from './batchedClient.ts';

const gone = (runId: number): AnyEvent => ({ name: 'run.removed', payload: { runId } });

let inner: ReturnType<typeof createScriptedClient>;
let client: ReturnType<typeof createBatchedClient>;
let seen: unknown[];

beforeEach(() => {
  vi.useFakeTimers();
  inner = createScriptedClient({ 'host.pickPaths': () => ({ paths: [] }) }, 'online');
  client = createBatchedClient(inner);
  seen = [];
  client.subscribe((event) => seen.push(event.name === 'run.removed' ? event.payload.runId : event.name));
});

afterEach(async () => {
  await client.close();
  vi.useRealTimers();
});

const emit = (...runIds: number[]): void => {
  for (const runId of runIds) inner.emit(gone(runId));
};

it('delivers what comes after a quiet time at once, and what follows together and in order', async () => {
  emit(1);
  expect(seen).toEqual([1]);
  emit(2, 3);
  expect(seen).toEqual([1]);
  await vi.advanceTimersByTimeAsync(BATCH_MS);
  expect(seen).toEqual([1, 2, 3]);
  emit(4);
  expect(seen).toEqual([1, 2, 3]);
  await vi.advanceTimersByTimeAsync(BATCH_MS * 3);
  emit(5);
  expect(seen).toEqual([1, 2, 3, 4, 5]);
});

it('delivers before an answer and before a change of the connection what arrived before them', async () => {
  emit(1, 2);
  await client.request('host.pickPaths', { what: 'files' });
  expect(seen).toEqual([1, 2]);
  emit(3);
  client.onReconnect(() => seen.push('again'));
  inner.reconnect();
  expect(seen).toEqual([1, 2, 3, 'again']);
  emit(4);
  client.onConnection((state) => seen.push(state));
  inner.setConnection('offline');
  expect(seen.slice(4)).toEqual([4, 'online', 'offline']);
});

it('does not let a page in the background pile up events', () => {
  emit(...Array.from({ length: MOST_WAITING + 1 }, (_, index) => index));
  expect(seen).toHaveLength(MOST_WAITING + 1);
});
