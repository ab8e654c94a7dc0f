import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createNodePorts } from '#main/platform/nodePorts.ts';
import { assetsFolder } from '#main/programs/programPath.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import type { Ports } from './ports.ts';
import { createRuntime, type Runtime } from './runtime.ts';
import { freePort } from '#main/testing/freePorts.ts';

checkLeaks();

let dataDir: string;
let serverPorts: { streaming: number; chunked: number; original: number };

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'nightshift-runtime-'));
  const [streaming = 0, chunked = 0, original = 0] = await Promise.all([freePort(), freePort(), freePort()]);
  serverPorts = { streaming, chunked, original };
});

afterEach(() => rm(dataDir, { recursive: true }));

async function open(change: (ports: Ports) => Partial<Ports> = () => ({})): Promise<Runtime> {
  const ports = createNodePorts({ dataDir });
  const runtime = await createRuntime(
    { ...ports, ...change(ports) },
    { dataDir, assetsDir: assetsFolder(), version: '0', host: 'library', bootId: 'boot-1', validateOutput: true },
  );
  await runtime.client.request('settings.update', { ports: serverPorts });
  return runtime;
}

test('a part that cannot be closed does not keep the servers from being ended', async () => {
  const runtime = await open(({ resources }) => ({
    resources: {
      sample: (servers) => resources.sample(servers),
      close: async () => {
        await resources.close();
        throw new Error('the probe will not close');
      },
    },
  }));
  const { pid, status } = await runtime.client.request('servers.start', { id: 'streaming' });
  expect(status).toBe('ready');
  await expect(runtime.close()).rejects.toThrow('the probe will not close');
  // It is our child: once it is ended it is collected.
  expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
});

test('while a run goes on nobody starts another server for its modes or stops theirs; those of other modes are free', async () => {
  const { client, close } = await open();
  const { id } = await client.request('runs.create', {
    sources: [join(assetsFolder(), 'samples', 'test-tiny', '1001')],
    options: { modes: ['streaming'], pacing: 'realTime' },
    startWhenReady: true,
  });
  await new Promise<void>((resolve) => {
    client.subscribe((event) => {
      if (event.name === 'run.stepped' && event.payload.step.step === 'taskFinished') resolve();
    });
  });
  const [before] = (await client.request('servers.list', {})).servers;
  const refusal = { code: 'RUN_STATE_CONFLICT', data: { runId: id, status: 'running' } };
  await expect(client.request('servers.start', { id: 'streaming' })).rejects.toMatchObject(refusal);
  await expect(client.request('servers.stop', { id: 'streaming' })).rejects.toMatchObject(refusal);
  const [after] = (await client.request('servers.list', {})).servers;
  expect(after).toMatchObject({ pid: before?.pid, port: serverPorts.streaming });
  expect((await client.request('servers.start', { id: 'original' })).status).toBe('ready');
  expect((await client.request('servers.stop', { id: 'original' })).status).toBe('stopped');
  await close();
});
