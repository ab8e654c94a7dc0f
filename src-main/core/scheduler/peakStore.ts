import type { Database } from '../persistence/database.ts';
import type { Logger } from '../ports.ts';
import type { MemoryPeaks } from './admission.ts';
import { LearnedPeaks } from './learnedPeaks.ts';

/** Peaks as they outlive a run. What cannot be read or written is learnt anew: never a reason to stop a run. */
export class PeakStore {
  readonly peaks: MemoryPeaks = { own: new LearnedPeaks('own'), machine: new LearnedPeaks('machine') };
  readonly #database: Database;
  readonly #logger: Logger;

  constructor({ database, logger }: { database: Database; logger: Logger }) {
    this.#database = database;
    this.#logger = logger;
  }

  async load(): Promise<void> {
    try {
      const stored = await this.#database.read('storedPeaks');
      this.peaks.own.restore(stored);
      this.peaks.machine.restore(stored);
    } catch (error) {
      this.#logger.warn('could not read what tasks were seen to need', { error: String(error) });
    }
  }

  async save(): Promise<void> {
    const peaks = [...this.peaks.own.takeChanged(), ...this.peaks.machine.takeChanged()];
    if (peaks.length === 0) return;
    try {
      await this.#database.write('storePeaks', { peaks });
    } catch (error) {
      this.#logger.warn('could not keep what tasks were seen to need', { error: String(error) });
    }
  }
}
