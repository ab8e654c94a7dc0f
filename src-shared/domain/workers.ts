/** A worker is taken to need so much memory while nothing is known about it, GB (S3.14). */
const GB_PER_WORKER = 2;

/** How many workers a machine is good for: cores less one, or less two from eight on, as far as its memory goes, never under one (S3.14). */
export function suggestedWorkers(cpuCount: number, memoryTotalBytes: number): number {
  const byCores = cpuCount - (cpuCount >= 8 ? 2 : 1);
  return Math.max(1, Math.min(byCores, Math.floor(memoryTotalBytes / 1024 ** 3 / GB_PER_WORKER)));
}
