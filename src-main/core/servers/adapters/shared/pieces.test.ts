import { expect, test } from 'vitest';
import { requestOf } from '../conformance.suite.ts';
import { type Piece, pieceRules, piecesOf, type PieceRules } from './pieces.ts';
import { bytesOf } from './samples.ts';

const never = new AbortController().signal;

/** Sound everywhere but in the quiet stretches, seconds. */
async function* soundBut(seconds: number, ...quiet: [from: number, until: number][]): AsyncGenerator<Buffer> {
  for (let second = 0; second < seconds; second += 1) {
    const block = Buffer.alloc(64_000);
    for (let index = 0; index < 16_000; index += 1) {
      const atSec = second + index / 16_000;
      if (!quiet.some(([from, until]) => atSec >= from && atSec < until)) block.writeFloatLE(0.3, index * 4);
    }
    yield block;
  }
}

async function collect(blocks: AsyncIterable<Buffer>, rules: PieceRules): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for await (const piece of piecesOf(blocks, rules, never)) pieces.push(piece);
  return pieces;
}

test('windows are exact, the last is what is left', async () => {
  const pieces = await collect(soundBut(5), { longestSec: 2, cut: 'exact' });
  expect(pieces.map(({ samples, offsetBytes }) => [offsetBytes, samples.length])).toEqual([
    [0, 128_000],
    [128_000, 128_000],
    [256_000, 64_000],
  ]);
});

test('a long file is cut where it is quiet, and nothing is lost', async () => {
  const pieces = await collect(soundBut(25, [8.6, 9], [17.3, 17.8]), { longestSec: 10, cut: 'quiet' });
  expect(pieces).toHaveLength(3);
  const [first, second, third] = pieces;
  for (const [piece, from, until] of [
    [second, 8.6, 9],
    [third, 17.3, 17.8],
  ] as const) {
    expect(piece?.offsetBytes).toBeGreaterThan(bytesOf(from));
    expect(piece?.offsetBytes).toBeLessThan(bytesOf(until));
  }
  expect((first?.samples.length ?? 0) + (second?.samples.length ?? 0) + (third?.samples.length ?? 0)).toBe(bytesOf(25));
  expect(pieces.every(({ offsetBytes }) => offsetBytes % 4 === 0)).toBe(true);
});

test('a file that fits stays whole, a file of nothing has no piece', async () => {
  expect(await collect(soundBut(10), { longestSec: 10, cut: 'quiet' })).toHaveLength(1);
  expect(await collect(soundBut(0), { longestSec: 10, cut: 'quiet' })).toEqual([]);
});

test('the shortest limit counts, and the chunked mode has its windows', () => {
  expect(pieceRules(requestOf(0, { chunkSec: 600 }), 300)).toEqual({ longestSec: 300, cut: 'quiet' });
  expect(pieceRules(requestOf(0, { chunkSec: 60 }), 300)).toEqual({ longestSec: 60, cut: 'quiet' });
  expect(pieceRules(requestOf(0, { chunkSec: 86_400 }), 86_400)).toEqual({ longestSec: 3_600, cut: 'quiet' });
  expect(pieceRules(requestOf(0, { mode: 'chunked', windowSec: 2 }), 300)).toEqual({ longestSec: 2, cut: 'exact' });
});
