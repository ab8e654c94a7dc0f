import { readFile, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { contentSecurityPolicy, contentTypeOf, renderPanelPage } from '../panelPage.ts';
import { isPanelUrl } from './panelOrigin.ts';

const PAGE = 'index.html';

function refuse(status: number): Response {
  return new Response(null, { status, headers: { 'x-content-type-options': 'nosniff' } });
}

/** Path inside the folder for the path of an address; null for whatever could mean a place outside or another name for a file. */
function innerPath(pathname: string): string | null {
  let path: string;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (/[\\\0:]/.test(path)) return null;
  const parts = path.split('/').filter((part) => part !== '');
  return parts.some((part) => part === '.' || part === '..') ? null : parts.length === 0 ? PAGE : parts.join('/');
}

/** First and last byte of a single-range header, null for none, `false` when it cannot be satisfied. Source: RFC 9110 §14. */
export function parseByteRange(header: string | null, sizeBytes: number): { first: number; last: number } | null | false {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return null;
  const [, from = '', to = ''] = match;
  const first = from === '' ? Math.max(0, sizeBytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  return first > last || first >= sizeBytes ? false : { first, last };
}

/**
 * Answers requests of the page from one folder and from nowhere else. The page itself is rendered anew for each load, with a nonce of its
 * own in the page and in the content security policy.
 * @param newNonce base64, at least 16 characters
 */
export function createPanelFiles(folder: string, newNonce: () => string): (request: Request) => Promise<Response> {
  return async (request) => {
    if (!isPanelUrl(request.url)) return refuse(403);
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
    const inner = innerPath(new URL(request.url).pathname);
    if (inner === null) return refuse(404);

    let content: Buffer;
    try {
      const [root, path] = await Promise.all([realpath(folder), realpath(join(folder, inner))]);
      const below = relative(root, path);
      if (below === '' || below.startsWith('..') || isAbsolute(below)) return refuse(404);
      content = await readFile(path);
    } catch {
      return refuse(404);
    }

    const headers = new Headers({ 'content-type': contentTypeOf(inner), 'x-content-type-options': 'nosniff' });
    const isHead = request.method === 'HEAD';
    if (inner === PAGE) {
      const nonce = newNonce();
      headers.set('content-security-policy', contentSecurityPolicy(nonce));
      headers.set('cache-control', 'no-store');
      return new Response(isHead ? null : renderPanelPage(content.toString('utf8'), nonce), { headers });
    }
    headers.set('accept-ranges', 'bytes');
    const range = parseByteRange(request.headers.get('range'), content.length);
    if (range === false) {
      headers.set('content-range', `bytes */${content.length}`);
      return new Response(null, { status: 416, headers });
    }
    const body = range === null ? content : content.subarray(range.first, range.last + 1);
    if (range !== null) headers.set('content-range', `bytes ${range.first}-${range.last}/${content.length}`);
    headers.set('content-length', String(body.length));
    return new Response(isHead ? null : new Uint8Array(body), { status: range === null ? 200 : 206, headers });
  };
}
