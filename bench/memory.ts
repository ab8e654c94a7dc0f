import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { withBed } from './bed.ts';
import { machineFacts } from './machine.ts';
import { writeWav } from './wav.ts';

/** Memory of the owner before, with a prepared run and with everything queued and the run paused. */
const ITEMS = Number(process.argv[2] ?? 10_000);

/** Least of some readings: garbage that was just not collected yet belongs to nobody. */
async function settledMb(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < 12; reading += 1) {
    await wait(250);
    least = Math.min(least, process.memoryUsage.rss());
  }
  return least / 1024 ** 2;
}

await withBed(
  async (bed) => {
    console.log(await machineFacts(bed.mediaDir));
    const emptyMb = await settledMb();
    for (let seed = 0; seed < ITEMS; seed += 1)
      await writeWav(join(bed.mediaDir, `${seed}.wav`), { seed, durationSec: 0.05, rateHz: 16_000 });
    const run = await bed.prepare([bed.mediaDir]);
    const preparedMb = await settledMb();
    await bed.client.request('runs.start', { runId: run.id, options: run.options });
    await bed.until(run.id, ({ totals }) => totals.done > 0);
    await bed.client.request('runs.pause', { runId: run.id });
    const { totals } = await bed.until(run.id, ({ status }) => status === 'paused');
    const queuedMb = await settledMb();
    console.log(
      `memory of the owner (resident, with its threads, without decoder and server): ${emptyMb.toFixed(0)} MB empty, ${preparedMb.toFixed(0)} MB with ${ITEMS} files prepared`,
    );
    console.log(`${queuedMb.toFixed(0)} MB with ${totals.queued} tasks queued (${totals.done} done, run paused)`);
    await bed.client.request('runs.stop', { runId: run.id });
  },
  { capacity: 1 },
);
