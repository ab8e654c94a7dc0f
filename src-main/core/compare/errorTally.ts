import type { Comparison, ErrorTally } from '#shared/contract/compare.ts';
import type { AlignmentStep } from '#shared/domain/scores.ts';

/** Kinds shown of each of substitutions, deletions and insertions. */
const MAX_TOP_ERRORS = 50;

type Op = 'substitution' | 'deletion' | 'insertion';

interface Kind {
  readonly op: Op;
  readonly reference: string | null;
  readonly hypothesis: string | null;
  readonly counts: number[];
}

/** Counts each kind of error by system; files keep the numbers of their kinds, so that those with a certain error are found without their texts. */
export class ErrorTallies {
  readonly #systems: number;
  readonly #numbers = new Map<string, number>();
  readonly #kinds: Kind[] = [];

  constructor(systems: number) {
    this.#systems = systems;
  }

  /** Adds what one system did in one file. @returns the kinds of error in it, each once */
  add(system: number, steps: readonly AlignmentStep[]): Uint32Array {
    const found = new Set<number>();
    for (const step of steps) {
      if (step.op === 'hit') continue;
      const reference = step.op === 'insertion' ? null : step.reference;
      const hypothesis = step.op === 'deletion' ? null : step.hypothesis;
      const number = this.#numberOf(step.op, reference, hypothesis);
      const kind = this.#kinds[number];
      if (kind !== undefined) kind.counts[system] = (kind.counts[system] ?? 0) + 1;
      found.add(number);
    }
    return Uint32Array.from(found);
  }

  /** Number of a kind of error; null where nobody made it. */
  find(reference: string | null, hypothesis: string | null): number | null {
    return this.#numbers.get(keyOf(reference, hypothesis)) ?? null;
  }

  /** The most frequent ones over all systems; equal ones in the order of their words. */
  top(): Comparison['topErrors'] {
    return { substitutions: this.#topOf('substitution'), deletions: this.#topOf('deletion'), insertions: this.#topOf('insertion') };
  }

  #topOf(op: Op): ErrorTally[] {
    return this.#kinds
      .filter((kind) => kind.op === op)
      .map(({ reference, hypothesis, counts }) => ({ reference, hypothesis, counts, total: counts.reduce((sum, count) => sum + count, 0) }))
      .toSorted(
        (left, right) =>
          right.total - left.total || (keyOf(left.reference, left.hypothesis) < keyOf(right.reference, right.hypothesis) ? -1 : 1),
      )
      .slice(0, MAX_TOP_ERRORS);
  }

  #numberOf(op: Op, reference: string | null, hypothesis: string | null): number {
    const key = keyOf(reference, hypothesis);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#kinds.length;
    this.#numbers.set(key, number);
    this.#kinds.push({ op, reference, hypothesis, counts: Array.from({ length: this.#systems }, () => 0) });
    return number;
  }
}

/** Words hold no white space, so that a tab can stand between two of them. */
function keyOf(reference: string | null, hypothesis: string | null): string {
  return `${reference ?? ''}\t${hypothesis ?? ''}`;
}
