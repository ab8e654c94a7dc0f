import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AnyEvent } from '#shared/contract/events.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { buildModeProgress, buildRun, buildSample } from '#main/testing/runBuilders.ts';
import type { CliContext, OpenedNightshift } from './context.ts';
import { reportRun } from './runReporter.ts';

const listeners = new Set<(event: AnyEvent) => void>();
const shown: string[] = [];
const notices: string[] = [];
const reconnects = new Set<() => void>();

const opened = {
  role: 'owner',
  client: {
    request: async (name: string) =>
      name === 'log.advice' ? { advice: [] } : { pending: null, isActing: false, entries: [], newestId: 0 },
    subscribe: (listener: (event: AnyEvent) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onReconnect: (listener: () => void) => {
      reconnects.add(listener);
      return () => void reconnects.delete(listener);
    },
  },
} as unknown as OpenedNightshift;

const context = {
  common: { logLevel: 'INFO', locale: 'en', dataDir: undefined },
  output: {
    line: () => undefined,
    notice: (text: string) => notices.push(text),
    json: () => undefined,
    status: (text: string | null) => text !== null && shown.push(text),
  },
  onSignal: () => () => undefined,
} as unknown as CliContext;

function emit(event: AnyEvent): void {
  for (const listener of listeners) listener(event);
}

function runThat(changes: Partial<RunSummary>): RunSummary {
  return buildRun({ modes: [buildModeProgress({ status: 'running', total: 9, queued: 8, done: 1 })], ...changes });
}

function change(changes: Partial<RunSummary>): void {
  emit({ name: 'run.changed', payload: runThat(changes) });
}

/** A second with readings of its own. */
function second(ownRssBytes: number): void {
  emit({ name: 'resources.sampled', payload: buildSample({ ownRssBytes }) });
  vi.advanceTimersByTime(1_000);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  shown.length = 0;
  notices.length = 0;
});

afterEach(() => vi.useRealTimers());

test('a pause is told once, however its figures change, and none at a limit whose report is out', async () => {
  const report = reportRun({ context, opened, progressIntervalSec: 1, outputShown: null });
  report.follower.follow(runThat({ status: 'running' }));
  for (const mb of [300, 301]) second(mb * 1024 * 1024);
  expect(shown).toHaveLength(2);
  change({ status: 'paused', pausedBy: 'lowDisk' });
  for (const mb of [302, 303, 304]) second(mb * 1024 * 1024);
  expect(shown).toHaveLength(3);
  change({ status: 'running' });
  second(305 * 1024 * 1024);
  expect(shown).toHaveLength(4);
  const finished = report.finish();
  change({ status: 'paused', pausedBy: 'duration' });
  expect(await finished).toBe(4);
  second(306 * 1024 * 1024);
  await eventually(() => expect(shown).toHaveLength(4));
  report.close();
});

test('a command that takes the place of its owner says so, and that its run still waits', () => {
  let role: OpenedNightshift['role'] = 'attached';
  const attached = {
    ...opened,
    get role() {
      return role;
    },
  };
  const report = reportRun({ context, opened: attached, progressIntervalSec: 1, outputShown: null });
  report.follower.follow(runThat({ id: 7, status: 'paused', pausedBy: 'user' }));
  notices.length = 0;
  const reconnect = (): void => [...reconnects].forEach((listener) => listener());
  reconnect();
  expect(notices).toEqual([]);
  role = 'owner';
  reconnect();
  reconnect();
  expect(notices).toEqual([
    'The process that owned the data folder has ended; this command carries on in its place.',
    expect.stringMatching(/^Run 7 is still paused; go on with: /),
  ]);
  report.close();
});
