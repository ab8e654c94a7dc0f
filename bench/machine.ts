import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { median } from './median.ts';

const SYNCS = 50;

/** What a figure depends on: processor, memory, system, Node, and how long the disk below `folder` takes to make 4 kB durable. */
export async function machineFacts(folder: string): Promise<string> {
  const cores = cpus();
  const syncMs = median(await syncTimesMs(join(folder, 'sync-test')));
  return [
    `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown processor'}`,
    `${(totalmem() / 1024 ** 3).toFixed(1)} GiB`,
    `${process.platform} ${release()} ${process.arch}`,
    `Node ${process.version}`,
    `one disk sync ${syncMs.toFixed(2)} ms (median of ${SYNCS})`,
  ].join(' · ');
}

async function syncTimesMs(path: string): Promise<number[]> {
  const file = await open(path, 'w');
  try {
    const times: number[] = [];
    for (let sync = 0; sync < SYNCS; sync += 1) {
      await file.write(randomBytes(4_096));
      const startMs = performance.now();
      await file.datasync();
      times.push(performance.now() - startMs);
    }
    return times;
  } finally {
    await file.close();
    await rm(path);
  }
}
