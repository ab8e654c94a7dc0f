import type { Sample } from '#shared/contract/resources.ts';
import type { Change } from '../store.ts';

/** Readings kept for the gauges: two minutes at one a second. */
export const KEPT_SAMPLES = 120;

export interface ResourcesSlice {
  /** Oldest first. */
  readonly samples: readonly Sample[];
  setSamples(samples: readonly Sample[]): void;
  addSample(sample: Sample): void;
}

export function createResourcesSlice(change: Change): ResourcesSlice {
  return {
    samples: [],
    setSamples: (samples) => change(() => ({ samples: samples.slice(-KEPT_SAMPLES) })),
    addSample: (sample) => change((state) => ({ samples: [...state.samples, sample].slice(-KEPT_SAMPLES) })),
  };
}
