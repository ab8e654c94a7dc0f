import { afterEach, expect, test } from 'vitest';
import { measurePair } from './metrics.ts';
import { alignPair, scorePair } from './score.ts';
import { createScorer, type Scorer } from './scorer.ts';

let scorer: Scorer | null = null;

afterEach(async () => {
  await scorer?.close();
  scorer = null;
});

const LONG = Array.from({ length: 10_000 }, (_, i) => `word${(i * 7_919) % 4_001}`);
const LONG_HYPOTHESIS = LONG.map((word, i) => (i % 5 === 0 ? `other${i}` : word)).filter((_, i) => i % 13 !== 0);

test('a short and a long pair give what the plain function gives', async () => {
  scorer = createScorer();
  const short = { reference: 'one two three', hypothesis: 'one too three', normalizer: 'simple' as const };
  const long = { reference: LONG.join(' '), hypothesis: LONG_HYPOTHESIS.join(' '), normalizer: 'simple' as const };
  expect(await scorer.score(short)).toEqual(scorePair(short.reference, short.hypothesis, 'simple'));
  expect(await scorer.align(short)).toEqual(alignPair(short.reference, short.hypothesis, 'simple'));
  expect(await scorer.measure(short)).toEqual(measurePair(short.reference, short.hypothesis, 'simple'));
  expect(await scorer.measure(long)).toEqual(measurePair(long.reference, long.hypothesis, 'simple'));
  expect(await scorer.score(long)).toEqual(scorePair(long.reference, long.hypothesis, 'simple'));
  expect(await scorer.align(long)).toEqual(alignPair(long.reference, long.hypothesis, 'simple'));
  expect((await scorer.score({ ...long, hypothesis: null })).counts.deletions).toBe(10_000);
  expect(await scorer.measureMany({ pairs: [short, long, { ...short, hypothesis: null }], normalizer: 'none' })).toEqual(
    [short, long, { ...short, hypothesis: null }].map(({ reference, hypothesis }) => measurePair(reference, hypothesis, 'none')),
  );
});

test('the event loop turns while a long pair is scored', async () => {
  scorer = createScorer();
  let isDone = false;
  const scored = scorer.score({ reference: LONG.join(' '), hypothesis: LONG_HYPOTHESIS.join(' '), normalizer: 'none' }).then((score) => {
    isDone = true;
    return score;
  });
  let turns = 0;
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  expect((await scored).counts.referenceWords).toBe(10_000);
  expect(turns).toBeGreaterThan(5);
});

test('closing rejects what waits and what comes later', async () => {
  scorer = createScorer();
  const request = { reference: LONG.join(' '), hypothesis: LONG_HYPOTHESIS.join(' '), normalizer: 'none' as const };
  const waiting = scorer.score(request).catch((error: unknown) => error);
  await scorer.close();
  expect(await waiting).toMatchObject({ code: 'CANCELLED' });
  await expect(scorer.score(request)).rejects.toMatchObject({ code: 'CANCELLED' });
});
