import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { contentSecurityPolicy, contentTypeOf, renderPanelPage } from '#main/hosts/panelPage.ts';
import { sendBytes, sendResult } from '#main/hosts/httpTransport/replies.ts';

/** Fresh for every page load. */
export function newNonce(): string {
  return randomBytes(18).toString('base64');
}

/** A whole page with the policy that goes with its nonce. */
export function sendPage(
  response: ServerResponse,
  status: number,
  nonce: string,
  html: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const host = response.req.headers.host ?? '';
  // Safari before 15.4 does not count the WebSocket of the same host as 'self'.
  const policy = contentSecurityPolicy(nonce, { connectSrc: [`ws://${host}`] });
  sendBytes(response, status, { ...headers, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }, html);
}

/** Segments of a still encoded path; null when one of them could lead anywhere but down. */
export function plainSegments(pathname: string): string[] | null {
  const segments: string[] = [];
  for (const encoded of pathname.slice(1).split('/')) {
    let segment: string;
    try {
      segment = decodeURIComponent(encoded);
    } catch {
      return null;
    }
    // oxlint-disable-next-line no-control-regex -- control characters are what is refused
    if (segment === '' || segment.startsWith('.') || /[/\\:\u0000-\u001f]/.test(segment)) return null;
    segments.push(segment);
  }
  return segments;
}

export interface StaticFiles {
  /** The panel's page; `headers` for a renewed session. */
  sendPanel(response: ServerResponse, headers: Readonly<Record<string, string>>): Promise<void>;
  sendFile(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void>;
}

/** The built panel. Only regular files that really lie below `folder` are sent; hidden ones never. */
export function createStaticFiles(folder: string): StaticFiles {
  async function locate(pathname: string): Promise<string | null> {
    const segments = plainSegments(pathname);
    if (segments === null) return null;
    try {
      const root = await realpath(folder);
      const path = await realpath(join(root, ...segments));
      const isBelow = path.startsWith(root + sep);
      return isBelow && (await stat(path)).isFile() ? path : null;
    } catch {
      return null;
    }
  }

  return {
    async sendPanel(response, headers) {
      const nonce = newNonce();
      const html = await readFile(join(folder, 'index.html'), 'utf8');
      sendPage(response, 200, nonce, renderPanelPage(html, nonce), headers);
    },
    async sendFile(request, response, pathname) {
      const path = await locate(pathname);
      if (path === null) {
        sendResult(response, 404, { ok: false, error: { code: 'FILE_NOT_FOUND', data: { path: pathname } } });
        return;
      }
      const { size, mtimeMs } = await stat(path);
      const etag = `"${size.toString(36)}-${Math.trunc(mtimeMs).toString(36)}"`;
      // Built names below assets/ carry a hash of their content. Private: a shared cache has no business with a panel behind a session.
      const isHashed = pathname.startsWith('/assets/');
      const headers = { etag, 'cache-control': isHashed ? 'private, max-age=31536000, immutable' : 'private, no-cache' };
      if (request.headers['if-none-match'] === etag) {
        response.writeHead(304, headers).end();
        return;
      }
      sendBytes(response, 200, { ...headers, 'content-type': contentTypeOf(path) }, await readFile(path));
    },
  };
}
