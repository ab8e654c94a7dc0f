import { QUALITY_KINDS, type QualityKind, type QualityWarning } from '#shared/contract/reports.ts';
import { inModeOrder, type Mode } from '#shared/domain/mode.ts';
import { findingText, type FindingFacts } from '#shared/texts/findingText.ts';
import type { Finding } from './checkResult.ts';

const MAX_EXAMPLES = 10;

interface Collected {
  results: number;
  readonly byMode: Map<Mode, number>;
  /** Modes and first facts of each file, in the order found. */
  readonly files: Map<string, { modes: Mode[]; readonly facts: FindingFacts }>;
}

/** Adds findings up: one warning for each kind, each file in it once, whatever the number of modes and of times it was found. */
export class WarningCollector {
  readonly #byKind = new Map<QualityKind, Collected>();

  /** The same kind for the same file and mode counts once. */
  add(fileId: string, mode: Mode, findings: readonly Finding[]): void {
    for (const { kind, facts } of findings) {
      const collected = this.#byKind.get(kind) ?? { results: 0, byMode: new Map(), files: new Map() };
      this.#byKind.set(kind, collected);
      const file = collected.files.get(fileId) ?? { modes: [], facts };
      if (file.modes.includes(mode)) continue;
      collected.files.set(fileId, file);
      file.modes.push(mode);
      collected.results++;
      collected.byMode.set(mode, (collected.byMode.get(mode) ?? 0) + 1);
    }
  }

  /** In the order of `QUALITY_KINDS`, kinds without findings left out. */
  warnings(): QualityWarning[] {
    return QUALITY_KINDS.flatMap((kind) => {
      const collected = this.#byKind.get(kind);
      if (collected === undefined) return [];
      const examples = [...collected.files]
        .slice(0, MAX_EXAMPLES)
        .map(([fileId, { modes, facts }]) => ({ fileId, modes: inModeOrder(modes), detail: findingText(kind, facts, 'en'), facts }));
      return [{ kind, results: collected.results, files: collected.files.size, byMode: Object.fromEntries(collected.byMode), examples }];
    });
  }
}
