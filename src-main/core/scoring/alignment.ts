import type { AlignmentStep, WordCounts } from '#shared/domain/scores.ts';

export interface Alignment {
  readonly counts: WordCounts;
  readonly steps: AlignmentStep[];
}

const HIT = 0;
const SUBSTITUTION = 1;
const DELETION = 2;
const INSERTION = 3;

/** Bits of one machine word of the bit-parallel table. */
const BLOCK_BITS = 32;
/** Above this the table is not kept whole but the pair is cut in two. 10,000 × 10,000 words need 25 MB. */
const MAX_TABLE_BYTES = 48 * 1024 * 1024;

/**
 * Least edits (each costs 1) that turn the hypothesis into the reference, word by word, compared exactly.
 *
 * The number of edits is unique, its split is not (`reference/scoring.md` point 2). Our rule: words that both begin or both end with
 * are hits; between them the alignment is read from the end, where equal words are a hit, and otherwise the first of deletion,
 * substitution, insertion that is part of a least-cost alignment is taken. Pairs whose table would be larger than 48 MB (above
 * some 14,000 × 14,000 words) are first cut in two at the least-cost place that comes first, by the same rule on every machine.
 *
 * Memory: at most some 60 MB for any length; time: reference × hypothesis / 32 steps.
 * Source: Myers, "A fast bit-vector algorithm for approximate string matching" (J. ACM 46, 1999), in blocks with the
 * horizontal carry of Hyyrö (2003); cut as in Hirschberg (CACM 18, 1975).
 */
export function alignWords(reference: readonly string[], hypothesis: readonly string[]): Alignment {
  const operations = leastEdits(reference, hypothesis);
  const steps: AlignmentStep[] = [];
  let r = 0;
  let h = 0;
  for (const operation of operations) {
    if (operation === DELETION) steps.push({ op: 'deletion', reference: wordAt(reference, r++) });
    else if (operation === INSERTION) steps.push({ op: 'insertion', hypothesis: wordAt(hypothesis, h++) });
    else {
      steps.push({
        op: operation === HIT ? 'hit' : 'substitution',
        reference: wordAt(reference, r++),
        hypothesis: wordAt(hypothesis, h++),
      });
    }
  }
  return { counts: countOperations(operations), steps };
}

/** The counts of `alignWords` without its steps. */
export function countEdits(reference: readonly string[], hypothesis: readonly string[]): WordCounts {
  return countOperations(leastEdits(reference, hypothesis));
}

/**
 * Least edits between two sequences of numbers, each edit costing 1, without an alignment: for characters, of which a text has many.
 * Only the part of the table is computed that so few edits can reach (Ukkonen 1985), with a limit that is raised until the answer is
 * below it. Memory: a few bytes for each element. Time: elements × edits / 16 steps.
 * @param atMost as many edits as are thought to be enough; the closer, the sooner. Infinity: nobody knows
 */
export function countLeastEdits(reference: Int32Array, hypothesis: Int32Array, atMost = Infinity): number {
  const shorter = Math.min(reference.length, hypothesis.length);
  let ahead = 0;
  while (ahead < shorter && reference[ahead] === hypothesis[ahead]) ahead++;
  let behind = 0;
  while (behind < shorter - ahead && reference[reference.length - 1 - behind] === hypothesis[hypothesis.length - 1 - behind]) behind++;
  const left = reference.subarray(ahead, reference.length - behind);
  const right = hypothesis.subarray(ahead, hypothesis.length - behind);
  if (left.length === 0 || right.length === 0) return Math.max(left.length, right.length);

  const most = Math.max(left.length, right.length);
  const least = Math.abs(left.length - right.length);
  let limit = Math.min(most, atMost === Infinity ? least + 2 * BLOCK_BITS : Math.max(least, atMost, 1));
  for (;;) {
    const edits = editsWithin(left, right, limit);
    if (edits <= limit) return edits;
    limit = Math.min(most, limit * 2);
  }
}

/** Edits where there are at most `limit` (≥ the difference of the lengths), else some number above it. */
function editsWithin(reference: Int32Array, hypothesis: Int32Array, limit: number): number {
  const blocks = Math.ceil(reference.length / BLOCK_BITS);
  const occurrences = new Occurrences(reference, blocks);
  const rise = new Int32Array(blocks).fill(-1);
  const fall = new Int32Array(blocks);
  let last = Math.min(blocks - 1, Math.floor(limit / BLOCK_BITS));
  /** At the lower end of block `last`. */
  let edits = (last + 1) * BLOCK_BITS;
  for (const [column, word] of hypothesis.entries()) {
    const first = Math.max(0, Math.floor((column - limit) / BLOCK_BITS));
    // A block that comes into reach has not been computed: as if all its words were deleted, which is never too few.
    const reached = Math.min(blocks - 1, Math.floor((column + 1 + limit) / BLOCK_BITS));
    edits += (reached - last) * BLOCK_BITS;
    last = reached;
    edits += advanceColumn(rise, fall, 0, 0, occurrences.bitsOf(word), first, last + 1);
  }
  // The last block also has bits below the last word.
  for (let i = reference.length; i < (last + 1) * BLOCK_BITS; i++) edits -= bitAt(rise, i) - bitAt(fall, i);
  return edits;
}

function wordAt(words: readonly string[], index: number): string {
  return words[index] ?? '';
}

function countOperations(operations: Uint8Array): WordCounts {
  const counts = new Uint32Array(4);
  for (const operation of operations) counts[operation] = (counts[operation] ?? 0) + 1;
  const [hits = 0, substitutions = 0, deletions = 0, insertions = 0] = counts;
  return { hits, substitutions, deletions, insertions, referenceWords: hits + substitutions + deletions };
}

function leastEdits(reference: readonly string[], hypothesis: readonly string[]): Uint8Array {
  const ids = new Map<string, number>();
  const numbered = (words: readonly string[]): Int32Array =>
    Int32Array.from(words, (word) => {
      const known = ids.get(word);
      if (known !== undefined) return known;
      ids.set(word, ids.size);
      return ids.size - 1;
    });
  const operations = new OperationList(reference.length + hypothesis.length);
  appendEdits(numbered(reference), numbered(hypothesis), operations);
  return operations.all();
}

class OperationList {
  readonly #operations: Uint8Array;
  #length = 0;

  constructor(capacity: number) {
    this.#operations = new Uint8Array(capacity);
  }

  append(operation: number, count: number): void {
    this.#operations.fill(operation, this.#length, this.#length + count);
    this.#length += count;
  }

  /** Adds operations that were found from the end. */
  appendReversed(operations: Uint8Array, count: number): void {
    for (let i = count - 1; i >= 0; i--) this.#operations[this.#length++] = operations[i] ?? HIT;
  }

  all(): Uint8Array {
    return this.#operations.subarray(0, this.#length);
  }
}

function appendEdits(reference: Int32Array, hypothesis: Int32Array, out: OperationList): void {
  const shorter = Math.min(reference.length, hypothesis.length);
  let ahead = 0;
  while (ahead < shorter && reference[ahead] === hypothesis[ahead]) ahead++;
  let behind = 0;
  while (behind < shorter - ahead && reference[reference.length - 1 - behind] === hypothesis[hypothesis.length - 1 - behind]) behind++;

  out.append(HIT, ahead);
  appendMiddle(reference.subarray(ahead, reference.length - behind), hypothesis.subarray(ahead, hypothesis.length - behind), out);
  out.append(HIT, behind);
}

function appendMiddle(reference: Int32Array, hypothesis: Int32Array, out: OperationList): void {
  if (hypothesis.length === 0) return out.append(DELETION, reference.length);
  if (reference.length === 0) return out.append(INSERTION, hypothesis.length);

  const blocks = Math.ceil(reference.length / BLOCK_BITS);
  if (blocks * hypothesis.length * 8 <= MAX_TABLE_BYTES || hypothesis.length === 1) return appendTraced(reference, hypothesis, out);

  const middle = hypothesis.length >> 1;
  const before = distances(reference, hypothesis.subarray(0, middle));
  const after = distances(reference.toReversed(), hypothesis.subarray(middle).toReversed());
  let cut = 0;
  let least = Infinity;
  for (let i = 0; i <= reference.length; i++) {
    const edits = (before[i] ?? 0) + (after[reference.length - i] ?? 0);
    if (edits < least) {
      least = edits;
      cut = i;
    }
  }
  appendEdits(reference.subarray(0, cut), hypothesis.subarray(0, middle), out);
  appendEdits(reference.subarray(cut), hypothesis.subarray(middle), out);
}

/**
 * Where each word of the reference occurs, as bits over its positions. A frequent word keeps its bits (there are at most 32 of them),
 * a rare one sets and clears them on the way, so that memory stays a few bytes for each word.
 */
class Occurrences {
  readonly #dense = new Map<number, Int32Array>();
  readonly #sparse = new Map<number, number[]>();
  readonly #scratch: Int32Array;
  #dirty: readonly number[] = [];

  constructor(reference: Int32Array, blocks: number) {
    this.#scratch = new Int32Array(blocks);
    for (const [position, word] of reference.entries()) {
      const positions = this.#sparse.get(word);
      if (positions === undefined) this.#sparse.set(word, [position]);
      else positions.push(position);
    }
    for (const [word, positions] of this.#sparse) {
      if (positions.length <= blocks) continue;
      const bits = new Int32Array(blocks);
      setBits(bits, positions);
      this.#dense.set(word, bits);
      this.#sparse.delete(word);
    }
  }

  /** Bits of the word; valid until the next call. */
  bitsOf(word: number): Int32Array {
    const dense = this.#dense.get(word);
    if (dense !== undefined) return dense;
    for (const position of this.#dirty) this.#scratch[position >>> 5] = 0;
    this.#dirty = this.#sparse.get(word) ?? [];
    setBits(this.#scratch, this.#dirty);
    return this.#scratch;
  }
}

function setBits(bits: Int32Array, positions: readonly number[]): void {
  for (const position of positions) {
    const block = position >>> 5;
    bits[block] = (bits[block] ?? 0) | (1 << (position & 31));
  }
}

/**
 * One column of the edit table: from the vertical differences (+1 in `rise`, −1 in `fall`, bit i for reference word i) of the column before,
 * starting at `from`, to those after one more word of the hypothesis, starting at `to`; of the blocks from `first` to before `end`.
 * @returns the difference between the two columns below the last of them
 */
function advanceColumn(
  rise: Int32Array,
  fall: Int32Array,
  from: number,
  to: number,
  occurrences: Int32Array,
  first = 0,
  end = occurrences.length,
): number {
  // Horizontal difference above the block, as two bits. The first row counts insertions: it grows by one in every column.
  let isRising = 1;
  let isFalling = 0;
  for (let block = first; block < end; block++) {
    const up = rise[from + block] ?? 0;
    const down = fall[from + block] ?? 0;
    const equal = occurrences[block] ?? 0;
    const vertical = equal | down;
    const matched = equal | isFalling;
    const horizontal = (((matched & up) + up) ^ up) | matched;
    const right = down | ~(horizontal | up);
    const left = up & horizontal;
    const shiftedRight = (right << 1) | isRising;
    rise[to + block] = (left << 1) | isFalling | ~(vertical | shiftedRight);
    fall[to + block] = shiftedRight & vertical;
    isRising = right >>> 31;
    isFalling = left >>> 31;
  }
  return isRising - isFalling;
}

/** Edits between the whole hypothesis and each beginning of the reference: element i is for its first i words. */
function distances(reference: Int32Array, hypothesis: Int32Array): Int32Array {
  const blocks = Math.ceil(reference.length / BLOCK_BITS);
  const occurrences = new Occurrences(reference, blocks);
  const rise = new Int32Array(blocks).fill(-1);
  const fall = new Int32Array(blocks);
  for (const word of hypothesis) advanceColumn(rise, fall, 0, 0, occurrences.bitsOf(word));

  const result = new Int32Array(reference.length + 1);
  let edits = hypothesis.length;
  result[0] = edits;
  for (let i = 0; i < reference.length; i++) {
    edits += bitAt(rise, i) - bitAt(fall, i);
    result[i + 1] = edits;
  }
  return result;
}

function bitAt(bits: Int32Array, position: number): number {
  return ((bits[position >>> 5] ?? 0) >>> (position & 31)) & 1;
}

/** Keeps every column and reads the alignment back from the last. */
function appendTraced(reference: Int32Array, hypothesis: Int32Array, out: OperationList): void {
  const blocks = Math.ceil(reference.length / BLOCK_BITS);
  const occurrences = new Occurrences(reference, blocks);
  // Column 0 is before the first word: every beginning of the reference is deleted, each difference is +1.
  const rise = new Int32Array(blocks * (hypothesis.length + 1)).fill(-1, 0, blocks);
  const fall = new Int32Array(blocks * (hypothesis.length + 1));
  for (const [index, word] of hypothesis.entries()) {
    advanceColumn(rise, fall, index * blocks, (index + 1) * blocks, occurrences.bitsOf(word));
  }

  const found = new Uint8Array(reference.length + hypothesis.length);
  let count = 0;
  let r = reference.length;
  let h = hypothesis.length;
  while (r > 0 && h > 0) {
    const row = (r - 1) >>> 5;
    const shift = (r - 1) & 31;
    if (reference[r - 1] === hypothesis[h - 1]) {
      found[count++] = HIT;
      r--;
      h--;
    } else if ((((rise[h * blocks + row] ?? 0) >>> shift) & 1) === 1) {
      found[count++] = DELETION;
      r--;
    } else if ((((fall[(h - 1) * blocks + row] ?? 0) >>> shift) & 1) === 0) {
      found[count++] = SUBSTITUTION;
      r--;
      h--;
    } else {
      found[count++] = INSERTION;
      h--;
    }
  }
  while (r-- > 0) found[count++] = DELETION;
  while (h-- > 0) found[count++] = INSERTION;
  out.appendReversed(found, count);
}
