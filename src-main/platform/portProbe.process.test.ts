import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { startSpeechServer } from '#main/testing/speechServerProcess.ts';
import { createPortProbe } from './portProbe.ts';

checkLeaks();
const probe = createPortProbe();

async function hold(host: string, server: Server = createServer()): Promise<{ port: number; release: () => Promise<void> }> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    release: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('a port that nobody holds is free', async () => {
  const { port, release } = await hold('127.0.0.1');
  await release();
  expect(await probe.inspect(port)).toEqual({ kind: 'free' });
});

test('one of ours is known by its token, also while it loads', async () => {
  const server = await startSpeechServer('original', { until: /listening on/ });
  expect(await probe.inspect(server.port)).toEqual({ kind: 'nightshift', instance: 'test-instance', pid: server.child.pid });
  await server.stop();
});

test('a server of S0 is known by its greeting, and is left with no connection', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  server.on('connection', (socket) => socket.send('{"type":"hello","message":"Connected to streaming server"}'));
  const { port } = server.address() as AddressInfo;
  expect(await probe.inspect(port)).toEqual({ kind: 's0', greeting: 'Connected to streaming server' });
  while (server.clients.size > 0) await new Promise(setImmediate);
  server.close();
});

test('a WebSocket server that does not greet is foreign', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  expect(await probe.inspect((server.address() as AddressInfo).port)).toMatchObject({ kind: 'foreign' });
  for (const socket of server.clients) socket.terminate();
  server.close();
});

test('something silent on the other stack alone is foreign too', async () => {
  const { port, release } = await hold('::1');
  expect(await probe.inspect(port)).toMatchObject({ kind: 'foreign' });
  await release();
});

test.skipIf(process.platform !== 'linux')('a foreign program is named with its process', async () => {
  const script =
    'require("http").createServer((q, r) => r.end("hi")).listen(0, "127.0.0.1", function () { console.log(this.address().port) })';
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  expect(await probe.inspect(Number(text.toString()))).toEqual({ kind: 'foreign', pid: child.pid, program: 'node -e' });
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('an aborted look is cancelled', async () => {
  await expect(probe.inspect(1, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
});

test.skipIf(process.platform !== 'linux')('a port is held by what we started, also when that dropped its environment', async () => {
  const script = 'require("net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port) })';
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'], env: {}, detached: true });
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1_000)'], { stdio: 'ignore', detached: true });
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(text.toString());
  expect(await probe.isHeldBy(port, { pid: child.pid ?? 0, instance: 'ours' })).toBe(true);
  expect(await probe.isHeldBy(port, { pid: stranger.pid ?? 0, instance: 'ours' })).toBe(false);
  for (const started of [child, stranger]) {
    started.kill('SIGKILL');
    await once(started, 'exit');
  }
  expect(await probe.isHeldBy(port, { pid: child.pid ?? 0, instance: 'ours' })).toBe(null);
});
