import type { Word } from '../asrAdapter.ts';
import { joinPieces } from './wordTimes.ts';

/** Tokens of sherpa-onnx as words. A token lasts until the next one begins; `▁` is the space of its vocabularies. Probabilities are logarithms. */
export function sherpaWords(
  tokens: readonly string[],
  timestampsSec: readonly number[],
  logProbabilities: readonly number[],
  options: { readonly durationsSec?: readonly number[]; readonly offsetSec?: number } = {},
): Word[] {
  const { durationsSec = [], offsetSec = 0 } = options;
  // Some models give text without times.
  if (tokens.length !== timestampsSec.length) return [];
  return joinPieces(
    tokens.map((token, index) => {
      const startSec = timestampsSec[index] ?? 0;
      const durationSec = durationsSec[index];
      const endSec = durationSec === undefined ? (timestampsSec[index + 1] ?? startSec) : startSec + durationSec;
      const logProbability = logProbabilities[index];
      return {
        text: token.replaceAll('▁', ' '),
        startSec: startSec + offsetSec,
        endSec: endSec + offsetSec,
        probability: logProbability === undefined ? null : Math.exp(logProbability),
      };
    }),
  );
}
