import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { EVENTS_PATH, RPC_PREFIX } from './wire.ts';

/** What may be done at an address. Anything not listed is refused. */
export interface Endpoint {
  readonly methods: readonly ('DELETE' | 'GET' | 'HEAD' | 'POST' | 'PUT')[];
  /** True where only a browser that has exchanged its link may go. */
  readonly needsSession: boolean;
  /** json: `application/json` only, so that no form of a foreign page fits; none: a body may not be sent. */
  readonly body: 'json' | 'jsonOrEmpty' | 'bytes' | 'none';
  /** True where a WebSocket may be opened. */
  readonly isSocket: boolean;
}

export type RefusalReason =
  | 'address'
  | 'contentType'
  | 'host'
  | 'method'
  | 'notFound'
  | 'notSocket'
  | 'origin'
  | 'session'
  | 'site'
  | 'tooManyFailures';

export type AccessDecision =
  | { readonly isAllowed: true; readonly endpoint: Endpoint; readonly pathname: string }
  | { readonly isAllowed: false; readonly status: number; readonly reason: RefusalReason };

/** The one gate: every method and every upgrade passes through it, and what it does not allow is refused. */
export interface AccessPolicy {
  check(request: IncomingMessage, kind: 'request' | 'upgrade'): AccessDecision;
}

/** Addresses of the gateway itself; null for all others. */
export function gatewayEndpointOf(pathname: string): Endpoint | null {
  if (pathname.startsWith(RPC_PREFIX)) return { methods: ['POST'], needsSession: true, body: 'json', isSocket: false };
  if (pathname === EVENTS_PATH) return { methods: ['GET'], needsSession: true, body: 'none', isSocket: true };
  return null;
}

function refuse(status: number, reason: RefusalReason): AccessDecision {
  return { isAllowed: false, status, reason };
}

/**
 * Path of a request as it was sent, still percent-encoded; null when it is not a plain path (`http://…`, `//host`, `*`), which only
 * proxies and attackers send.
 */
export function pathnameOf(request: IncomingMessage): string | null {
  const target = request.url ?? '';
  if (!target.startsWith('/') || target.startsWith('//') || target.includes('\\')) return null;
  const end = target.search(/[?#]/);
  return end === -1 ? target : target.slice(0, end);
}

function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/json(?:\s*;\s*charset=utf-8)?$/i.test(contentType.trim());
}

function hasBody(request: IncomingMessage): boolean {
  if (request.headers['transfer-encoding'] !== undefined) return true;
  const length = request.headers['content-length'];
  return length !== undefined && length !== '0';
}

/** Method, kind and content type; the same in every policy. */
function checkEndpoint(request: IncomingMessage, kind: 'request' | 'upgrade', endpoint: Endpoint): AccessDecision | null {
  if (!endpoint.methods.some((method) => method === request.method)) return refuse(405, 'method');
  if (kind === 'upgrade' && (!endpoint.isSocket || request.headers.upgrade?.toLowerCase() !== 'websocket')) return refuse(400, 'notSocket');
  if (kind === 'request' && endpoint.isSocket) return refuse(426, 'notSocket');
  switch (endpoint.body) {
    case 'json':
      return isJson(request.headers['content-type']) ? null : refuse(415, 'contentType');
    case 'jsonOrEmpty':
      return !hasBody(request) || isJson(request.headers['content-type']) ? null : refuse(415, 'contentType');
    case 'none':
      return hasBody(request) ? refuse(400, 'contentType') : null;
    case 'bytes':
      return null;
  }
}

/** One value of a header that must not be repeated; undefined when it is absent, null when it is there more than once. */
function singleHeader(request: IncomingMessage, name: string): string | undefined | null {
  const values = request.headersDistinct[name];
  if (values === undefined) return undefined;
  return values.length === 1 ? (values[0] ?? null) : null;
}

export interface BrowserAccessOptions {
  /** Port the panel is served on; asked for each request because it is known only after listening. */
  readonly port: () => number;
  readonly endpointOf: (pathname: string) => Endpoint | null;
  /** Whether a `Cookie` header carries a valid session. */
  readonly hasSession: (cookieHeader: string | undefined) => boolean;
}

/**
 * Gate of the panel on a loopback port, which every web page and every local program can reach.
 *
 * 1. `Host` is one of our three names, compared exactly: a rebound name or `127.evil.com` is not.
 * 2. `Origin` is exactly `http://` + that host. It may be absent only on GET and HEAD, where browsers leave it out for their own page;
 *    anything that changes something and every WebSocket must carry it.
 * 3. `Sec-Fetch-Site`, where a browser sends it, is `same-origin` or `none` (typed or clicked outside a page).
 * 4. The address exists, takes the method, and has the right content type.
 * 5. A session cookie, except where the link is exchanged for one.
 *
 * Nothing ever allows another origin (no CORS header), and a preflight (`OPTIONS`) is refused like any unknown method.
 * Source: incidents in ComfyUI, Jupyter, Ray, code-server and others; each rule is one of their holes.
 */
export function createBrowserAccess(options: BrowserAccessOptions): AccessPolicy {
  return {
    check(request, kind) {
      const port = options.port();
      const host = singleHeader(request, 'host');
      const names = ['127.0.0.1', 'localhost', '[::1]'].map((name) => (port === 80 ? name : `${name}:${port}`));
      if (typeof host !== 'string' || !names.includes(host)) return refuse(421, 'host');

      const pathname = pathnameOf(request);
      if (pathname === null) return refuse(400, 'address');

      const origin = singleHeader(request, 'origin');
      const isRead = kind === 'request' && (request.method === 'GET' || request.method === 'HEAD');
      if (origin === undefined ? !isRead : origin !== `http://${host}`) return refuse(403, 'origin');

      const site = singleHeader(request, 'sec-fetch-site');
      if (site !== undefined && site !== 'same-origin' && site !== 'none') return refuse(403, 'site');

      const endpoint = options.endpointOf(pathname);
      if (endpoint === null) return options.hasSession(request.headers.cookie) ? refuse(404, 'notFound') : refuse(401, 'session');
      const problem = checkEndpoint(request, kind, endpoint);
      if (problem !== null) return problem;
      if (endpoint.needsSession && !options.hasSession(request.headers.cookie)) return refuse(401, 'session');
      return { isAllowed: true, endpoint, pathname };
    },
  };
}

/**
 * Gate of a local socket: who may connect is decided by the file's permissions, so there is no token; whatever smells of a browser
 * is refused all the same.
 */
export function createLocalSocketAccess(endpointOf: (pathname: string) => Endpoint | null = gatewayEndpointOf): AccessPolicy {
  return {
    check(request, kind) {
      if (singleHeader(request, 'host') !== 'localhost') return refuse(421, 'host');
      if (request.headers.origin !== undefined) return refuse(403, 'origin');
      if (request.headers['sec-fetch-site'] !== undefined) return refuse(403, 'site');
      const pathname = pathnameOf(request);
      if (pathname === null) return refuse(400, 'address');
      const endpoint = endpointOf(pathname);
      if (endpoint === null) return refuse(404, 'notFound');
      return checkEndpoint(request, kind, endpoint) ?? { isAllowed: true, endpoint, pathname };
    },
  };
}

/** Compares two secrets in a time that does not depend on where they differ. */
export function isSameSecret(a: string, b: string): boolean {
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}
