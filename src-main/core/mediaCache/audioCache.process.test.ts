import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunOptions } from '#shared/contract/runs.ts';
import { MODES } from '#shared/domain/mode.ts';
import { createNodePorts } from '#main/platform/nodePorts.ts';
import { assetsFolder } from '#main/programs/programPath.ts';
import { type InstantServer, startInstantServer } from '#main/testing/instantServer.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { wavBytes } from '#main/testing/wavBytes.ts';
import { createRuntime, type Runtime } from '../runtime.ts';

checkLeaks();

const FILES = 5;

let folder: string;
let servers: InstantServer[];
/** What the decoder processes were asked for. */
let decodes: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-cache-'));
  decodes = 0;
  servers = [];
  for (const mode of MODES) servers.push(await startInstantServer({ mode }));
  await mkdir(join(folder, 'media'));
  for (let seed = 0; seed < FILES; seed += 1)
    await writeFile(
      join(folder, 'media', `${seed}.wav`),
      wavBytes(Float32Array.from({ length: 48_000 + 160 * seed }, (_, at) => Math.sin(at * (0.1 + seed / 50)) / 3)),
    );
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await rm(folder, { recursive: true });
});

async function open(): Promise<Runtime> {
  const dataDir = join(folder, 'data');
  await mkdir(dataDir, { recursive: true });
  const ports = createNodePorts({ dataDir });
  const { spawner } = ports;
  return await createRuntime(
    {
      ...ports,
      spawner: {
        ...spawner,
        spawnProgram: async (program, options) => {
          const child = await spawner.spawnProgram(program, options);
          const write = child.stdin.write.bind(child.stdin);
          child.stdin.write = ((data: Buffer | string, ...rest: []) => {
            decodes += String(data).split('"type":"decode"').length - 1;
            return write(data, ...rest);
          }) as typeof child.stdin.write;
          return child;
        },
      },
    },
    { dataDir, assetsDir: assetsFolder(), version: '0', host: 'library', bootId: 'boot-1', validateOutput: true },
  );
}

async function runAll({ client }: Runtime): Promise<void> {
  const [streaming = 0, chunked = 0, original = 0] = servers.map(({ port }) => port);
  const options: Partial<RunOptions> = { modes: [...MODES], modesAtOnce: 1, servers: 'running', ports: { streaming, chunked, original } };
  const { promise, resolve } = Promise.withResolvers<void>();
  client.subscribe((event) => {
    if (event.name === 'run.changed' && event.payload.endedAtMs !== null) {
      expect(event.payload.totals.done).toBe(FILES * MODES.length);
      resolve();
    }
  });
  await client.request('runs.create', { sources: [join(folder, 'media')], options, startWhenReady: true });
  await promise;
}

const heard = (): unknown[] => servers.map(({ received: { files, bytes } }) => ({ files, bytes }));

test('a run in three modes decodes each file once, and every server hears the same', async () => {
  const runtime = await open();
  await runAll(runtime);
  expect(decodes).toBe(FILES);
  const [first, second, third] = heard();
  expect(second).toEqual(first);
  expect(third).toEqual(first);
  const usage = await runtime.client.request('storage.cache', {});
  expect(usage).toMatchObject({ audioFiles: FILES, knownFiles: FILES });
  expect(usage.audioBytes).toBeGreaterThan(FILES * 3 * 64_000);
  const { kinds } = await runtime.client.request('storage.usage', {});
  expect(kinds.find(({ kind }) => kind === 'cache')).toMatchObject({ bytes: usage.audioBytes, count: FILES });
  expect(await runtime.client.request('storage.emptyCache', {})).toEqual(usage);
  expect(await runtime.client.request('storage.cache', {})).toEqual({ audioBytes: 0, audioFiles: 0, knownFiles: 0 });
  await runtime.close();
  expect(await readdir(join(folder, 'data', 'cache', 'audio'))).toEqual([]);
});

test('without a cache each mode decodes', async () => {
  const runtime = await open();
  await runtime.client.request('settings.update', { audioCacheMb: 0 });
  await runAll(runtime);
  expect(decodes).toBe(FILES * MODES.length);
  expect(await runtime.client.request('storage.cache', {})).toMatchObject({ audioFiles: 0, knownFiles: FILES });
  await runtime.close();
});
