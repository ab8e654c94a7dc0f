import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTransportBackend } from '#main/hosts/transport.suite.ts';
import { attachSocketPath, connectAttachSocket, openAttachSocket } from './attachSocket.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-attach-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

function ask(socketPath: string, headers: Record<string, string>, path = '/rpc/settings.get'): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ socketPath, path, method: 'POST', headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on('error', reject);
    outgoing.end('{}');
  });
}

describe('attachSocketPath', () => {
  it('lies in the data folder while that is short enough, and the same for every spelling of it', () => {
    const path = attachSocketPath(folder);
    expect(path).toBe(join(folder, 'run', 'attach.sock'));
    expect(attachSocketPath(`${folder}/x/..`)).toBe(path);
  });

  it('fits a socket however long the data folder is, and differs between folders', () => {
    const long = join(folder, '한국어'.repeat(30));
    const path = attachSocketPath(long);
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107);
    expect(path).toBe(attachSocketPath(long));
    expect(path).not.toBe(attachSocketPath(`${long}2`));
  });
});

describe('openAttachSocket', () => {
  it('is for the user alone, and goes away on close', async () => {
    const socketPath = attachSocketPath(folder);
    const server = await openAttachSocket({ client: createTransportBackend().client, socketPath });
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'run'))).mode & 0o777).toBe(0o700);
    await server.close();
    await expect(stat(socketPath)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('narrows a folder of ours that others could enter', async () => {
    await mkdir(join(folder, 'run'));
    await chmod(join(folder, 'run'), 0o777);
    const server = await openAttachSocket({ client: createTransportBackend().client, socketPath: attachSocketPath(folder) });
    expect((await stat(join(folder, 'run'))).mode & 0o777).toBe(0o700);
    await server.close();
  });

  it('works where the data folder is too long for a socket', async () => {
    const long = join(folder, 'x'.repeat(120));
    const socketPath = attachSocketPath(long);
    const server = await openAttachSocket({ client: createTransportBackend().client, socketPath });
    const client = await connectAttachSocket({ socketPath });
    expect((await client.request('settings.get', {})).language).toBe('ko');
    await client.close();
    await server.close();
    await rm(join(socketPath, '..'), { recursive: true });
  });

  it('replaces the file of an owner that was killed', async () => {
    const socketPath = join(folder, 'attach.sock');
    const script = `require('node:net').createServer().listen(process.argv[1], () => console.log('listening'))`;
    const owner = spawn(process.execPath, ['-e', script, socketPath], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(owner.stdout, 'data');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect((await stat(socketPath)).isSocket()).toBe(true);
    const server = await openAttachSocket({ client: createTransportBackend().client, socketPath });
    const client = await connectAttachSocket({ socketPath });
    expect((await client.request('settings.get', {})).language).toBe('ko');
    await client.close();
    await server.close();
  });

  it('leaves a living owner alone', async () => {
    const socketPath = attachSocketPath(folder);
    const backend = createTransportBackend();
    const server = await openAttachSocket({ client: backend.client, socketPath });
    await expect(openAttachSocket({ client: backend.client, socketPath })).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' });
    const client = await connectAttachSocket({ socketPath });
    await client.close();
    await server.close();
  });

  it('trusts no folder that is a link', async () => {
    const elsewhere = join(folder, 'elsewhere');
    await mkdir(elsewhere, { mode: 0o700 });
    await symlink(elsewhere, join(folder, 'run'));
    const socketPath = attachSocketPath(folder);
    const notPrivate = { code: 'DATA_FOLDER_UNUSABLE', data: { path: join(folder, 'run'), reason: 'notPrivate' } };
    await expect(openAttachSocket({ client: createTransportBackend().client, socketPath })).rejects.toMatchObject(notPrivate);
    await expect(connectAttachSocket({ socketPath })).rejects.toMatchObject(notPrivate);
  });

  it('says DATA_FOLDER_UNUSABLE where a file is in the way, or a folder in the place of the socket', async () => {
    await writeFile(join(folder, 'run'), '');
    const socketPath = attachSocketPath(folder);
    const { client } = createTransportBackend();
    const notFolder = { code: 'DATA_FOLDER_UNUSABLE', data: { path: join(folder, 'run'), reason: 'notFolder' } };
    await expect(openAttachSocket({ client, socketPath })).rejects.toMatchObject(notFolder);
    await expect(connectAttachSocket({ socketPath })).rejects.toMatchObject(notFolder);
    await expect(openAttachSocket({ client, socketPath: join(folder, 'run', 'deeper', 'attach.sock') })).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
    });
    const taken = join(folder, 'taken', 'attach.sock');
    await mkdir(taken, { recursive: true });
    await expect(openAttachSocket({ client, socketPath: taken })).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
      data: { path: taken, detail: expect.stringContaining('EADDRINUSE') as string },
    });
  });

  it.skipIf(process.platform !== 'linux')('says DATA_FOLDER_UNUSABLE where the system lets nobody make a folder', async () => {
    await expect(
      openAttachSocket({ client: createTransportBackend().client, socketPath: '/proc/nightshift/attach.sock' }),
    ).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE', data: { path: '/proc/nightshift' } });
  });

  it('refuses what smells of a browser, a wrong host and a wrong content type', async () => {
    const socketPath = attachSocketPath(folder);
    const server = await openAttachSocket({ client: createTransportBackend().client, socketPath });
    const good = { host: 'localhost', 'content-type': 'application/json' };
    expect(await ask(socketPath, good)).toBe(200);
    expect(await ask(socketPath, { ...good, origin: 'http://localhost' })).toBe(403);
    expect(await ask(socketPath, { ...good, 'sec-fetch-site': 'same-origin' })).toBe(403);
    expect(await ask(socketPath, { ...good, host: 'evil.com' })).toBe(421);
    expect(await ask(socketPath, { ...good, 'content-type': 'text/plain' })).toBe(415);
    expect(await ask(socketPath, good, '/upload')).toBe(404);
    await server.close();
  });
});

describe('connectAttachSocket', () => {
  it('says CONNECTION_LOST where nobody listens', async () => {
    await expect(connectAttachSocket({ socketPath: attachSocketPath(folder) })).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await mkdir(join(folder, 'run'), { mode: 0o700 });
    await expect(connectAttachSocket({ socketPath: attachSocketPath(folder) })).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });
});
