/** Repeatable random numbers: the same seed gives the same numbers on every machine. */
export interface SeededRandom {
  /** A whole number from 0 to `count` − 1, each as likely as the others but for 1 in 2³² / count. */
  index(count: number): number;
  /** As many of these as `target` has places. */
  fill(target: Int32Array, count: number): void;
}

const UINT32 = 2 ** 32;

/**
 * xoshiro128** with its state filled by splitmix32; period 2¹²⁸ − 1. Source: Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators" (ACM TOMS 47, 2021).
 * @param seed a whole number; taken modulo 2³²
 */
export function createSeededRandom(seed: number): SeededRandom {
  let filling = seed >>> 0;
  const fill = (): number => {
    filling = (filling + 0x9e_37_79_b9) >>> 0;
    let mixed = filling ^ (filling >>> 16);
    mixed = Math.imul(mixed, 0x21_f0_aa_ad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x73_5a_2d_97);
    return (mixed ^ (mixed >>> 15)) | 0;
  };
  let a = fill();
  let b = fill();
  let c = fill();
  let d = fill();
  const fillWith = (target: Int32Array, count: number): void => {
    const scale = count / UINT32;
    // State in variables of this function: millions of numbers are drawn at a time.
    let [p, q, r, t] = [a, b, c, d];
    for (let place = 0; place < target.length; place++) {
      const product = Math.imul(q, 5);
      const drawn = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
      const shifted = q << 9;
      r ^= p;
      t ^= q;
      q ^= r;
      p ^= t;
      r ^= shifted;
      t = (t << 11) | (t >>> 21);
      target[place] = Math.floor(drawn * scale);
    }
    [a, b, c, d] = [p, q, r, t];
  };
  const one = new Int32Array(1);
  return {
    fill: fillWith,
    index(count) {
      fillWith(one, count);
      return one[0] ?? 0;
    },
  };
}
