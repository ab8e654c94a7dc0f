import { join } from 'node:path';
import { withBed, workedSec } from './bed.ts';
import { machineFacts } from './machine.ts';
import { writeReference, writeWav } from './wav.ts';

/** How many files a second go through claim, decode, send, score and durable commit when the server answers at once. */
const FILES = Number(process.argv[2] ?? 1_000);

await withBed(async (bed) => {
  console.log(await machineFacts(bed.mediaDir));
  for (let seed = 0; seed < FILES; seed += 1) {
    const path = join(bed.mediaDir, `${seed}.wav`);
    await writeWav(path, { seed, durationSec: 0.2, rateHz: 16_000 });
    await writeReference(path, seed);
  }
  const preparing = performance.now();
  const run = await bed.prepare([bed.mediaDir]);
  const preparedSec = (performance.now() - preparing) / 1_000;
  const cpuBefore = process.cpuUsage();
  const progress = await bed.runToEnd(run.id);
  const { user, system } = process.cpuUsage(cpuBefore);
  console.log(`preparation: ${FILES} files inspected and hashed, ${(FILES / preparedSec).toFixed(0)} a second`);
  console.log(
    `dispatch: ${progress.done} completions (${progress.counts?.referenceWords ?? 0} reference words scored), each durably committed, ${(progress.done / workedSec(progress)).toFixed(0)} a second`,
  );
  console.log(
    `dispatch: ${((user + system) / 1_000 / progress.done).toFixed(2)} ms of CPU of the owner per completion, its threads and the instant server included`,
  );
});
