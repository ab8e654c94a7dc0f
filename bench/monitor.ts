import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import type { ReadingFigure } from '#shared/domain/readings.ts';
import { EventBus } from '#main/core/events.ts';
import { openDatabase } from '#main/core/persistence/database.ts';
import { openWriter } from '#main/core/persistence/connection.ts';
import { readingWrites } from '#main/core/persistence/operations/readings.ts';
import { ResourceMonitor } from '#main/core/resources/resourceMonitor.ts';
import { runHistory } from '#main/core/resources/runHistory.ts';
import { createClock } from '#main/platform/clock.ts';
import { createResourceProbe } from '#main/platform/resourceProbe.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { buildSample } from '#main/testing/runBuilders.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { machineFacts } from './machine.ts';
import { median } from './median.ts';

/**
 * What watching the machine costs its owner at one reading a second with eight server processes, stored as in a run, against the same time without
 * it; and how long a day of readings takes to write and to answer. First argument: seconds of each half.
 */
const SECONDS = Number(process.argv[2] ?? 30);
const SERVERS = 8;
const DAY_SEC = 86_400;
const GB = 1024 ** 3;
/** As the panel asks. */
const DRAWN: readonly ReadingFigure[] = [
  'cpuPercent',
  'gpuUtilizationPercent',
  'memoryUsedBytes',
  'gpuMemoryUsedBytes',
  'ownRssBytes',
  'serversRssBytes',
];

const folder = await mkdtemp(join(tmpdir(), 'nightshift-bench-'));
await using cleanUp = new AsyncDisposableStack();
cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
console.log(await machineFacts(folder));
const path = join(folder, 'nightshift.db');
const planted = openWriter(path);
const watched = plantRun(planted, [], RunOptionsSchema.parse({}));
const day = plantRun(planted, [], RunOptionsSchema.parse({}));
plantDay();
planted.close();

const database = await openDatabase(path);
cleanUp.defer(() => database.close());
await measureCost();
for (const hours of [24, 4, 0.25]) await measureAnswer(hours);

async function measureCost(): Promise<void> {
  const children = Array.from({ length: SERVERS }, () =>
    // A worker thread each, as servers have.
    spawn(
      process.execPath,
      ['-e', `new (require('worker_threads').Worker)('setInterval(() => {}, 1e6)', { eval: true }); console.log('up')`],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    ),
  );
  cleanUp.defer(() => children.forEach((child) => child.kill('SIGKILL')));
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  const idle = await spent(SECONDS);
  const clock = createClock();
  const monitor = new ResourceMonitor({
    ...{ clock, logger: silentLogger, database, events: new EventBus(() => undefined) },
    probe: createResourceProbe({ dataDir: folder, clock, logger: silentLogger }),
    currentRunId: () => watched,
    servers: () => children.map(({ pid = 0 }, index) => ({ id: `server-${index}`, pid })),
    onSample: () => undefined,
  });
  monitor.start();
  await delay(2_000);
  const busy = await spent(SECONDS);
  const readings = monitor.history(900).length;
  await monitor.close();
  console.log(
    `${SERVERS} servers, ${readings} readings: ${percent(busy.coreRatio - idle.coreRatio)} of a core more than without (${percent(idle.coreRatio)}); ` +
      `longest stall ${busy.stallMs.toFixed(1)} ms, without ${idle.stallMs.toFixed(1)} ms`,
  );
}

async function spent(seconds: number): Promise<{ coreRatio: number; stallMs: number }> {
  const stalls = monitorEventLoopDelay({ resolution: 10 });
  stalls.enable();
  const before = process.cpuUsage();
  const startMs = performance.now();
  await delay(seconds * 1_000);
  const { user, system } = process.cpuUsage(before);
  stalls.disable();
  return { coreRatio: (user + system) / 1_000 / (performance.now() - startMs), stallMs: Math.max(0, stalls.max / 1e6 - 10) };
}

function plantDay(): void {
  // Planting is not what is measured, but how long the writer is held by one write is.
  planted.pragma('synchronous = OFF');
  const writesMs: number[] = [];
  const servers = Array.from({ length: SERVERS }, (_, index) => ({ id: `server-${index}`, rssBytes: index * GB, cpuPercent: index }));
  const gpu = {
    index: 0,
    name: 'Card',
    utilizationPercent: 90,
    memoryUsedBytes: 8 * GB,
    memoryTotalBytes: 24 * GB,
    temperatureC: 60,
    powerW: 250,
  };
  const startMs = Date.now() - DAY_SEC * 1_000;
  for (let sec = 0; sec < DAY_SEC; sec += 10) {
    const samples = Array.from({ length: 10 }, (_, index) =>
      buildSample({
        atMs: startMs + (sec + index) * 1_000,
        cpuPercent: (sec + index) % 101,
        memoryUsedBytes: 8 * GB,
        servers,
        gpus: [gpu],
      }),
    );
    const beforeMs = performance.now();
    planted.transaction(() => readingWrites.recordSamples(planted, { runId: day, samples }))();
    writesMs.push(performance.now() - beforeMs);
  }
  const sorted = writesMs.toSorted((left, right) => left - right);
  const at = (ratio: number): string => (sorted[Math.floor((sorted.length - 1) * ratio)] ?? 0).toFixed(1);
  console.log(
    `ten seconds of readings written in ${at(0.5)} ms (median), ${at(0.99)} ms (99 of 100), ${at(1)} ms (longest of ${sorted.length})`,
  );
}

async function measureAnswer(hours: number): Promise<void> {
  const timesMs: number[] = [];
  const { lastMs } = await database.read('readingBounds', { runId: day });
  let buckets = 0;
  for (let index = 0; index < 12; index++) {
    const toMs = lastMs ?? 0;
    const startMs = performance.now();
    const history = await runHistory(database, {
      ...{ runId: day, fromMs: toMs - hours * 3_600_000, toMs, points: 2_000 },
      figures: DRAWN,
    });
    buckets = history.atMs.length;
    if (index > 0) timesMs.push(performance.now() - startMs);
  }
  console.log(
    `${hours} h of history: ${buckets} buckets in ${median(timesMs).toFixed(0)} ms (median), ${Math.max(...timesMs).toFixed(0)} ms at most`,
  );
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(2)} %`;
}
