import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { ModeProgress, RunSummary } from '#shared/contract/runs.ts';
import type { RunStatus } from '#shared/domain/run.ts';
import { createRuntime } from '#main/core/runtime.ts';
import { createNodePorts, type NodePorts } from '#main/platform/nodePorts.ts';
import { prepareDataDir } from '#main/platform/paths.ts';
import { assetsFolder } from '#main/programs/programPath.ts';
import { type InstantServer, type InstantServerOptions, startInstantServer } from '#main/testing/instantServer.ts';

/** A whole runtime in a fresh data folder with an instant speech server beside it. */
export interface Bed {
  readonly client: NightshiftClient;
  readonly ports: NodePorts;
  /** Empty folder for recordings. */
  readonly mediaDir: string;
  /** What the speech server saw. */
  readonly received: InstantServer['received'];
  /** A run of the original mode over `sources` on the instant server; resolves when its files are inspected. */
  prepare(sources: readonly string[]): Promise<RunSummary>;
  /** Starts it and resolves when it has ended. @throws Error unless every file is done */
  runToEnd(runId: number): Promise<ModeProgress>;
  /** Resolves with the first summary for which the condition holds. @throws Error when the run fails */
  until(runId: number, condition: (run: RunSummary) => boolean): Promise<RunSummary>;
}

/** Builds a bed, hands it over and clears everything away, also after a failure or Ctrl-C. */
export async function withBed(work: (bed: Bed) => Promise<void>, server: Omit<InstantServerOptions, 'mode'> = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-bench-'));
  const cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
  const interrupted = new Promise<never>((_, reject) => process.once('SIGINT', () => reject(new Error('interrupted'))));
  try {
    const dataDir = await prepareDataDir(join(folder, 'data'));
    const mediaDir = await prepareDataDir(join(folder, 'media'));
    const instant = await startInstantServer({ mode: 'original', ...server });
    cleanUp.defer(() => instant.close());
    const ports = createNodePorts({ dataDir });
    cleanUp.defer(() => ports.logger.close());
    const runtime = await createRuntime(ports, {
      dataDir,
      assetsDir: assetsFolder(),
      version: 'bench',
      host: 'library',
      bootId: ports.random.hex(16),
    });
    cleanUp.defer(() => runtime.close());
    await Promise.race([work(bedOf(runtime.client, ports, mediaDir, instant)), interrupted]);
  } finally {
    await cleanUp.disposeAsync();
  }
}

function bedOf(client: NightshiftClient, ports: NodePorts, mediaDir: string, instant: InstantServer): Bed {
  const options = {
    modes: ['original' as const],
    servers: 'running' as const,
    ports: { streaming: instant.port, chunked: instant.port, original: instant.port },
    cpuLimitPercent: 100,
    memoryLimitMb: 8_192,
  };

  const until = async (runId: number, condition: (run: RunSummary) => boolean): Promise<RunSummary> => {
    const found = Promise.withResolvers<RunSummary>();
    const look = (run: RunSummary): void => {
      const failed: readonly RunStatus[] = ['failed', 'interrupted'];
      if (condition(run)) found.resolve(run);
      else if (failed.includes(run.status)) found.reject(new Error(`the run ended as ${run.status}: ${JSON.stringify(run.error)}`));
    };
    const unsubscribe = client.subscribe((event) => {
      if (event.name === 'run.changed' && event.payload.id === runId) look(event.payload);
    });
    try {
      look(await client.request('runs.get', { runId }));
      return await found.promise;
    } finally {
      unsubscribe();
    }
  };

  return {
    client,
    ports,
    mediaDir,
    received: instant.received,
    until,
    async prepare(sources) {
      const run = await client.request('runs.create', { sources: [...sources], options });
      return await until(run.id, ({ status }) => status === 'ready');
    },
    async runToEnd(runId) {
      await client.request('runs.start', { runId, options });
      const run = await until(runId, ({ endedAtMs }) => endedAtMs !== null);
      const [progress] = run.modes;
      if (progress === undefined || progress.done !== run.itemCount)
        throw new Error(`not everything is done: ${JSON.stringify(run.totals)} ${JSON.stringify(run.error)}`);
      return progress;
    },
  };
}

/** Seconds a mode worked, from its first claim to its last commit. */
export function workedSec({ startedAtMs, endedAtMs }: ModeProgress): number {
  if (startedAtMs === null || endedAtMs === null) throw new Error('the mode has not run');
  return (endedAtMs - startedAtMs) / 1_000;
}
