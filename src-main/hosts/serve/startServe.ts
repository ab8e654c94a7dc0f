import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { Handlers, HostRouteName } from '#shared/contract/routes.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Logger } from '#main/core/ports.ts';
import type { Connection } from '#main/hosts/connection.ts';
import { composeClient } from '#main/hosts/composeClient.ts';
import { createBrowserAccess, gatewayEndpointOf, type Endpoint } from '#main/hosts/httpTransport/accessPolicy.ts';
import { createHttpGateway, type Admission, type Refusal } from '#main/hosts/httpTransport/gateway.ts';
import { isAnswering } from '#main/hosts/httpTransport/probe.ts';
import { readJson, sendBytes, sendResult } from '#main/hosts/httpTransport/replies.ts';
import { DEFAULT_PANEL_PORT } from '#main/hosts/panelPort.ts';
import { ENTRY_SCRIPT, renderEntryPage, renderNeedsLinkPage, renderPastePage } from './entryPages.ts';
import { createServeHostHandlers } from './hostHandlers.ts';
import { createFailureBrake, createLinkToken, createPanelKeys } from './panelKeys.ts';
import { REPORT_PREFIX, sendReportFile } from './reportDownloads.ts';
import { listRunSources } from './runSources.ts';
import { linkTo, loadPanelSecret, removeServeFile, writeServeFile } from './serveFiles.ts';
import { createStaticFiles, newNonce, sendPage } from './staticFiles.ts';
import { createUploadStore, type UploadStore } from './uploads.ts';

/** How many ports after the wanted one are tried. */
const PORT_ATTEMPTS = 50;
const UPLOAD_PREFIX = '/upload/';

const EnterSchema = z.object({ token: z.string().max(500) });
const NewUploadSchema = z.object({ totalBytes: z.number().int().nonnegative().nullable().default(null) }).prefault({});

export interface ServeOptions {
  /** The runtime, in this process or attached to another. Not closed with the panel. */
  readonly client: NightshiftClient;
  /** Whether the runtime answers, where it is in another process. */
  readonly connection?: Connection;
  /** The built panel, with `index.html`. */
  readonly rendererDir: string;
  readonly dataDir: string;
  /** Default 5555; the next free one is taken when it is in use. 0: any. */
  readonly port?: number;
  readonly hostHandlers?: Handlers<HostRouteName>;
  readonly uploads?: UploadStore;
  readonly logger?: Logger;
  readonly nowMs?: () => number;
}

export interface ServedPanel {
  /** For people who have a session already, `http://127.0.0.1:5555/`. */
  readonly url: string;
  /** Lets one browser in, once, within ten minutes. */
  readonly link: string;
  readonly port: number;
  /** Set when `port` is another than was asked for, because that one was taken. */
  readonly takenPort: number | null;
  newLink(): string;
  close(): Promise<void>;
}

/** `/upload/<session>` without a file. */
function isUploadSession(pathname: string): boolean {
  return pathname.startsWith(UPLOAD_PREFIX) && !pathname.slice(UPLOAD_PREFIX.length).includes('/');
}

function serveEndpointOf(pathname: string): Endpoint | null {
  const own = gatewayEndpointOf(pathname);
  if (own !== null) return own;
  if (pathname === '/enter') return { methods: ['GET', 'HEAD', 'POST'], needsSession: false, body: 'jsonOrEmpty', isSocket: false };
  if (pathname === '/enter.js') return { methods: ['GET', 'HEAD'], needsSession: false, body: 'none', isSocket: false };
  if (pathname === '/upload') return { methods: ['POST'], needsSession: true, body: 'jsonOrEmpty', isSocket: false };
  if (isUploadSession(pathname)) return { methods: ['DELETE'], needsSession: true, body: 'none', isSocket: false };
  if (pathname.startsWith(UPLOAD_PREFIX)) return { methods: ['PUT', 'POST'], needsSession: true, body: 'bytes', isSocket: false };
  return { methods: ['GET', 'HEAD'], needsSession: true, body: 'none', isSocket: false };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** One port on both loopback addresses, because `localhost` may mean either; @returns null when the port is taken on one of them. */
async function listenOnBoth(v4: Server, v6: Server, wanted: number): Promise<number | null> {
  // On macOS and Windows somebody who listens on all addresses does not stop us from listening on one, but is in our way all the same.
  if (wanted !== 0 && (await isAnswering({ port: wanted, host: '127.0.0.1' }))) return null;
  let port: number;
  try {
    port = await listen(v4, wanted, '127.0.0.1');
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES') return null;
    throw error;
  }
  try {
    await listen(v6, port, '::1');
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES') {
      await stopListening(v4);
      return null;
    }
    // A machine without IPv6: one address is enough.
    if (!['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(codeOf(error))) throw error;
  }
  return port;
}

async function listenFrom(v4: Server, v6: Server, wanted: number): Promise<number> {
  for (let step = 0; step < PORT_ATTEMPTS; step += 1) {
    const candidate = wanted === 0 ? 0 : wanted + step;
    if (candidate > 65_535) break;
    const port = await listenOnBoth(v4, v6, candidate);
    if (port !== null) return port;
  }
  throw new NightshiftError('PORT_IN_USE', { port: wanted, detail: `none of ${PORT_ATTEMPTS} ports is free` });
}

function wantsPage(request: IncomingMessage): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && (request.headers.accept ?? '').includes('text/html');
}

/**
 * Serves the panel to browsers of this machine: loopback only, one gate for everything, a link that works once.
 * @throws PORT_IN_USE when no port is free, DATA_FOLDER_UNUSABLE
 */
export async function startServe(options: ServeOptions): Promise<ServedPanel> {
  const { dataDir, logger } = options;
  const nowMs = options.nowMs ?? Date.now;
  const wantedPort = options.port ?? DEFAULT_PANEL_PORT;
  const secret = await loadPanelSecret(dataDir);
  const instance = randomBytes(16).toString('hex');
  const keys = createPanelKeys({ secret, instance, nowMs });
  const brake = createFailureBrake(nowMs);
  const files = createStaticFiles(options.rendererDir);
  const uploads = options.uploads ?? createUploadStore({ dataDir, listSources: () => listRunSources(options.client) });
  let port = 0;

  async function enter(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      const nonce = newNonce();
      sendPage(response, 200, nonce, renderEntryPage(nonce));
      return;
    }
    const input = EnterSchema.safeParse(await readJson(request, 4_096));
    if (!brake.isOpen()) {
      const error = { code: 'ACCESS_DENIED', data: { reason: 'tooManyFailures' } } as const;
      sendResult(response, 429, { ok: false, error }, { 'retry-after': '60' });
      return;
    }
    if (!input.success || !keys.redeemLink(input.data.token)) {
      brake.fail();
      logger?.warn('a panel link was refused');
      sendResult(response, 401, { ok: false, error: { code: 'ACCESS_DENIED', data: { reason: 'session' } } });
      return;
    }
    sendResult(response, 200, { ok: true, data: {} }, { 'set-cookie': keys.newSessionCookie() });
  }

  async function newUpload(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const input = NewUploadSchema.safeParse(await readJson(request, 4_096));
    if (!input.success)
      throw new NightshiftError('INPUT_INVALID', { field: 'totalBytes', detail: 'totalBytes: must be a whole number of bytes' });
    sendResult(response, 200, { ok: true, data: await uploads.createSession(input.data.totalBytes) });
  }

  async function receiveUpload(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
    const [sessionId = '', ...segments] = pathname.slice(UPLOAD_PREFIX.length).split('/');
    const length = request.headers['content-length'];
    const declaredBytes = length === undefined ? null : Number(length);
    sendResult(response, 200, { ok: true, data: await uploads.receive(sessionId, segments.join('/'), declaredBytes, request) });
  }

  async function removeUpload(response: ServerResponse, pathname: string): Promise<void> {
    await uploads.removeSession(pathname.slice(UPLOAD_PREFIX.length));
    sendResult(response, 200, { ok: true, data: {} });
  }

  /** Not waited for at the start: the panel does not need it. */
  async function sweepUploads(): Promise<void> {
    try {
      const count = await uploads.removeAbandoned();
      if (count > 0) logger?.info('abandoned uploads were removed', { count });
    } catch (error) {
      logger?.warn('abandoned uploads could not be looked for', { error });
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse, { pathname }: Admission): Promise<void> {
    if (pathname === '/enter') return enter(request, response);
    if (pathname === '/enter.js') return sendBytes(response, 200, { 'content-type': 'text/javascript; charset=utf-8' }, ENTRY_SCRIPT);
    if (pathname === '/upload') return newUpload(request, response);
    if (isUploadSession(pathname)) return removeUpload(response, pathname);
    if (pathname.startsWith(UPLOAD_PREFIX)) return receiveUpload(request, response, pathname);
    if (pathname.startsWith(REPORT_PREFIX)) return sendReportFile(response, join(dataDir, 'runs'), pathname);
    if (pathname !== '/' && pathname !== '/index.html') return files.sendFile(request, response, pathname);
    const isStale = keys.needsRenewal(request.headers.cookie);
    return files.sendPanel(response, isStale ? { 'set-cookie': keys.newSessionCookie() } : {});
  }

  function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): boolean {
    if (!wantsPage(request) || (refusal.reason !== 'session' && refusal.reason !== 'site')) return false;
    const nonce = newNonce();
    sendPage(response, refusal.status, nonce, refusal.reason === 'session' ? renderNeedsLinkPage(nonce) : renderPastePage(nonce));
    return true;
  }

  const gateway = createHttpGateway({
    client: composeClient(options.client, options.hostHandlers ?? createServeHostHandlers(), logger === undefined ? {} : { logger }),
    access: createBrowserAccess({ port: () => port, endpointOf: serveEndpointOf, hasSession: (cookie) => keys.hasSession(cookie) }),
    others: answer,
    ...(options.connection === undefined ? {} : { connection: options.connection }),
    onRefused: refuse,
    ...(logger === undefined ? {} : { logger }),
  });

  try {
    port = await listenFrom(gateway.newServer(), gateway.newServer(), wantedPort);
    await writeServeFile(dataDir, { pid: process.pid, port, instance });
  } catch (error) {
    await gateway.close();
    throw error;
  }
  const sweep = sweepUploads();
  const newLink = (): string => linkTo(port, createLinkToken({ secret, instance, nowMs }));
  return {
    url: `http://127.0.0.1:${port}/`,
    link: newLink(),
    port,
    takenPort: wantedPort !== 0 && port !== wantedPort ? wantedPort : null,
    newLink,
    async close() {
      await removeServeFile(dataDir, instance);
      await gateway.close();
      await sweep;
    },
  };
}
