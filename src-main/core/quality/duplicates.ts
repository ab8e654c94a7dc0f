import type { Mode } from '#shared/domain/mode.ts';
import { unitsOf } from './eastAsian.ts';
import { DUPLICATE_MIN_WORDS } from './thresholds.ts';
import type { Finding } from './checkResult.ts';

export interface DuplicateCandidate {
  readonly fileId: string;
  readonly mode: Mode;
  /** Content of the file; null when it is not known. */
  readonly sha256: string | null;
  readonly hypothesis: string;
  readonly reference: string | null;
}

interface First {
  readonly fileId: string;
  readonly sha256: string | null;
  readonly referenceKey: string | null;
}

/**
 * Finds the same recording under two names, and the same text for two different recordings. Each later file is reported once a mode, against the first one that was
 * added. Texts are compared by their words; two recordings whose transcripts agree are the same sentence read twice and no duplicate.
 */
export class DuplicateFinder {
  readonly #byContent = new Map<string, string>();
  readonly #byText = new Map<string, First>();

  add({ fileId, mode, sha256, hypothesis, reference }: DuplicateCandidate): Finding[] {
    const findings: Finding[] = [];
    if (sha256 !== null) {
      const key = `${mode} ${sha256}`;
      const first = this.#byContent.get(key);
      if (first === undefined) this.#byContent.set(key, fileId);
      else findings.push({ kind: 'duplicateAudio', facts: { fileId: first } });
    }

    const words = unitsOf(hypothesis);
    if (words.length < DUPLICATE_MIN_WORDS) return findings;
    const key = `${mode} ${words.join(' ')}`;
    const first = this.#byText.get(key);
    const referenceKey = reference === null ? null : unitsOf(reference).join(' ');
    if (first === undefined) this.#byText.set(key, { fileId, sha256, referenceKey });
    else if (!isSameRecording(first.sha256, sha256) && (referenceKey === null || referenceKey !== first.referenceKey)) {
      findings.push({ kind: 'duplicateText', facts: { fileId: first.fileId } });
    }
    return findings;
  }
}

function isSameRecording(left: string | null, right: string | null): boolean {
  return left !== null && left === right;
}
