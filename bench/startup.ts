import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { machineFacts } from './machine.ts';
import { median } from './median.ts';
import { freePort } from '#main/testing/freePorts.ts';

/** From the start of `serve` to its first answer, in a new data folder and in one that has been used. */
const STARTS = Number(process.argv[2] ?? 5);
const CLI = join(import.meta.dirname, '..', 'out', 'main', 'cli.js');

if (!existsSync(CLI)) throw new Error('there is no build: npm run build');
const folder = await mkdtemp(join(tmpdir(), 'nightshift-bench-'));
try {
  console.log(await machineFacts(folder));
  const fresh: number[] = [];
  const used: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    const dataDir = join(folder, `data-${start}`);
    fresh.push(await startMs(dataDir));
    used.push(await startMs(dataDir));
  }
  console.log(
    `serve answers after ${median(fresh).toFixed(0)} ms in a new data folder, ${median(used).toFixed(0)} ms in a used one (medians of ${STARTS})`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function startMs(dataDir: string): Promise<number> {
  const beganMs = performance.now();
  const child = spawn(process.execPath, [CLI, 'serve', '--no-open', '--json', '--port', String(await freePort()), '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const exited = once(child, 'exit');
  try {
    const url = await Promise.race([
      printedUrl(child.stdout),
      exited.then(() => Promise.reject(new Error(`serve ended before it answered: ${said}`))),
    ]);
    // Without a session it answers that a link is needed: it is there and it speaks.
    await (await fetch(url, { redirect: 'manual' })).text();
    return performance.now() - beganMs;
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

async function printedUrl(output: Readable): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const event: unknown = JSON.parse(line);
    if (typeof event === 'object' && event !== null && 'url' in event && typeof event.url === 'string') return event.url;
  }
  throw new Error('serve printed no address');
}
