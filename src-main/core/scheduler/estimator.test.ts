import { beforeEach, expect, test } from 'vitest';
import { type ModeProgress, RunOptionsSchema } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { createFakeRandom } from '#main/testing/fakeRandom.ts';
import { buildModeProgress, buildRun } from '#main/testing/runBuilders.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import type { Database } from '../persistence/database.ts';
import type { StoredSpeed } from '../persistence/operations/learnedLoads.ts';
import type { StoredRun } from '../persistence/operations/runs.ts';
import { Estimator } from './estimator.ts';

const MODEL = { name: 'tiny', path: '/model', fingerprint: 'tiny-1' };

let speeds: Map<Mode, StoredSpeed[]>;
let estimator: Estimator;

beforeEach(() => {
  speeds = new Map();
  const database = {
    read: async (_: string, { mode }: { mode: Mode }) => speeds.get(mode) ?? [],
    write: async (_: string, { mode, ...speed }: StoredSpeed & { mode: Mode }) => speeds.set(mode, [speed, ...(speeds.get(mode) ?? [])]),
  } as unknown as Database;
  estimator = new Estimator({ database, logger: silentLogger });
});

function run(modes: Partial<ModeProgress>[], changes: Partial<StoredRun> = {}): StoredRun {
  const all = modes.map((mode) => buildModeProgress({ status: 'running', ...mode }));
  const sum = (pick: (mode: ModeProgress) => number): number => all.reduce((total, mode) => total + pick(mode), 0);
  const totals = {
    total: sum((mode) => mode.total),
    queued: sum((mode) => mode.queued),
    active: sum((mode) => mode.active),
    done: sum((mode) => mode.done),
    failed: 0,
    skipped: 0,
    cancelled: 0,
  };
  return { ...buildRun({ status: 'running', modes: all, totals, ...changes }), model: MODEL };
}

/** So many of 100 files of one minute are done. */
function after(done: number): Partial<ModeProgress> {
  return { total: 100, done, queued: 100 - done, totalAudioSec: 6_000, leftAudioSec: (100 - done) * 60 };
}

const waiting: Partial<ModeProgress> = { ...after(0), mode: 'chunked', status: 'waiting' };

test('what is left follows from the audio and the speed, and another mode is expected in the usual ratio', async () => {
  for (let second = 0; second <= 100; second += 1) await estimator.look(run([after(Math.floor(second / 2)), waiting]), second * 1_000);
  const { modes, etaSec, audioMinPerMin, audioMinPerMinOverall } = estimator.estimates(run([after(50), waiting]));
  expect(audioMinPerMin).toBeCloseTo(30);
  expect(audioMinPerMinOverall).toBeCloseTo(30);
  expect(modes[0]?.etaSec).toBeCloseTo(100);
  expect(modes[1]?.etaSec).toBeCloseTo((200 * 6.5) / 5.75);
  // One after the other, with the pause of 3 s between them.
  expect(etaSec).toBeCloseTo(100 + 3 + (200 * 6.5) / 5.75);
  const together = run([after(50), waiting], { options: RunOptionsSchema.parse({ modesAtOnce: 2 }) });
  expect(estimator.estimates(together).etaSec).toBeCloseTo((200 * 6.5) / 5.75);
});

test('one long file shows how far its text is, and never goes back when an attempt begins anew', async () => {
  const long = { total: 1, active: 1, queued: 0, totalAudioSec: 36_000, leftAudioSec: 36_000 };
  speeds.set('streaming', [{ audioSec: 1_000, workedSec: 100 }]);
  await estimator.look(run([long]), 0, new Map());
  const before = estimator.estimates(run([long]), new Map());
  await estimator.look(run([long]), 1_000, new Map([['streaming', 9_000]]));
  const { progressRatio, etaSec } = estimator.estimates(run([long]), new Map([['streaming', 9_000]]));
  expect([before.progressRatio, progressRatio]).toEqual([0, 0.25]);
  expect(etaSec).toBeCloseTo((before.etaSec ?? 0) * 0.75);
  await estimator.look(run([long]), 2_000, new Map());
  expect(estimator.estimates(run([long]), new Map()).progressRatio).toBe(0.25);
});

test('before anything is done, and when nothing runs, no time is promised', async () => {
  await estimator.look(run([after(0)]), 0);
  await estimator.look(run([after(0)]), 5_000);
  expect(estimator.estimates(run([after(0)]))).toMatchObject({ etaSec: null, etaLowSec: null, etaHighSec: null, audioMinPerMin: null });
  expect(estimator.estimates(run([after(50)], { status: 'paused' })).etaSec).toBeNull();
});

test('a run with the same model begins with what the last one learnt, and its plan does, too', async () => {
  for (let second = 0; second <= 200; second += 1) await estimator.look(run([after(Math.floor(second / 2))]), second * 1_000);
  await estimator.look(run([{ ...after(100), status: 'done' }], { status: 'finished' }), 201_000);
  expect(speeds.get('streaming')).toMatchObject([{ audioSec: 6_000, workedSec: 200 }]);
  await estimator.look(run([after(0)], { id: 2 }), 300_000);
  expect(estimator.estimates(run([after(0)], { id: 2 })).etaSec).toBeCloseTo(200);
  const counts = { mode: 'streaming', found: 10, alreadyDone: 0, unusable: 0, remaining: 10, beyondLimit: 0, audioSec: 600 } as const;
  const plan = await estimator.plan([counts], RunOptionsSchema.parse({}), MODEL);
  expect(plan.etaSec).toBeCloseTo(20);
  expect(plan.etaLowSec).toBeLessThan(20);
  expect(plan.etaHighSec).toBeGreaterThan(20);
});

test('progress goes back only when there is more to do', async () => {
  await estimator.look(run([after(50)]), 0);
  expect(estimator.estimates(run([after(50)])).progressRatio).toBe(0.5);
  // Files that turn out shorter than they announced.
  expect(estimator.estimates(run([{ ...after(50), totalAudioSec: 5_000 }])).progressRatio).toBe(0.5);
  expect(
    estimator.estimates(run([{ ...after(50), total: 200, queued: 150, totalAudioSec: 12_000, leftAudioSec: 9_000 }])).progressRatio,
  ).toBe(0.25);
  expect(estimator.estimates(run([after(100)])).progressRatio).toBe(1);
});

test('in simulated nights the real end lies in the range it should, and progress never goes back', async () => {
  const NIGHTS = 40;
  let asked = 0;
  let within = 0;
  for (let seed = 1; seed <= NIGHTS; seed += 1) {
    const { ratio } = createFakeRandom(seed);
    // Files of 10 s to 5 min on 4 workers, each at its own speed.
    const files = Array.from({ length: 200 }, () => 10 * 30 ** ratio());
    const freeAtSec = [0, 0, 0, 0];
    const ends = files.map((audioSec) => {
      const worker = freeAtSec.indexOf(Math.min(...freeAtSec));
      freeAtSec[worker] = (freeAtSec[worker] ?? 0) + audioSec * (0.05 + 0.1 * ratio());
      return { audioSec, endSec: freeAtSec[worker] ?? 0 };
    });
    const totalSec = files.reduce((sum, audioSec) => sum + audioSec, 0);
    const lastSec = Math.max(...freeAtSec);
    let progress = 0;
    for (let second = 0; second < lastSec; second += 1) {
      const done = ends.filter(({ endSec }) => endSec <= second);
      const active = Math.min(4, files.length - done.length);
      const leftAudioSec = totalSec - done.reduce((sum, { audioSec }) => sum + audioSec, 0);
      const now = run(
        [{ total: 200, done: done.length, active, queued: 200 - done.length - active, totalAudioSec: totalSec, leftAudioSec }],
        { id: seed },
      );
      await estimator.look(now, second * 1_000);
      const { etaLowSec, etaHighSec, progressRatio } = estimator.estimates(now);
      expect(progressRatio).toBeGreaterThanOrEqual(progress);
      progress = progressRatio;
      if (second < lastSec * 0.1 || second > lastSec * 0.9) continue;
      asked += 1;
      if (etaLowSec !== null && etaHighSec !== null && etaLowSec <= lastSec - second && lastSec - second <= etaHighSec) within += 1;
    }
  }
  expect(within / asked).toBeGreaterThan(0.8);
});
