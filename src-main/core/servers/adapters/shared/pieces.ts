import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { TranscribeRequest } from '../asrAdapter.ts';
import { bytesOf } from './samples.ts';
import type { HeardSegment } from './transcript.ts';

/** Longest piece whatever run and profile say: it is held in memory, at 230 MB an hour. */
export const LONGEST_REQUEST_SEC = 3_600;

export interface Piece {
  /** float32 LE. */
  readonly samples: Buffer;
  /** Bytes of the file before it. */
  readonly offsetBytes: number;
}

export interface PieceRules {
  readonly longestSec: number;
  /** `exact`: windows of just that length · `quiet`: cut where it is quietest in the last part, so that no word is cut where that can be helped. */
  readonly cut: 'exact' | 'quiet';
}

/** Looked through for a quiet place: so much of the piece, and at most so long. */
const SEARCH_SHARE = 0.2;
const SEARCH_MOST_SEC = 30;
/** Length of the stretch that must be quiet: a pause between words is about so long. */
const QUIET_SEC = 0.1;

/** Pieces end on whole milliseconds: times after a cut are then the same whether they are counted from it or from the start of the file. */
const MS_BYTES = bytesOf(0.001);

/** In the chunked mode a piece is one window; elsewhere it is as long as the run, the server and memory allow. */
export function pieceRules({ mode, chunkSec, windowSec }: TranscribeRequest, serverLimitSec: number): PieceRules {
  if (mode === 'chunked') return { longestSec: windowSec, cut: 'exact' };
  return { longestSec: Math.min(chunkSec, serverLimitSec, LONGEST_REQUEST_SEC), cut: 'quiet' };
}

/**
 * A file in pieces for servers that take only so much at once. Holds one piece at a time, whatever the length of the file.
 * @throws CANCELLED, also while the source hangs, or what `blocks` throws
 */
export async function* piecesOf(
  blocks: AsyncIterable<Buffer>,
  { longestSec, cut }: PieceRules,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  const longestBytes = wholeMs(Math.max(bytesOf(longestSec), bytesOf(QUIET_SEC)));
  let held: Buffer[] = [];
  let heldBytes = 0;
  let offsetBytes = 0;
  for await (const block of abortable(blocks, signal)) {
    held.push(block);
    heldBytes += block.length;
    while (heldBytes > longestBytes) {
      const all = Buffer.concat(held);
      const cutBytes = cut === 'exact' ? longestBytes : quietestCut(all.subarray(0, longestBytes));
      yield { samples: all.subarray(0, cutBytes), offsetBytes };
      offsetBytes += cutBytes;
      // A copy, so that what was sent can be freed.
      held = [Buffer.from(all.subarray(cutBytes))];
      heldBytes -= cutBytes;
    }
  }
  if (heldBytes > 0) yield { samples: Buffer.concat(held), offsetBytes };
}

/** Middle of the quietest stretch in the last part, bytes. */
function quietestCut(piece: Buffer): number {
  const stepBytes = bytesOf(QUIET_SEC);
  const searchBytes = Math.min(piece.length * SEARCH_SHARE, bytesOf(SEARCH_MOST_SEC));
  const steps = Math.max(1, Math.floor(searchBytes / stepBytes));
  let best = piece.length;
  let bestEnergy = Number.POSITIVE_INFINITY;
  for (let step = 1; step <= steps; step += 1) {
    const start = piece.length - step * stepBytes;
    let energy = 0;
    for (let offset = start; offset < start + stepBytes; offset += 4) energy += piece.readFloatLE(offset) ** 2;
    // The latest of several alike: the longer the piece, the more the server knows.
    if (energy < bestEnergy) {
      bestEnergy = energy;
      best = start + stepBytes / 2;
    }
  }
  return wholeMs(best);
}

function wholeMs(bytes: number): number {
  return bytes - (bytes % MS_BYTES);
}

/** A segment of a piece in the time of the file. */
export function shifted({ text, startMs, endMs, words = [] }: HeardSegment, byMs: number): HeardSegment {
  return {
    text,
    // A segment without times begins with its piece.
    startMs: (startMs ?? words[0]?.startMs ?? 0) + byMs,
    endMs: endMs === null ? null : endMs + byMs,
    words: words.map((word) => ({ ...word, startMs: word.startMs + byMs, endMs: word.endMs + byMs })),
  };
}

/** A source that hangs must not hold a file that nobody wants any more. */
async function* abortable(blocks: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined);
  const stop = (): void => aborted.reject(new NightshiftError('CANCELLED', {}, { cause: signal.reason }));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const iterator = blocks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted.promise]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    // Not waited for: a source that hangs would never answer.
    void iterator.return?.().then(undefined, () => undefined);
  }
}
