import { z } from 'zod';

/** Lower and upper bound. */
export const IntervalSchema = z.tuple([z.number(), z.number()]);

/** What the tests say of two systems over their common files. */
export const PairFiguresSchema = z.object({
  /** WER A − WER B of the common files; positive where A is worse. */
  difference: z.number().nullable(),
  /** 95 %, paired bootstrap. */
  interval: IntervalSchema.nullable(),
  /** Matched pairs on sentence segments (MAPSSWE); z is null where it is undefined, because all segments differ by the same. */
  segments: z.int(),
  z: z.number().nullable(),
  /** Of z; of the bootstrap where z is undefined; null where there are too few segments. */
  p: z.number().nullable(),
  /** After Holm's correction over the comparisons made together. */
  pHolm: z.number().nullable(),
  /** Exact, on files without any error in only one of the two. */
  mcnemarP: z.number().nullable(),
  verdict: z.enum(['aBetter', 'bBetter', 'notDistinguishable', 'notEnoughData']),
});
