import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { createClock } from '#main/platform/clock.ts';
import { createFileStore } from '#main/platform/fileStore.ts';
import { createHttpClient } from '#main/platform/httpClient.ts';
import { createPortProbe } from '#main/platform/portProbe.ts';
import { createRandom } from '#main/platform/random.ts';
import { createSpawner } from '#main/platform/spawner.ts';
import { freePort } from '#main/testing/freePorts.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { inBlocks } from '#main/testing/sampleClips.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { completeProfile, type ProfileDraft, type ServerProfile } from '#shared/contract/profiles.ts';
import type { ServerState } from '#shared/contract/servers.ts';
import { adapterFor } from './adapters/registry.ts';
import { createServerSupervisor, type ServerSupervisor, type ServerTarget } from './serverSupervisor.ts';

checkLeaks();

const FAULT_SERVER = fileURLToPath(new URL('../../testing/faultServer/main.ts', import.meta.url));
const never = new AbortController().signal;
const clock = createClock();

let dataDir: string;
let states: ServerState[];
let supervisor: ServerSupervisor;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'faults-'));
  states = [];
});
afterEach(async () => {
  await supervisor.stop();
  // The ledger and the log follow a process to its end by themselves.
  await expect.poll(() => open).toBe(0);
  await rm(dataDir, { recursive: true, force: true });
});

let open = 0;

/** A server that is started by a command, as a user would describe it. */
async function wanted(args: readonly string[], change: Partial<ProfileDraft> = {}): Promise<ServerTarget> {
  const profile = completeProfile({
    ...{ name: 'Faulty', mode: 'original', protocol: 'nightshift', port: await freePort(), warmUp: false },
    start: { kind: 'command', command: process.execPath, args: [...args] },
    ...change,
  });
  supervise(profile);
  return { profile, ownership: 'own', modelPath: '/models/one', windowSec: 2 };
}

function supervise(profile: ServerProfile): void {
  const http = createHttpClient();
  supervisor = createServerSupervisor({
    ...{ profile, clock, random: createRandom(), logger: silentLogger, files: createFileStore(), dataDir },
    spawner: createSpawner(),
    portProbe: createPortProbe(),
    http,
    adapterFor: (wantedProfile) => adapterFor(wantedProfile, { clock, http }),
    resources: {
      sample: () =>
        Promise.resolve({
          ...{
            atMs: 0,
            cpuPercent: null,
            memoryUsedBytes: null,
            memoryTotalBytes: null,
            ownRssBytes: 0,
            diskFreeBytes: null,
            diskTotalBytes: null,
          },
          gpus: [
            {
              index: 0,
              name: 'stand-in',
              utilizationPercent: 1,
              memoryUsedBytes: 5_000,
              memoryTotalBytes: 9_000,
              temperatureC: null,
              powerW: null,
            },
          ],
          servers: [],
        }),
    },
    onChange: (state) => states.push(state),
    ledger: {
      recordStart: () => Promise.resolve((open += 1)),
      recordPid: () => Promise.resolve(),
      recordEnd: () => {
        open -= 1;
        return Promise.resolve();
      },
    },
  });
}

function faults(fileFaults: object, more: readonly string[] = []): string[] {
  return [FAULT_SERVER, '--port', '{port}', '--file-faults', JSON.stringify(fileFaults), ...more];
}

async function transcribe(seconds = 0.1): Promise<string> {
  const session = await supervisor.openSession(never);
  const blocks = inBlocks(Buffer.alloc(Math.round(seconds * 16_000) * 4));
  try {
    const request = { mode: 'original', blocks, language: null, chunkSec: 2, windowSec: 2, pacing: 'asFast', signal: never } as const;
    return (await session.transcribe(request)).text;
  } finally {
    await session.close();
  }
}

function changes(): string[] {
  return states.map(({ status, reason }) => `${status} ${reason}`).filter((change, i, all) => change !== all[i - 1]);
}

test('a server that hangs in a file while it answers pings is suspected, photographed, ended and started again, and the file is told why', async () => {
  const target = await wanted(faults({ hangsMidFile: 1 }), { timeouts: { silenceLeastMs: 1_000 } });
  await supervisor.ensureReady(target, never);
  const { pid } = supervisor.state();
  await expect(transcribe()).rejects.toMatchObject({ code: 'SERVER_UNRESPONSIVE', data: { timeoutMs: 1_000, owedAudioSec: 0.1 } });
  await expect.poll(() => supervisor.state().status).toBe('backingOff');
  expect(supervisor.state().error).toMatchObject({
    code: 'SERVER_UNRESPONSIVE',
    data: {
      logTail: expect.stringContaining('ready'),
      gpuMemoryBytes: 5_000,
      ...(process.platform === 'linux' ? { rssBytes: expect.any(Number) } : {}),
    },
  });
  expect(changes()).toEqual([
    'starting wanted',
    'ready answered',
    'busy sessions',
    'suspect noProgress',
    'unresponsive noProgress',
    'crashed noProgress',
    'backingOff noProgress',
  ]);
  expect(() => process.kill(pid ?? 0, 0)).toThrow();
  await expect.poll(() => supervisor.state().status).toBe('ready');
});

test.each([
  ['console.error("ModuleNotFoundError: No module named \'torch\'"); process.exit(1)', 'SERVER_MODULE_MISSING', 'moduleMissing', 'stopped'],
  ['console.error("torch.OutOfMemoryError: CUDA out of memory."); process.exit(1)', 'SERVER_OUT_OF_MEMORY', 'outOfMemory', 'broken'],
  ['console.error("FileNotFoundError: No such file or directory: large.pt"); process.exit(1)', 'MODEL_MISSING', 'modelMissing', 'stopped'],
  ['console.error("sorry"); process.exit(5)', 'SERVER_EXITED', 'exitCode', 'broken'],
] as const)('a server that ends while it starts says why: %s', async (script, code, reason, status) => {
  const target = await wanted(['-e', script]);
  await expect(supervisor.ensureReady(target, never)).rejects.toMatchObject({ code, data: { logTail: expect.stringMatching(/\w/) } });
  expect(supervisor.state()).toMatchObject({ status, reason, error: { code }, pid: null });
});

test('a command that is not there is named', async () => {
  const target = await wanted([], { start: { kind: 'command', command: '/no/such/python' } });
  await expect(supervisor.ensureReady(target, never)).rejects.toMatchObject({ code: 'SERVER_COMMAND_MISSING' });
  expect(supervisor.state()).toMatchObject({ status: 'stopped', reason: 'commandMissing' });
});

test('a server that says nothing has until its deadline, and the error has its last lines', async () => {
  const target = await wanted(['-e', 'console.log("loading shard 1"); setInterval(() => 0, 1000)'], { ready: { deadlineMs: 1_000 } });
  await expect(supervisor.ensureReady(target, never)).rejects.toMatchObject({
    code: 'SERVER_START_TIMEOUT',
    data: { timeoutSec: 1, logTail: 'loading shard 1' },
  });
  expect(supervisor.state()).toMatchObject({ status: 'backingOff', reason: 'startTimeout' });
});

test('the placeholders, the GPU and a secret reach the command; the log has the secret nowhere, and a follower hears it live', async () => {
  const show =
    'console.log([process.argv[1], process.argv[2], process.env.CUDA_DEVICE_ORDER, process.env.CUDA_VISIBLE_DEVICES, process.env.HF_TOKEN].join(" ")); setInterval(() => 0, 1000)';
  const target = await wanted(['-e', show, '{model}', '{mode}-{window}'], {
    ...{ ready: { deadlineMs: 1_000, check: { kind: 'logLine', pattern: '^never$' } }, gpu: { deviceUuid: 'GPU-1234' } },
    start: { kind: 'command', command: process.execPath, args: ['-e', show, '{model}', '{mode}-{window}'], env: { HF_TOKEN: 'hf_sesame' } },
  });
  const heard: string[] = [];
  using _following = supervisor.lines.follow((line) => heard.push(line));
  await expect(supervisor.ensureReady(target, never)).rejects.toMatchObject({ code: 'SERVER_START_TIMEOUT' });
  expect(heard[0]).toBe('/models/one original-2 PCI_BUS_ID GPU-1234 [masked]');
  await supervisor.stop();
  await expect.poll(() => open).toBe(0);
  expect(await readFile(supervisor.logPath, 'utf8')).not.toContain('hf_sesame');
});

test('a log line says when to shake hands, a warm-up comes before the first file and is in no count', async () => {
  const journal = join(dataDir, 'journal');
  const target = await wanted(faults({}, ['--journal', journal]), {
    warmUp: true,
    recycle: { afterFiles: 2 },
    ready: { check: { kind: 'logLine', pattern: '^ready' } },
  });
  await supervisor.ensureReady(target, never);
  const files = async (): Promise<number> => (await readFile(journal, 'utf8')).split('\n').filter((line) => line.includes('"file"')).length;
  expect(await files()).toBe(1);
  expect(supervisor.state()).toMatchObject({ status: 'ready', sessions: 0 });
  expect(await transcribe()).toMatch(/^heard /);
  expect(await files()).toBe(2);
  expect(states.filter(({ reason }) => reason === 'recycledFiles')).toEqual([]);
});

/** Answers `GET` one after the other with these, the last again and again; 0 hangs up. */
async function loading(...answers: readonly number[]): Promise<ServerTarget> {
  const script = `
    const answers = ${JSON.stringify(answers)};
    require('node:http').createServer((request, response) => {
      const status = answers.length > 1 ? answers.shift() : answers[0];
      console.log(request.url, status);
      if (status === 0) request.socket.destroy();
      else response.writeHead(status).end();
    }).listen(Number(process.argv[1]), '127.0.0.1');`;
  return await wanted(['-e', script, '{port}'], {
    protocol: 'openai',
    ready: { check: { kind: 'http', path: '/loaded' } },
  });
}

test('a path over HTTP says when a server is ready; one that wants another key is not asked until the deadline', async () => {
  const slow = await loading(0, 503, 200);
  await supervisor.ensureReady(slow, never);
  expect(supervisor.lines.tail(3)).toEqual(['/loaded 503', '/loaded 200', '/loaded 200']);
  await supervisor.stop();
  const locked = await loading(401);
  await expect(supervisor.ensureReady(locked, never)).rejects.toMatchObject({ code: 'SERVER_REJECTED', data: { httpStatus: 401 } });
});

test('after so many files, between two of them, it is started anew; who comes meanwhile waits, and nobody counts it as a crash', async () => {
  const target = await wanted(faults({}), { recycle: { afterFiles: 3 } });
  await supervisor.ensureReady(target, never);
  const { pid } = supervisor.state();
  const isGone: boolean[] = [];
  for (let file = 0; file < 5; file += 1) {
    expect(await transcribe()).toMatch(/^heard /);
    isGone.push(supervisor.isGone());
  }
  expect(isGone).toEqual([false, false, false, false, false]);
  expect(supervisor.state()).toMatchObject({ status: 'ready', crashCount: 0 });
  expect(supervisor.state().pid).not.toBe(pid);
  expect(changes().slice(-8)).toContain('stopping recycledFiles');
});

test('a stop while it is being recycled is the last word', async () => {
  const target = await wanted(faults({}, ['--start-faults', '{"ignoresSigterm":2}']), {
    recycle: { afterFiles: 1 },
    timeouts: { stopGraceMs: 1_000 },
  });
  await supervisor.ensureReady(target, never);
  await transcribe();
  const next = supervisor.openSession(never).catch((error: unknown) => error);
  expect(changes().at(-1)).toBe('stopping recycledFiles');
  await supervisor.stop();
  expect(changes()).toEqual([
    'starting wanted',
    'ready answered',
    'busy sessions',
    'ready sessions',
    'stopping recycledFiles',
    'stopped recycledFiles',
  ]);
  expect(await next).toMatchObject({ code: 'SERVER_REFUSED' });
});

test.skipIf(process.platform !== 'linux')('above its memory it is started anew', async () => {
  const target = await wanted(faults({ leaksMemory: 1 }, ['--service-ms', '1500']), { recycle: { aboveMemoryMb: 150 } });
  await supervisor.ensureReady(target, never);
  const { pid } = supervisor.state();
  await expect
    .poll(async () => {
      await transcribe();
      return supervisor.state().pid;
    })
    .not.toBe(pid);
  expect(changes()).toContain('stopping recycledMemory');
  expect(supervisor.state().crashCount).toBe(0);
});

test('a server that falls back to the processor is shown to do so, unless that is wanted', async () => {
  const script = join(dataDir, 'fallback.mjs');
  await writeFile(
    script,
    `console.error('Please compile with -DSHERPA_ONNX_ENABLE_GPU=ON. Fallback to cpu!'); await import(${JSON.stringify(FAULT_SERVER)});`,
  );
  const target = await wanted([script, '--port', '{port}']);
  await supervisor.ensureReady(target, never);
  expect(supervisor.state().warnings).toEqual(['cpuFallback']);
  await supervisor.stop();
  const onCpu = { ...target, profile: { ...target.profile, gpu: 'cpu' as const } };
  supervise(onCpu.profile);
  await supervisor.ensureReady(onCpu, never);
  expect(supervisor.state().warnings).toEqual([]);
});

test('a server of S0 that decodes and answers nothing for seconds is not called foreign when the user says what it is', async () => {
  const server = new WebSocketServer({ noServer: true });
  const { createServer } = await import('node:http');
  const http = createServer((_request, response) => response.writeHead(426).end());
  // Its loop is busy: connections are accepted and not answered, as asyncio does while it decodes.
  http.on('upgrade', (request, socket, head) => {
    setTimeout(() => {
      server.handleUpgrade(request, socket, head, (client) => client.send('{"type":"hello","message":"Connected to original server"}'));
    }, 2_500);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => http.listen({ host: '127.0.0.1', port }, resolve));
  const profile = completeProfile({ name: 'Mine', mode: 'original', protocol: 's0', port, host: '127.0.0.1' });
  supervise(profile);
  const ready = await supervisor.ensureReady({ profile, ownership: 'running', modelPath: '', windowSec: 2 }, never);
  expect(ready.hello).toMatchObject({ protocol: 's0', capacity: 1 });
  expect(supervisor.state()).toMatchObject({ status: 'adopted', reason: 'external' });
  await supervisor.stop();
  for (const client of server.clients) client.terminate();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});
