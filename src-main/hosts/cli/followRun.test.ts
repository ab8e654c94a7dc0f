import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { AnyEvent, RunStep } from '#shared/contract/events.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { buildRun, buildSample } from '#main/testing/runBuilders.ts';
import { createRunFollower, type RunFollower } from './followRun.ts';

/** Client whose events and answers a test decides. */
class ScriptedClient {
  stored: RunSummary = buildRun();
  failure: NightshiftError | null = null;
  readonly #listeners = new Set<(event: AnyEvent) => void>();
  readonly #reconnects = new Set<() => void>();

  readonly client = {
    request: () => (this.failure === null ? Promise.resolve(this.stored) : Promise.reject(this.failure)),
    subscribe: (listener: (event: AnyEvent) => void) => {
      this.#listeners.add(listener);
      return () => void this.#listeners.delete(listener);
    },
    onReconnect: (listener: () => void) => {
      this.#reconnects.add(listener);
      return () => void this.#reconnects.delete(listener);
    },
    close: () => Promise.resolve(),
  } as unknown as NightshiftClient;

  emit(event: AnyEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  change(changes: Partial<RunSummary>): void {
    this.stored = buildRun(changes);
    this.emit({ name: 'run.changed', payload: this.stored });
  }

  reconnect(): void {
    for (const listener of this.#reconnects) listener();
  }

  get listenerCount(): number {
    return this.#listeners.size + this.#reconnects.size;
  }
}

let scripted: ScriptedClient;
let follower: RunFollower;
let steps: RunStep[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  scripted = new ScriptedClient();
  steps = [];
  follower = createRunFollower(
    scripted.client,
    (step) => steps.push(step),
    () => undefined,
  );
});

afterEach(() => {
  follower.close();
  vi.useRealTimers();
});

function taskFinished(fileId: string): RunStep {
  return { step: 'taskFinished', mode: 'streaming', itemId: 1, fileId, status: 'done', werRatio: null, error: null };
}

test('what happens before the run is known to be ours is not lost', async () => {
  scripted.emit({ name: 'run.stepped', payload: { runId: 1, atMs: 0, step: taskFinished('a.wav') } });
  scripted.emit({ name: 'run.stepped', payload: { runId: 2, atMs: 0, step: taskFinished('other.wav') } });
  scripted.change({ status: 'ready' });
  follower.follow(buildRun());
  expect((await follower.until((run) => run.status !== 'preparing')).status).toBe('ready');
  expect(steps).toEqual([taskFinished('a.wav')]);
});

test('runs of others are ignored, peaks are kept', () => {
  follower.follow(buildRun());
  scripted.emit({ name: 'run.changed', payload: buildRun({ id: 2, status: 'finished' }) });
  expect(follower.run?.status).toBe('preparing');
  scripted.emit({ name: 'resources.sampled', payload: buildSample({ ownRssBytes: 200 * 1024 * 1024, cpuPercent: 50 }) });
  scripted.emit({ name: 'resources.sampled', payload: buildSample({ ownRssBytes: 100 * 1024 * 1024, cpuPercent: null }) });
  expect(follower.peaks).toEqual({ memoryMb: 200, cpuPercent: 50 });
  expect(follower.sample?.cpuPercent).toBeNull();
});

test('after a lost connection the state is asked for again', async () => {
  follower.follow(buildRun());
  const ended = follower.until((run) => run.status === 'finished');
  scripted.stored = buildRun({ status: 'finished' });
  scripted.reconnect();
  expect((await ended).status).toBe('finished');
});

test('an end whose event was missed is noticed', async () => {
  follower.follow(buildRun());
  const ended = follower.until((run) => run.status === 'finished');
  scripted.stored = buildRun({ status: 'finished' });
  await vi.advanceTimersByTimeAsync(10_000);
  expect((await ended).status).toBe('finished');
});

test('an owner that is gone for good ends the wait', async () => {
  follower.follow(buildRun());
  const ended = follower.until((run) => run.status === 'finished').catch((error: unknown) => error);
  scripted.failure = new NightshiftError('CONNECTION_LOST');
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await ended).toMatchObject({ code: 'CONNECTION_LOST' });
  await expect(follower.until(() => true)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
});

test('closing ends every subscription', () => {
  follower.close();
  expect(scripted.listenerCount).toBe(0);
});
