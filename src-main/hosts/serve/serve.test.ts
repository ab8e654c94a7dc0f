import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect, createServer } from 'node:net';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { NightshiftClient } from '#shared/contract/client.ts';
import { createHttpClient } from '#main/hosts/httpTransport/httpClient.ts';
import { createTransportBackend, describeTransport, type TransportBackend } from '#main/hosts/transport.suite.ts';
import { createPanelLink } from './serveFiles.ts';
import { startServe, type ServedPanel } from './startServe.ts';

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Names are lower case; a value of null leaves the header out. */
type Headers = Readonly<Record<string, string | null>>;

let folder: string;
let rendererDir: string;
let dataDir: string;
let backend: TransportBackend;
let panel: ServedPanel;
let cookie: string;

function send(
  method: string,
  path: string,
  headers: Headers = {},
  body: string | Buffer = '',
  to: { port: number; host?: string } = { port: panel.port },
): Promise<Reply> {
  const given = Object.entries({ ...(body.length > 0 ? { 'content-length': String(Buffer.byteLength(body)) } : {}), ...headers });
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      method,
      path,
      port: to.port,
      host: to.host ?? '127.0.0.1',
      agent: false,
      headers: Object.fromEntries(given.filter(([, value]) => value !== null)) as Record<string, string>,
      setHost: !('host' in headers),
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.end(body);
  });
}

function host(): string {
  return `127.0.0.1:${panel.port}`;
}

/** Headers of our own page in a browser that is logged in. */
function own(extra: Headers = {}): Headers {
  return {
    host: host(),
    origin: `http://${host()}`,
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/json',
    cookie,
    ...extra,
  };
}

function tokenOf(link: string): string {
  return new URLSearchParams(new URL(link).hash.slice(1)).get('token') ?? '';
}

async function enter(link: string, served: ServedPanel = panel): Promise<Reply> {
  const at = `127.0.0.1:${served.port}`;
  const headers = { host: at, origin: `http://${at}`, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' };
  return send('POST', '/enter', headers, JSON.stringify({ token: tokenOf(link) }), { port: served.port });
}

function cookieOf(reply: Reply): string {
  return reply.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

/** Status of a WebSocket handshake: 101 or the refusal's. */
function handshake(headers: Headers, path = '/events'): Promise<number> {
  return new Promise((resolve, reject) => {
    const lines = Object.entries({
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16, 7).toString('base64'),
      ...headers,
    }).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
    const socket = connect({ port: panel.port, host: '127.0.0.1' }, () =>
      socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`),
    );
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
      if (status === undefined) return;
      socket.destroy();
      resolve(Number(status));
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(0));
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-serve-'));
  rendererDir = join(folder, 'renderer');
  dataDir = join(folder, 'data');
  await mkdir(join(rendererDir, 'assets'), { recursive: true });
  await mkdir(dataDir);
  await writeFile(join(rendererDir, 'index.html'), '<!doctype html><html><head><title>panel</title></head><body>panel</body></html>');
  await writeFile(join(rendererDir, 'assets', 'index-abc.js'), 'export const answer = 42;');
  await writeFile(join(rendererDir, '.hidden.js'), 'hidden');
  await writeFile(join(folder, 'secret.txt'), 'outside');
  await symlink(join(folder, 'secret.txt'), join(rendererDir, 'assets', 'link.txt'));
  backend = createTransportBackend();
  panel = await startServe({ client: backend.client, rendererDir, dataDir, port: 0 });
  cookie = cookieOf(await enter(panel.link));
});
afterEach(async () => {
  await panel.close();
  await rm(folder, { recursive: true });
});

describe('the gate', () => {
  const RPC = '/rpc/settings.get';

  it('lets our own page through: request, event stream, upload and file', async () => {
    expect((await send('POST', RPC, own(), '{}')).status).toBe(200);
    expect((await send('GET', '/assets/index-abc.js', own({ origin: null, 'content-type': null }))).status).toBe(200);
    const created = await send('POST', '/upload', own({ 'content-type': null }));
    expect(created.status).toBe(200);
    const { sessionId } = (JSON.parse(created.body) as { data: { sessionId: string } }).data;
    // The runs of this backend cannot be asked, so nothing is removed; but the gate is passed.
    expect((await send('DELETE', `/upload/${sessionId}`, own({ 'content-type': null }))).body).toContain('NOT_AVAILABLE_HERE');
    expect(await handshake({ host: host(), origin: `http://${host()}`, cookie })).toBe(101);
  });

  it.each(['localhost', '127.0.0.1', '[::1]'])('answers as %s', async (name) => {
    const at = `${name}:${panel.port}`;
    expect((await send('POST', RPC, own({ host: at, origin: `http://${at}` }), '{}')).status).toBe(200);
  });

  it('listens on both loopback addresses and on no other', async () => {
    const overSix = await send('GET', '/', { host: `[::1]:${panel.port}`, cookie }, '', { port: panel.port, host: '::1' }).catch(
      (error: unknown) => ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? 'refused' : 'no IPv6'),
    );
    expect(overSix).not.toBe('refused');
    const { networkInterfaces } = await import('node:os');
    const outside = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter((one) => !one.internal && one.family === 'IPv4');
    for (const { address } of outside) {
      await expect(send('GET', '/', { host: host(), cookie }, '', { port: panel.port, host: address })).rejects.toMatchObject({
        code: 'ECONNREFUSED',
      });
    }
  });

  const badHosts = [
    '127.evil.com',
    '127.0.0.1.evil.com',
    'evil.com',
    'localhost.evil.com',
    'localhost',
    '127.0.0.1',
    '127.0.0.1:1',
    '0.0.0.0:PORT',
    '127.0.0.2:PORT',
    '127.1:PORT',
    '2130706433:PORT',
    '0x7f000001:PORT',
    '[::]:PORT',
    '[::ffff:127.0.0.1]:PORT',
    'LOCALHOST:PORT',
    'localhost.:PORT',
    'rebound.example:PORT',
    'evil.com:PORT',
    'user@127.0.0.1:PORT',
    '127.0.0.1:PORT@evil.com',
    '127.0.0.1:PORT, evil.com',
    '127.0.0.1:0PORT',
    '',
  ];
  // A rebound page is same-origin with itself: Host and Origin agree, and the cookie is even there.
  it.each(badHosts)('refuses the host %j for every method and upgrade', async (template) => {
    const name = template.replace('PORT', String(panel.port));
    const headers = own({ host: name, origin: `http://${name}` });
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      expect({ method, status: (await send(method, RPC, headers)).status }).toEqual({ method, status: 421 });
    }
    expect((await send('GET', '/', own({ host: name, origin: null }))).status).toBe(421);
    expect(await handshake({ host: name, origin: `http://${name}`, cookie })).toBe(421);
  });

  const badOrigins = [
    'null',
    '',
    'http://evil.com',
    'http://127.evil.com:PORT',
    'https://127.0.0.1:PORT',
    'http://127.0.0.1',
    'http://127.0.0.1:PORT.evil.com',
    'http://127.0.0.1:PORT/',
    'http://localhost:PORT',
    'http://localhost:3000',
    'HTTP://127.0.0.1:PORT',
    'file://',
    'chrome-extension://abcdef',
    'http://127.0.0.1:PORT, http://evil.com',
    'http://user@127.0.0.1:PORT',
  ];
  it.each(badOrigins)('refuses the origin %j for everything', async (template) => {
    const origin = template.replace('PORT', String(panel.port));
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/assets/index-abc.js'],
      ['POST', RPC],
      ['POST', '/upload'],
      ['PUT', `/upload/${'0'.repeat(32)}/a.wav`],
      ['DELETE', `/upload/${'0'.repeat(32)}`],
      ['POST', '/enter'],
      ['DELETE', RPC],
      ['OPTIONS', RPC],
    ] as const) {
      expect({ method, path, status: (await send(method, path, own({ origin }))).status }).toEqual({ method, path, status: 403 });
    }
    expect(await handshake({ host: host(), origin, cookie })).toBe(403);
  });

  it('refuses to change anything or to stream without an origin', async () => {
    for (const [method, path] of [
      ['POST', RPC],
      ['POST', '/upload'],
      ['PUT', `/upload/${'0'.repeat(32)}/a.wav`],
      ['DELETE', `/upload/${'0'.repeat(32)}`],
      ['POST', '/enter'],
    ] as const) {
      expect((await send(method, path, own({ origin: null }), '{}')).status).toBe(403);
      expect((await send(method, path, own({ origin: null, 'sec-fetch-site': null }), '{}')).status).toBe(403);
    }
    expect(await handshake({ host: host(), cookie })).toBe(403);
    expect(await handshake({ host: host(), cookie, 'sec-fetch-site': 'same-origin' })).toBe(403);
  });

  it.each(['cross-site', 'same-site', 'none, cross-site', 'unknown', ''])(
    'refuses Sec-Fetch-Site %j with and without origin',
    async (site) => {
      for (const origin of [null, `http://${host()}`]) {
        expect((await send('GET', '/', own({ 'sec-fetch-site': site, origin }))).status).toBe(403);
        expect((await send('GET', '/enter', own({ 'sec-fetch-site': site, origin }))).status).toBe(403);
      }
      expect((await send('POST', RPC, own({ 'sec-fetch-site': site }), '{}')).status).toBe(403);
      expect(await handshake({ host: host(), origin: `http://${host()}`, cookie, 'sec-fetch-site': site })).toBe(403);
    },
  );

  it.each(['DELETE', 'OPTIONS', 'PATCH', 'PUT', 'GET', 'HEAD', 'TRACE', 'PROPFIND', 'LINK'])(
    'refuses %s where it has no business',
    async (method) => {
      const paths = ['PUT', 'GET', 'HEAD'].includes(method) ? [RPC, '/upload'] : [RPC, '/upload', '/', '/enter', '/assets/index-abc.js'];
      for (const path of paths) {
        const reply = await send(method, path, own({ 'content-type': null, 'access-control-request-method': 'POST' }));
        expect({ path, status: reply.status }).toEqual({ path, status: 405 });
        expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    },
  );

  it('lets DELETE remove a whole session and nothing else', async () => {
    const session = `/upload/${'0'.repeat(32)}`;
    for (const path of [`${session}/`, `${session}/a.wav`, '/upload', '/']) {
      expect({ path, status: (await send('DELETE', path, own({ 'content-type': null }))).status }).toEqual({ path, status: 405 });
    }
    expect((await send('DELETE', '/upload/', own({ 'content-type': null }))).body).toContain('unknownSession');
    expect((await send('DELETE', session, own({ 'content-type': null }), 'a body')).status).toBe(400);
    for (const method of ['PUT', 'POST', 'GET']) expect((await send(method, session, own())).status).toBe(405);
  });

  it('refuses CONNECT', async () => {
    const answered = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect({ port: panel.port, host: '127.0.0.1' }, () =>
        socket.write(`CONNECT ${host()} HTTP/1.1\r\nhost: ${host()}\r\n\r\n`),
      );
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
    });
    expect(answered).not.toContain('200');
  });

  it.each([null, '', 'nightshift=1', 'session=true'])('refuses the cookie %j everywhere but at the entrance', async (given) => {
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/index.html'],
      ['GET', '/assets/index-abc.js'],
      ['GET', '/no/such/file'],
      ['HEAD', '/'],
      ['POST', RPC],
      ['POST', '/upload'],
      ['PUT', `/upload/${'0'.repeat(32)}/a.wav`],
      ['DELETE', `/upload/${'0'.repeat(32)}`],
    ] as const) {
      const headers = own({ cookie: given, ...(method === 'GET' || method === 'HEAD' ? { 'content-type': null } : {}) });
      expect({ method, path, status: (await send(method, path, headers)).status }).toEqual({ method, path, status: 401 });
    }
    expect(await handshake({ host: host(), origin: `http://${host()}`, cookie: given })).toBe(401);
  });

  it('refuses a session that was changed in any part', async () => {
    const [name = '', value = ''] = cookie.split('=', 2);
    const [issuedAt = '', nonce = '', mac = ''] = value.split('.');
    for (const forged of [
      `${name}=${Number(issuedAt) + 1}.${nonce}.${mac}`,
      `${name}=${issuedAt}.${nonce}x.${mac}`,
      `${name}=${issuedAt}.${nonce}.${mac.slice(0, -1)}`,
      `${name}=${issuedAt}.${nonce}.`,
      `${name}=${value}.x`,
      `other=${value}`,
    ]) {
      expect((await send('POST', RPC, own({ cookie: forged }), '{}')).status).toBe(401);
    }
    expect((await send('POST', RPC, own({ cookie: `a=b; ${cookie}; c=d` }), '{}')).status).toBe(200);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain; application/json',
    null,
    'application/jsonp',
  ])('refuses the content type %j for requests', async (type) => {
    expect((await send('POST', RPC, own({ 'content-type': type }), '{}')).status).toBe(415);
  });

  it.each(['http://evil.com/', `//evil.com/rpc/settings.get`, '*', '\\\\evil'])('refuses the target %j', async (path) => {
    expect((await send('POST', path, own(), '{}')).status).toBe(400);
  });

  it('refuses WebSockets anywhere but at the event stream, other protocols, and the stream as a plain request', async () => {
    const good = { host: host(), origin: `http://${host()}`, cookie };
    expect(await handshake(good, '/')).toBe(400);
    expect(await handshake(good, '/rpc/settings.get')).toBe(405);
    expect(await handshake({ ...good, upgrade: 'h2c' })).toBe(400);
    expect((await send('GET', '/events', own({ 'content-type': null }))).status).toBe(426);
  });

  it('says nothing that another origin could read, and protects every reply', async () => {
    const replies = [
      await send('POST', RPC, own(), '{}'),
      await send('GET', '/', own({ origin: null, 'content-type': null })),
      await send('GET', '/assets/index-abc.js', own({ origin: null, 'content-type': null })),
      await send('GET', '/', { host: host() }),
      await send('POST', RPC, own({ origin: 'http://evil.com' }), '{}'),
    ];
    for (const { headers } of replies) {
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('refuses an input that is too large, and says so', async () => {
    const reply = await send('POST', RPC, own(), JSON.stringify({ text: 'x'.repeat(5 * 1024 * 1024) }));
    expect(JSON.parse(reply.body)).toMatchObject({ ok: false, error: { code: 'INPUT_INVALID', data: { maxBytes: 4_194_304 } } });
  });
});

describe('the link', () => {
  it('keeps its token behind # and lets one browser in once', async () => {
    const link = panel.newLink();
    expect(link).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${panel.port}/enter#token=[\\w.-]+$`));
    const first = await enter(link);
    expect(first.status).toBe(200);
    expect(first.headers['set-cookie']?.[0]).toMatch(/; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
    expect((await send('POST', '/rpc/settings.get', own({ cookie: cookieOf(first) }), '{}')).status).toBe(200);
    const second = await enter(link);
    expect(second.status).toBe(401);
    expect(second.headers['set-cookie']).toBeUndefined();
  });

  it('is not used up by a preview that only fetches the page', async () => {
    const link = panel.newLink();
    expect((await send('GET', '/enter', { host: host() })).status).toBe(200);
    expect((await enter(link)).status).toBe(200);
  });

  it('stops looking at tokens after too many wrong ones, and lets sessions work on', async () => {
    const wrong = `http://${host()}/enter#token=1.2.3`;
    for (let count = 0; count < 10; count += 1) expect((await enter(wrong)).status).toBe(401);
    expect((await enter(wrong)).status).toBe(429);
    const reply = await enter(panel.newLink());
    expect(reply.status).toBe(429);
    expect(reply.headers['retry-after']).toBe('60');
    expect((await send('POST', '/rpc/settings.get', own(), '{}')).status).toBe(200);
  });

  it('can be made by another process that only sees the data folder', async () => {
    const link = await createPanelLink({ dataDir });
    expect((await enter(link)).status).toBe(200);
    expect((await enter(link)).status).toBe(401);
  });

  it('cannot be made where nothing is served', async () => {
    const empty = join(folder, 'empty');
    await mkdir(empty);
    await expect(createPanelLink({ dataDir: empty })).rejects.toMatchObject({ code: 'NOT_AVAILABLE_HERE' });
    const stopped = await startServe({ client: backend.client, rendererDir, dataDir: empty, port: 0 });
    await stopped.close();
    await expect(createPanelLink({ dataDir: empty })).rejects.toMatchObject({ code: 'NOT_AVAILABLE_HERE' });
    // A serve that was killed leaves its file behind; 2^22 is above the largest pid Linux gives. Later the pid may be another's.
    for (const left of [
      { pid: 4_194_305, port: panel.port },
      { pid: process.pid, port: stopped.port },
    ]) {
      await writeFile(join(empty, 'serve.json'), JSON.stringify({ ...left, instance: 'x'.repeat(32) }));
      await expect(createPanelLink({ dataDir: empty })).rejects.toMatchObject({ code: 'NOT_AVAILABLE_HERE' });
    }
  });

  it('keeps its secret and its address for the user alone', async () => {
    for (const name of ['panel-secret', 'serve.json']) expect((await stat(join(dataDir, name))).mode & 0o777).toBe(0o600);
  });

  it('leaves browsers logged in over a restart, and its links worthless', async () => {
    const unused = panel.newLink();
    await panel.close();
    panel = await startServe({ client: backend.client, rendererDir, dataDir, port: 0 });
    expect((await send('POST', '/rpc/settings.get', own(), '{}')).status).toBe(200);
    expect((await enter(unused)).status).toBe(401);
  });

  it('is worth nothing at the panel of another data folder', async () => {
    const other = await startServe({ client: backend.client, rendererDir, dataDir: join(folder, 'other'), port: 0 });
    try {
      expect((await enter(panel.newLink(), other)).status).toBe(401);
      const at = `127.0.0.1:${other.port}`;
      const headers = own({ host: at, origin: `http://${at}` });
      expect((await send('POST', '/rpc/settings.get', headers, '{}', { port: other.port })).status).toBe(401);
    } finally {
      await other.close();
    }
  });
});

describe('pages and files', () => {
  const asPage: Headers = { accept: 'text/html,*/*;q=0.8' };

  it('explains in both languages how to get a link where there is no session', async () => {
    const reply = await send('GET', '/', { host: host(), ...asPage, 'sec-fetch-site': 'none' });
    expect(reply.status).toBe(401);
    expect(reply.body).toContain('nightshift serve --link');
    expect(reply.body).toContain('npm run nightshift -- serve --link');
    expect(reply.body).toMatch(/lang="ko".*링크/s);
    expect(reply.body).toMatch(/lang="en".*has been used/s);
    expect(reply.body).not.toContain('panel</body>');
  });

  it('tells whoever follows a link on another site to paste it', async () => {
    const reply = await send('GET', '/enter', { host: host(), ...asPage, 'sec-fetch-site': 'cross-site' });
    expect(reply.status).toBe(403);
    expect(reply.body).toContain('address bar');
  });

  it('gives each load of the panel its own nonce in page and policy', async () => {
    const nonces = new Set<string>();
    for (const path of ['/', '/', '/index.html']) {
      const reply = await send('GET', path, { host: host(), ...asPage, cookie });
      expect(reply.status).toBe(200);
      const policy = String(reply.headers['content-security-policy']);
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
      expect(reply.body).toContain(`content="${nonce}"`);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(reply.headers['cache-control']).toBe('no-store');
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(3);
  });

  it('sends built files with their type, kept by the browser, and nothing on HEAD', async () => {
    const path = '/assets/index-abc.js';
    const reply = await send('GET', path, { host: host(), cookie });
    expect({ status: reply.status, body: reply.body }).toEqual({ status: 200, body: 'export const answer = 42;' });
    expect(reply.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(reply.headers['cache-control']).toBe('private, max-age=31536000, immutable');
    const again = await send('GET', path, { host: host(), cookie, 'if-none-match': String(reply.headers.etag) });
    expect({ status: again.status, body: again.body }).toEqual({ status: 304, body: '' });
    const head = await send('HEAD', path, { host: host(), cookie });
    expect({ status: head.status, body: head.body, length: head.headers['content-length'] }).toEqual({
      status: 200,
      body: '',
      length: '25',
    });
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/%252e%252e/secret.txt',
    '/assets/link.txt',
    '/assets/',
    '/assets',
    '/.hidden.js',
    '/assets//index-abc.js',
    '/%00',
    '/assets/index-abc.js%00.png',
    '/C:/Windows/win.ini',
    '/%zz',
    '/etc/passwd',
  ])('does not send %s', async (path) => {
    const reply = await send('GET', path, { host: host(), cookie });
    expect(reply.status).toBe(404);
    expect(reply.body).not.toContain('outside');
  });
});

describe('files of reports', () => {
  const get = (path: string, headers: Headers = {}): Promise<Reply> => send('GET', path, { host: host(), cookie, ...headers });

  beforeEach(async () => {
    const report = join(dataDir, 'runs', '7', 'report');
    await mkdir(report, { recursive: true });
    await writeFile(join(report, 'report.html'), '<p>WER 4.2 %</p>');
    await writeFile(join(report, 'empty.csv'), '');
    await writeFile(join(dataDir, 'runs', '7', 'results.json'), '{}');
    await symlink(join(folder, 'secret.txt'), join(report, 'link.txt'));
  });

  it('are sent to be kept and cannot act as the panel', async () => {
    const { status, headers, body } = await get('/report/7/report.html');
    expect([status, body]).toEqual([200, '<p>WER 4.2 %</p>']);
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
    expect(await get('/report/7/empty.csv')).toMatchObject({ status: 200, body: '' });
  });

  it.each([
    '/report/7/link.txt',
    '/report/7/../results.json',
    '/report/7/%2e%2e%2fresults.json',
    '/report/7/',
    '/report/7/..',
    '/report/8/report.html',
    '/report/7x/report.html',
    '/report/..%2f7/report.html',
  ])('are all that can be had: not %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it('need a session', async () => {
    expect((await get('/report/7/report.html', { cookie: null })).status).toBe(401);
  });
});

describe('ports', () => {
  it('takes the next free port when the wanted one is taken, and says which was', async () => {
    const next = await startServe({ client: backend.client, rendererDir, dataDir: join(folder, 'next'), port: panel.port });
    try {
      expect(next.takenPort).toBe(panel.port);
      expect(next.port).toBeGreaterThan(panel.port);
      expect(next.url).toBe(`http://127.0.0.1:${next.port}/`);
      expect((await enter(next.link, next)).status).toBe(200);
    } finally {
      await next.close();
    }
  });

  it('gives way to somebody who listens on all addresses', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '0.0.0.0', resolve));
    const { port } = other.address() as { port: number };
    const next = await startServe({ client: backend.client, rendererDir, dataDir: join(folder, 'next'), port });
    expect(next.takenPort).toBe(port);
    await next.close();
    await new Promise((resolve) => other.close(resolve));
  });

  it('removes its file and frees its port on close', async () => {
    const port = panel.port;
    await panel.close();
    expect(await readdir(dataDir)).toEqual(['panel-secret']);
    panel = await startServe({ client: backend.client, rendererDir, dataDir, port });
    expect({ port: panel.port, takenPort: panel.takenPort }).toEqual({ port, takenPort: null });
  });

  it('closes while an event stream is open and while a peer keeps a connection without a word', async () => {
    const stream = new WebSocket(`ws://${host()}/events`, { headers: { origin: `http://${host()}`, cookie } });
    await new Promise((resolve) => stream.once('open', resolve));
    const silent = connect({ port: panel.port, host: '127.0.0.1' });
    await new Promise<void>((resolve) => silent.once('connect', () => resolve()));
    const closed = new Promise((resolve) => stream.once('close', resolve));
    silent.on('error', () => undefined);
    await panel.close();
    expect(await closed).toBe(1001);
    silent.destroy();
  });
});

describe('host routes', () => {
  it('answers for a browser', async () => {
    const info = JSON.parse((await send('POST', '/rpc/host.info', own(), '{}')).body) as { data: Record<string, unknown> };
    expect(info.data).toMatchObject({ host: 'serve', canPickPaths: false, canUpload: true });
    const picked = await send('POST', '/rpc/host.pickPaths', own(), '{"what":"folder"}');
    expect(JSON.parse(picked.body)).toMatchObject({ ok: false, error: { code: 'NOT_AVAILABLE_HERE' } });
    const opened = await send('POST', '/rpc/host.openPath', own(), JSON.stringify({ path: join(folder, 'nothing here') }));
    expect(JSON.parse(opened.body)).toMatchObject({ ok: false, error: { code: 'FILE_NOT_FOUND' } });
  });
});

describe('uploads over HTTP', () => {
  async function newSession(): Promise<{ sessionId: string; folder: string }> {
    const reply = await send('POST', '/upload', own({ 'content-type': null }));
    return (JSON.parse(reply.body) as { data: { sessionId: string; folder: string } }).data;
  }

  it('stores what was dropped under its own name', async () => {
    const session = await newSession();
    const names = ['한국어 이름.mp3', 'hash#tag & 100%20.mp3', 'emoji 🎧.mp3', '-dash.mp3'];
    const bytes = Buffer.alloc(3 * 1024 * 1024, 5);
    for (const name of names) {
      const path = ['내 녹음', name].map(encodeURIComponent).join('/');
      const reply = await send('PUT', `/upload/${session.sessionId}/${path}`, own({ 'content-type': 'audio/mpeg' }), bytes);
      expect(JSON.parse(reply.body)).toEqual({ ok: true, data: { path: join(session.folder, '내 녹음', name) } });
    }
    expect((await readdir(join(session.folder, '내 녹음'))).toSorted()).toEqual(names.toSorted());
    expect(await readFile(join(session.folder, '내 녹음', '-dash.mp3'))).toEqual(bytes);
    expect((await stat(session.folder)).mode & 0o777).toBe(0o700);
  });

  it.each(['..%2f..%2fx', '../x', 'a/../../x', '%2e%2e/x', '/etc/x', 'a//x', 'a%00b', 'a%5cb', '', '.', '%ff'])(
    'refuses the path %j',
    async (path) => {
      const session = await newSession();
      const reply = await send('PUT', `/upload/${session.sessionId}/${path}`, own(), 'data');
      expect(JSON.parse(reply.body)).toMatchObject({ ok: false, error: { code: 'UPLOAD_REFUSED', data: { reason: 'badName' } } });
      expect(await readdir(session.folder)).toEqual([]);
    },
  );

  it('refuses a session it does not know, a missing length and more than fits', async () => {
    const session = await newSession();
    const unknown = await send('PUT', `/upload/${'0'.repeat(32)}/a.wav`, own(), 'data');
    expect(JSON.parse(unknown.body)).toMatchObject({ error: { code: 'UPLOAD_REFUSED', data: { reason: 'unknownSession' } } });
    const unmeasured = await send(
      'PUT',
      `/upload/${session.sessionId}/a.wav`,
      own({ 'content-length': null, 'transfer-encoding': 'chunked' }),
      'data',
    );
    expect(JSON.parse(unmeasured.body)).toMatchObject({ error: { code: 'UPLOAD_REFUSED', data: { reason: 'noLength' } } });
    const huge = await send('POST', '/upload', own(), JSON.stringify({ totalBytes: 2 ** 52 }));
    expect(JSON.parse(huge.body)).toMatchObject({ error: { code: 'UPLOAD_REFUSED', data: { reason: 'noSpace', neededBytes: 2 ** 52 } } });
  });

  it('loses none of many small files that come three at a time', async () => {
    const { sessionId, folder: place } = await newSession();
    const sendAll = async (worker: number): Promise<string[]> => {
      const refusals: string[] = [];
      for (let index = 0; index < 300; index += 1) {
        const reply = await send('PUT', `/upload/${sessionId}/${worker}/${index}.wav`, own(), `${worker}-${index}`);
        if (!reply.body.includes('"ok":true')) refusals.push(reply.body);
      }
      return refusals;
    };
    expect((await Promise.all([1, 2, 3].map(sendAll))).flat()).toEqual([]);
    const names = (await readdir(place, { recursive: true })).filter((name) => name.endsWith('.wav'));
    expect(names).toHaveLength(900);
    expect(await readFile(join(place, '3', '299.wav'), 'utf8')).toBe('3-299');
    expect(await readdir(join(place, '..', 'partial'))).toEqual([]);
  }, 60_000);

  describe('with runs that can be asked', () => {
    let sources: string[];
    let served: ServedPanel;
    let pages: number;

    /** As if each source were a run of its own, the newest with the highest id. */
    const client = {
      request: async (route: string, input: { beforeId: number | null; count: number }) => {
        expect(route).toBe('runs.list');
        pages += 1;
        const all = sources.map((source, index) => ({ id: index + 1, sources: [source] })).toReversed();
        return { runs: all.filter(({ id }) => input.beforeId === null || id < input.beforeId).slice(0, input.count), total: all.length };
      },
      subscribe: () => () => undefined,
      onReconnect: () => () => undefined,
      close: async () => undefined,
    } as unknown as NightshiftClient;

    beforeEach(async () => {
      sources = [];
      pages = 0;
      served = await startServe({ client, rendererDir, dataDir, port: 0 });
      cookie = cookieOf(await enter(served.link, served));
    });
    afterEach(() => served.close());

    function ask(method: string, path: string, body = ''): Promise<Reply> {
      const at = `127.0.0.1:${served.port}`;
      return send(method, path, own({ host: at, origin: `http://${at}`, 'content-type': null }), body, { port: served.port });
    }

    it('removes a session, but not one that any run reads, however old the run', async () => {
      const { sessionId, folder: place } = (
        JSON.parse((await ask('POST', '/upload')).body) as { data: { sessionId: string; folder: string } }
      ).data;
      expect((await ask('PUT', `/upload/${sessionId}/a.wav`, 'data')).status).toBe(200);
      sources = [place, ...Array<string>(450).fill('/elsewhere')];
      expect(JSON.parse((await ask('DELETE', `/upload/${sessionId}`)).body)).toMatchObject({
        error: { code: 'UPLOAD_REFUSED', data: { reason: 'inUse' } },
      });
      expect(pages).toBe(3);
      sources = ['/elsewhere'];
      expect(JSON.parse((await ask('DELETE', `/upload/${sessionId}`)).body)).toEqual({ ok: true, data: {} });
      expect(await readdir(join(dataDir, 'uploads'))).toEqual([]);
      expect(JSON.parse((await ask('DELETE', `/upload/${sessionId}`)).body)).toMatchObject({
        error: { code: 'UPLOAD_REFUSED', data: { reason: 'unknownSession' } },
      });
    });

    it('removes what was given up, at the next start', async () => {
      const { folder: place } = (JSON.parse((await ask('POST', '/upload')).body) as { data: { folder: string } }).data;
      const then = new Date(Date.now() - 48 * 3_600_000);
      for (const path of [place, join(place, '..', 'partial'), join(place, '..')]) await utimes(path, then, then);
      await served.close();
      served = await startServe({ client, rendererDir, dataDir, port: 0 });
      await served.close();
      expect(await readdir(join(dataDir, 'uploads'))).toEqual([]);
    });
  });
});

describeTransport('the served panel', async (own) => {
  const place = await mkdtemp(join(tmpdir(), 'nightshift-serve-'));
  const served = await startServe({ client: own.client, rendererDir: place, dataDir: place, port: 0 });
  const baseUrl = served.url;
  const client = await createHttpClient({ target: { baseUrl, cookie: cookieOf(await enter(served.link, served)) } });
  return {
    client,
    async dispose() {
      await served.close();
      await rm(place, { recursive: true });
    },
  };
});
