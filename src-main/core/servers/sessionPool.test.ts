import { expect, test } from 'vitest';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AsrSession } from './adapters/asrAdapter.ts';
import { ProgressWatch, ServerPace } from './progressWatch.ts';
import { SessionPool } from './sessionPool.ts';

const never = new AbortController().signal;
const first: AsrSession = {
  hello: { protocol: 'nightshift', capacity: 2, model: null, instance: null },
  reusable: true,
  transcribe: () => Promise.reject(new Error('no file in this test')),
  close: () => Promise.resolve(),
};

test('a place whose connection fails is told to be free again', async () => {
  const limits = { silenceLeastMs: 30_000, silencePerAudio: 6 };
  const quiet = { onSuspect: () => undefined, onHang: () => undefined };
  const inUse: number[] = [];
  const connection = Promise.withResolvers<AsrSession>();
  const pool: SessionPool = new SessionPool({
    adapter: { connect: () => connection.promise },
    url: 'ws://localhost:1',
    first,
    watch: new ProgressWatch({ clock: new FakeClock(), limits, pace: new ServerPace(), ...quiet }),
    onChange: () => inUse.push(pool.inUse),
    onFile: () => undefined,
  });
  const session = await pool.open(never);
  const second = pool.open(never).catch((error: unknown) => error);
  // The other one ends while this one is still being opened: only now nothing is under way.
  await session.close();
  connection.reject(new NightshiftError('SERVER_REFUSED', { port: 1 }));
  expect(await second).toMatchObject({ code: 'SERVER_REFUSED' });
  expect(inUse.at(-1)).toBe(0);
  await pool.close();
});
