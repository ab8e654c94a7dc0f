import { expect, test } from 'vitest';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { bytesOf } from './adapters/shared/samples.ts';
import { type HangFacts, ProgressWatch, ServerPace } from './progressWatch.ts';

const SECOND = 1_000;

interface Watched {
  readonly clock: FakeClock;
  readonly watch: ProgressWatch;
  readonly pace: ServerPace;
  readonly events: (string | HangFacts)[];
}

function watched(pace = new ServerPace()): Watched {
  const clock = new FakeClock();
  const events: (string | HangFacts)[] = [];
  const watch = new ProgressWatch({
    clock,
    limits: { silenceLeastMs: 30 * SECOND, silencePerAudio: 6 },
    pace,
    onSuspect: (isSuspect) => events.push(isSuspect ? 'suspect' : 'moves'),
    onHang: (facts) => {
      events.push(facts);
      watch.giveUp(new NightshiftError('SERVER_UNRESPONSIVE', {}));
    },
  });
  return { clock, watch, pace, events };
}

/** A file of so many seconds that the server has taken whole; nothing more comes from us. */
async function sent(watch: ProgressWatch, audioSec: number): Promise<ReturnType<ProgressWatch['begin']>> {
  const file = watch.begin();
  async function* blocks(): AsyncGenerator<Buffer> {
    yield Buffer.alloc(bytesOf(audioSec));
  }
  for await (const _block of file.follow(blocks()));
  return file;
}

test('a server of S0 may be silent for six times the audio before anybody has measured it, and no longer', async () => {
  const { clock, watch, events } = watched();
  const file = await sent(watch, 100);
  await clock.advance(299 * SECOND);
  expect(events).toEqual([]);
  await clock.advance(2 * SECOND);
  expect(events).toEqual(['suspect']);
  await clock.advance(298 * SECOND);
  expect(file.signal.aborted).toBe(false);
  await clock.advance(2 * SECOND);
  expect(events.at(-1)).toEqual({ timeoutMs: 600 * SECOND, owedAudioSec: 100 });
  expect(file.signal.reason).toMatchObject({ code: 'SERVER_UNRESPONSIVE' });
});

test('a word in time and nothing is suspected any more', async () => {
  const { clock, watch, events } = watched();
  const file = await sent(watch, 1);
  await clock.advance(20 * SECOND);
  file.moved();
  expect(events).toEqual(['suspect', 'moves']);
  await clock.advance(29 * SECOND);
  expect(file.signal.aborted).toBe(false);
  file.end();
  await clock.advance(1_000 * SECOND);
  expect(events).toEqual(['suspect', 'moves', 'suspect', 'moves']);
});

test('a server that has shown its speed is given four times what it needs, never less than the audio lasts', async () => {
  const { clock, watch, pace, events } = watched();
  for (let file = 0; file < 3; file += 1) pace.record(100, 5);
  const file = await sent(watch, 3_600);
  await clock.advance(3_590 * SECOND);
  expect(events).toEqual(['suspect']);
  await clock.advance(20 * SECOND);
  expect(events.at(-1)).toEqual({ timeoutMs: 3_600 * SECOND, owedAudioSec: 3_600 });
  file.end();

  const slow = watched();
  for (let files = 0; files < 3; files += 1) slow.pace.record(10, 40);
  await sent(slow.watch, 10);
  await slow.clock.advance(159 * SECOND);
  expect(slow.events).toEqual(['suspect']);
});

test('while the server waits for audio it owes nothing, however long the file takes to be decoded', async () => {
  const { clock, watch, events } = watched();
  const file = watch.begin();
  const next = Promise.withResolvers<Buffer>();
  async function* blocks(): AsyncGenerator<Buffer> {
    yield await next.promise;
  }
  const source = file.follow(blocks())[Symbol.asyncIterator]();
  const first = source.next();
  await clock.advance(10_000 * SECOND);
  expect(events).toEqual([]);
  next.resolve(Buffer.alloc(bytesOf(1)));
  await first;
  await clock.advance(31 * SECOND);
  expect(events.at(-1)).toMatchObject({ owedAudioSec: 1 });
});

test('a short file behind a long one waits for both', async () => {
  const { clock, watch, events } = watched();
  const long = await sent(watch, 1_000);
  const short = await sent(watch, 5);
  await clock.advance(1_000 * SECOND);
  expect(short.signal.aborted).toBe(false);
  expect(events).toEqual([]);
  long.end();
  short.end();
});

test('one file that is stuck beside others that move is given up alone', async () => {
  const { clock, watch, events } = watched();
  const stuck = await sent(watch, 1);
  for (let second = 0; second < 40; second += 5) {
    await clock.advance(5 * SECOND);
    const other = await sent(watch, 1);
    other.end();
    if (second === 20) watch.begin().moved();
  }
  expect(stuck.signal.reason).toMatchObject({ code: 'SERVER_SILENT' });
  expect(events.filter((event) => typeof event !== 'string')).toEqual([]);
});
