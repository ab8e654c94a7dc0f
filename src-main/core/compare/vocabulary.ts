import type { Comparison } from '#shared/contract/compare.ts';
import type { AlignmentStep } from '#shared/domain/scores.ts';

type Vocabulary = Comparison['systems'][number]['vocabulary'];

/** Which distinct words of the references a system recognises; a word counts once however often it occurs. */
export class VocabularyTally {
  readonly #words = new Map<string, { occurrences: number; hits: number }>();

  add(steps: readonly AlignmentStep[]): void {
    for (const step of steps) {
      if (step.op === 'insertion') continue;
      let word = this.#words.get(step.reference);
      if (word === undefined) {
        word = { occurrences: 0, hits: 0 };
        this.#words.set(step.reference, word);
      }
      word.occurrences++;
      if (step.op === 'hit') word.hits++;
    }
  }

  finish(): Vocabulary {
    let recognisedOnce = 0;
    let recognisedAlways = 0;
    for (const { occurrences, hits } of this.#words.values()) {
      if (hits > 0) recognisedOnce++;
      if (hits === occurrences) recognisedAlways++;
    }
    const words = this.#words.size;
    return { words, recognisedOnce, recognisedAlways, accuracyRatio: words === 0 ? null : recognisedOnce / words };
  }
}
