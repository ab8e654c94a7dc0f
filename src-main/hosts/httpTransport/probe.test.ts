import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isAnswering } from './probe.ts';

const host = '127.0.0.1';

it('hears who listens at a port or a socket, and that nobody does', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-probe-'));
  const path = join(folder, 'socket');
  const [atPort, atPath] = [createServer().listen(0, host), createServer().listen(path)];
  await Promise.all([once(atPort, 'listening'), once(atPath, 'listening')]);
  const { port } = atPort.address() as AddressInfo;
  expect([await isAnswering({ port, host }), await isAnswering({ path })]).toEqual([true, true]);
  atPort.close();
  atPath.close();
  await Promise.all([once(atPort, 'close'), once(atPath, 'close')]);
  expect([await isAnswering({ port, host }), await isAnswering({ path })]).toEqual([false, false]);
  await rm(folder, { recursive: true });
});

it.skipIf(process.platform !== 'linux')(
  'takes a listener that does not even take connections for one, and does not wait for it',
  async () => {
    const script = `const s = require('node:net').createServer().listen({ port: 0, host: '${host}', backlog: 1 }, () => console.log(s.address().port))`;
    const hung = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const sockets: Socket[] = [];
    try {
      const [line] = (await once(hung.stdout, 'data')) as [Buffer];
      const port = Number(line.toString());
      hung.kill('SIGSTOP');
      // The system takes a few connections for it; once it takes no more, the next one waits.
      for (let isFull = false; !isFull;) {
        const socket = connect({ port, host });
        socket.on('error', () => undefined);
        sockets.push(socket);
        isFull = await Promise.race([
          once(socket, 'connect').then(() => false),
          new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 300)),
        ]);
      }
      expect(await isAnswering({ port, host }, 200)).toBe(true);
    } finally {
      for (const socket of sockets) socket.destroy();
      hung.kill('SIGKILL');
    }
  },
);
