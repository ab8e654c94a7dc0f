import { expect, test } from 'vitest';
import type { KnownServer } from '#shared/contract/servers.ts';
import { createServerNews } from './serverNews.ts';

const SINCE_MS = 1_000_000;

function server(changes: Partial<KnownServer>): KnownServer {
  return {
    ...{ id: 'my-vosk', name: 'My vosk', protocol: 'vosk', mode: 'streaming', port: 2700, url: 'ws://localhost:2700' },
    ...{ status: 'ready', reason: 'answered', warnings: [], pid: 1, capacity: 1, sessions: 0, model: null, rssBytes: null },
    ...{
      crashCount: 0,
      restartAtMs: null,
      sinceMs: SINCE_MS,
      error: null,
      isStartable: true,
      isServing: true,
      isPaused: false,
      window: null,
    },
    ...changes,
  };
}

const error = { code: 'SERVER_EXITED', data: { mode: 'streaming', port: 2700, exitCode: 9 } } as const;

test('a server that fails is told with its reason and when it starts again, and once more when it is back', () => {
  const news = createServerNews('en');
  expect(news(server({ status: 'busy', reason: 'sessions' }))).toBeNull();
  expect(news(server({ status: 'suspect', reason: 'noProgress' }))).toBe('Server my-vosk: no audio has moved for a long time.');
  const backingOff = server({ status: 'backingOff', reason: 'exitCode', error, restartAtMs: SINCE_MS + 2_040 });
  expect(news(backingOff)).toMatch(/^Server my-vosk: SERVER_EXITED: The speech server .*2700.* Starts again in 2\.0 s\.$/);
  expect(news(backingOff)).toBeNull();
  expect(news(server({ status: 'starting', reason: 'restart' }))).toBeNull();
  expect(news(server({}))).toBe('Server my-vosk: works again.');
  expect(news(server({ status: 'busy', reason: 'sessions' }))).toBeNull();
});

test('each further failure is told, and that a server is given up', () => {
  const news = createServerNews('en');
  const backingOff = { status: 'backingOff', reason: 'exitCode', error } as const;
  expect(news(server({ ...backingOff, restartAtMs: SINCE_MS + 1_000 }))).not.toBeNull();
  expect(news(server({ ...backingOff, sinceMs: SINCE_MS + 3_000, restartAtMs: SINCE_MS + 5_000 }))).not.toBeNull();
  expect(news(server({ status: 'broken', reason: 'budgetSpent', error }))).toMatch(
    /^Server my-vosk: SERVER_EXITED: .* Given up: it failed too often\.$/,
  );
});

test('a server that works is no news, and a warning is told once', () => {
  const news = createServerNews('en');
  expect(news(server({ status: 'starting', reason: 'wanted' }))).toBeNull();
  expect(news(server({}))).toBeNull();
  const warned = server({ status: 'busy', reason: 'sessions', warnings: ['cpuFallback'] });
  expect(news(warned)).toMatch(/^Server my-vosk: It found no GPU/);
  expect(news(warned)).toBeNull();
});
