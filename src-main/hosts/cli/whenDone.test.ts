import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { NightshiftClient } from '#shared/contract/client.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { buildRun } from '#main/testing/runBuilders.ts';
import type { CliContext } from './context.ts';
import { awaitWhenDone } from './whenDone.ts';

const whenDone = { action: 'command', command: 'true', args: [] } as const;
const run = buildRun({ id: 1, status: 'finished', options: RunOptionsSchema.parse({ whenDone }) });
const notices: string[] = [];
let isOwnerGone: boolean;

const client = {
  request: async (name: string) => {
    if (isOwnerGone) throw new NightshiftError('CONNECTION_LOST');
    return name === 'night.get' ? { pending: { runId: 1, whenDone, atMs: 60_000 }, isActing: false } : { entries: [], newestId: 0 };
  },
  subscribe: () => () => undefined,
} as unknown as NightshiftClient;

const context = {
  common: { logLevel: 'INFO', locale: 'en' },
  output: { json: () => undefined, notice: (text: string) => void notices.push(text) },
  onSignal: () => () => undefined,
} as unknown as CliContext;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  isOwnerGone = false;
  notices.length = 0;
});

afterEach(() => vi.useRealTimers());

test('an owner that goes away in the minute before does not keep the command waiting for ever', async () => {
  const ended = awaitWhenDone(context, client, run, false);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(notices).toHaveLength(1);
  isOwnerGone = true;
  await vi.advanceTimersByTimeAsync(30_000);
  await ended;
  expect(notices.at(-1)).toMatch(/does not answer any more/);
  expect(vi.getTimerCount()).toBe(0);
});
