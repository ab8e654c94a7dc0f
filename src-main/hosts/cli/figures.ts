/** A ratio as a percentage with two decimals; `–` where it is not defined. */
export function percent(ratio: number | null): string {
  return ratio === null ? '–' : `${(ratio * 100).toFixed(2)} %`;
}

export function percentInterval(interval: readonly [number, number] | null): string {
  return interval === null ? '' : ` (95 % interval ${(interval[0] * 100).toFixed(2)} to ${(interval[1] * 100).toFixed(2)})`;
}

/** A probability, after the effect it belongs to. */
export function pValue(p: number | null): string {
  return p === null ? 'undefined' : p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** `1 pair`, `2 pairs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Which of two systems is better, and by how much. @param werDelta WER A − WER B; null where it is not defined */
export function differenceOf(werDelta: number | null): string {
  if (werDelta === null) return 'There are no reference words: no difference of rates';
  if (werDelta === 0) return 'A and B have the same WER; A − B 0.00 points';
  const better = werDelta > 0 ? 'B' : 'A';
  return `${better} is better by ${Math.abs(werDelta * 100).toFixed(2)} points; A − B ${(werDelta * 100).toFixed(2)} points`;
}
