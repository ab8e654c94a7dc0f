import { join } from 'node:path';
import { type Bed, withBed } from './bed.ts';
import { machineFacts } from './machine.ts';
import { writeReference, writeWav } from './wav.ts';

/**
 * How much of the time the places of a server are at work when the server alone decides how long it takes: time of files in the server / (places ×
 * time from the first audio to the last answer). The server takes the same time for every file.
 */
const FILES = Number(process.argv[2] ?? 80);
const SERVICE_MS = Number(process.argv[3] ?? 1_000);

interface Case {
  readonly name: string;
  readonly capacity: number;
  readonly saidCapacity?: number;
}

const CASES: readonly Case[] = [
  { name: '1 place', capacity: 1 },
  { name: '4 places', capacity: 4 },
  { name: '2 places, says 8', capacity: 2, saidCapacity: 8 },
];

async function measure(bed: Bed, { name, capacity }: Case): Promise<void> {
  // A whole number of rounds, so that no place is idle only because nothing is left.
  const files = Math.ceil((FILES * capacity) / 4 / capacity) * capacity;
  for (let seed = 0; seed < files; seed += 1) {
    const path = join(bed.mediaDir, `${seed}.wav`);
    await writeWav(path, { seed, durationSec: 5, rateHz: 16_000 });
    await writeReference(path, seed);
  }
  const run = await bed.prepare([bed.mediaDir]);
  const { received } = bed;
  await bed.runToEnd(run.id);
  const { firstMs, lastMs, busyMs, refused } = received;
  if (firstMs === null || lastMs === null) throw new Error('the server was not used');
  const useRatio = busyMs / (capacity * (lastMs - firstMs));
  const idleMs = (capacity * (lastMs - firstMs) - busyMs) / files;
  console.log(
    `utilisation: ${name}, ${files} files of ${SERVICE_MS} ms each: ${(useRatio * 100).toFixed(2)} % busy, ${idleMs.toFixed(2)} ms idle between two files, ${refused} refused`,
  );
}

for (const [index, entry] of CASES.entries()) {
  await withBed(
    async (bed) => {
      if (index === 0) console.log(await machineFacts(bed.mediaDir));
      await measure(bed, entry);
    },
    { capacity: entry.capacity, delayMs: SERVICE_MS, ...(entry.saidCapacity !== undefined && { saidCapacity: entry.saidCapacity }) },
  );
}
