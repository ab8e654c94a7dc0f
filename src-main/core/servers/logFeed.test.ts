import { expect, test } from 'vitest';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { LogFeed } from './logFeed.ts';
import { ServerLines } from './outputLog.ts';

test('each line is told once to whoever asks where it left off, and waiting ends with the next line or in time', async () => {
  const lines = new ServerLines();
  const clock = new FakeClock();
  const feed = new LogFeed(lines, clock);
  lines.add('one');
  lines.add('two');
  expect(await feed.since(0, 100, 0)).toEqual({ lines: ['one', 'two'], next: 2 });
  expect(await feed.since(0, 1, 0)).toEqual({ lines: ['two'], next: 2 });
  expect(await feed.since(2, 100, 0)).toEqual({ lines: [], next: 2 });
  // From an earlier owner, who counted further.
  expect(await feed.since(50, 100, 0)).toEqual({ lines: [], next: 2 });

  const waiting = feed.since(2, 100, 5_000);
  lines.add('three');
  expect(await waiting).toEqual({ lines: ['three'], next: 3 });

  const inVain = feed.since(3, 100, 5_000);
  await clock.advance(5_000);
  expect(await inVain).toEqual({ lines: [], next: 3 });
});
