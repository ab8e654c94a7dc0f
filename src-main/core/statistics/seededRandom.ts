/** Repeatable random numbers: the same seed gives the same numbers on every machine. */
export interface SeededRandom {
  /** A whole number from 0 to `count` − 1, each as likely as the others but for 1 in 2³² / count. */
  index(count: number): number;
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
  return {
    index(count) {
      const product = Math.imul(b, 5);
      const drawn = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
      return Math.floor((drawn / UINT32) * count);
    },
  };
}
