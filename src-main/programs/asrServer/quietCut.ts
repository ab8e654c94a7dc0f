/** Length of the stretch that is searched for, 100 ms of samples. */
const QUIET_SAMPLES = 1_600;
/** Steps of the search, 10 ms. */
const STEP_SAMPLES = 160;
/** A cut lies on a whole millisecond of its piece. */
const MS_SAMPLES = 16;
/** Longest stretch at the end of a piece in which a cut is looked for, 10 s. */
const LONGEST_SEARCH_SAMPLES = 160_000;

/**
 * Where to cut a piece that is as long as a piece may be: in the middle of the quietest 100 ms of its last quarter (at most 10 s), so
 * that the cut falls between words where there is a pause. The last of equally quiet places wins. Nothing before the piece has a say.
 * @returns number of samples before the cut, 1 to `samples.length`
 */
export function quietCut(samples: Float32Array): number {
  const longest = Math.min(Math.floor(samples.length / 4), LONGEST_SEARCH_SAMPLES);
  const searchFrom = Math.ceil((samples.length - longest) / MS_SAMPLES) * MS_SAMPLES;
  if (samples.length - searchFrom < QUIET_SAMPLES) return samples.length;
  let best = samples.length;
  let bestEnergy = Infinity;
  for (let start = searchFrom; start + QUIET_SAMPLES <= samples.length; start += STEP_SAMPLES) {
    let energy = 0;
    for (let i = start; i < start + QUIET_SAMPLES; i += 1) {
      const value = samples[i] ?? 0;
      energy += value * value;
    }
    if (energy <= bestEnergy) {
      bestEnergy = energy;
      best = start + QUIET_SAMPLES / 2;
    }
  }
  return best;
}
