import { join } from 'node:path';
import { type InstantServer, startInstantServer } from '#main/testing/instantServer.ts';
import { MODES } from '#shared/domain/mode.ts';
import { withBed } from './bed.ts';
import { machineFacts } from './machine.ts';
import { writeWav } from './wav.ts';

/** All three modes one after another and at once, on a server each that takes the same time for every file; and how much sooner the latter ends. */
const FILES = Number(process.argv[2] ?? 20);
const SERVICE_MS = Number(process.argv[3] ?? 500);

const tookSec: number[] = [];
for (const modesAtOnce of [1, 3]) {
  await withBed(async (bed) => {
    if (modesAtOnce === 1) console.log(await machineFacts(bed.mediaDir));
    for (let seed = 0; seed < FILES; seed += 1) {
      await writeWav(join(bed.mediaDir, `${seed}.wav`), { seed, durationSec: 2, rateHz: 16_000 });
    }
    const servers: InstantServer[] = [];
    try {
      for (const mode of MODES) servers.push(await startInstantServer({ mode, capacity: 1, delayMs: SERVICE_MS }));
      const [streaming, chunked, original] = servers.map(({ port }) => port);
      if (streaming === undefined || chunked === undefined || original === undefined) throw new Error('a server did not start');
      const options = {
        modes: [...MODES],
        modesAtOnce,
        servers: 'running' as const,
        ports: { streaming, chunked, original },
        cpuLimitPercent: 100,
        memoryLimitMb: 8_192,
      };
      const created = await bed.client.request('runs.create', { sources: [bed.mediaDir], options });
      await bed.until(created.id, ({ status }) => status === 'ready');
      await bed.client.request('runs.start', { runId: created.id, options });
      const run = await bed.until(created.id, ({ endedAtMs }) => endedAtMs !== null);
      if (run.totals.done !== FILES * MODES.length) throw new Error(`not everything is done: ${JSON.stringify(run.totals)}`);
      const sec = ((run.endedAtMs ?? 0) - (run.startedAtMs ?? 0)) / 1_000;
      tookSec.push(sec);
      const name = modesAtOnce === 1 ? 'one after another' : 'at once';
      console.log(`modes ${name}: ${FILES} files of ${SERVICE_MS} ms in each of 3 modes: ${sec.toFixed(1)} s`);
    } finally {
      await Promise.all(servers.map((server) => server.close()));
    }
  });
}
const [after = 0, together = 1] = tookSec;
console.log(`modes at once end ${(after / together).toFixed(2)} times as soon`);
