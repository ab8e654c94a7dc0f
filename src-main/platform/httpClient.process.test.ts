import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createHttpClient } from './httpClient.ts';

const http = createHttpClient();
const never = new AbortController().signal;
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function serverThat(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  ends.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://localhost:${(server.address() as AddressInfo).port}/there`;
}

test('sends method, headers and a body of known length, and brings status, headers and text', async () => {
  let seen: unknown;
  const url = await serverThat((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method, headers } = request;
      seen = {
        method,
        path: request.url,
        length: headers['content-length'],
        kind: headers['x-kind'],
        body: Buffer.concat(parts).toString(),
      };
      response.writeHead(418, { 'retry-after': '7' }).end('감사합니다');
    });
  });
  let progress = 0;
  const answer = await http.send({
    method: 'POST',
    url,
    headers: { 'x-kind': 'k' },
    body: [Buffer.from('one '), Buffer.from('two')],
    signal: never,
    onProgress: () => (progress += 1),
  });
  expect(seen).toEqual({ method: 'POST', path: '/there', length: '7', kind: 'k', body: 'one two' });
  expect(answer).toMatchObject({ status: 418, body: '감사합니다', headers: { 'retry-after': '7' } });
  expect(progress).toBeGreaterThanOrEqual(3);
});

test('an answer that comes before the body was read is heard', async () => {
  const url = await serverThat((_request, response) => response.writeHead(413).end('too large'));
  const answer = await http.send({ method: 'POST', url, body: [Buffer.alloc(1_000)], signal: never });
  expect(answer).toMatchObject({ status: 413, body: 'too large' });
});

test('nobody there, a connection that breaks before or in the answer, and an abort each have their code', async () => {
  const url = await serverThat((request) => request.socket.destroy());
  await expect(http.send({ method: 'GET', url, signal: never })).rejects.toMatchObject({
    code: 'CONNECTION_LOST',
    data: { port: Number(new URL(url).port) },
  });

  const half = await serverThat((request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => request.socket.destroy());
  });
  await expect(http.send({ method: 'GET', url: half, signal: never })).rejects.toMatchObject({ code: 'CONNECTION_LOST' });

  const free = createTcpServer();
  await new Promise<void>((resolve) => free.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  await expect(http.send({ method: 'GET', url: `http://localhost:${port}`, signal: never })).rejects.toMatchObject({
    code: 'SERVER_REFUSED',
  });

  const stop = new AbortController();
  const silent = await serverThat(() => stop.abort());
  await expect(http.send({ method: 'GET', url: silent, signal: stop.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(http.send({ method: 'GET', url: silent, signal: stop.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('what answers in another language is a lost connection', async () => {
  const server = createTcpServer((socket) =>
    socket
      .on('error', () => undefined)
      .resume()
      .end('SSH-2.0-OpenSSH_9.2\r\n'),
  );
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  ends.push(async () => await new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  await expect(http.send({ method: 'GET', url: `http://localhost:${port}`, signal: never })).rejects.toMatchObject({
    code: 'CONNECTION_LOST',
  });
});

test('an answer that never ends is told as the fault of the server, not of the connection', async () => {
  const url = await serverThat((_request, response) => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const write = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', write);
    write();
  });
  await expect(http.send({ method: 'GET', url, signal: never })).rejects.toMatchObject({
    code: 'SERVER_BAD_RESPONSE',
    data: { detail: 'the answer is longer than 64 MiB' },
  });
});
