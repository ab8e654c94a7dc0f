import { extname } from 'node:path';

const NONCE = /^[A-Za-z0-9+/_-]{16,}={0,2}$/;

/**
 * The panel's page for one load: the nonce goes into a `<meta name="csp-nonce">` at the top of the head, where the panel reads it for
 * the libraries that write style sheets of their own (wavesurfer, Radix).
 * @param nonce base64, at least 16 characters, fresh for each load and the same as in the header
 * @throws Error when the page has no head or the nonce could break out of its attribute
 */
export function renderPanelPage(indexHtml: string, nonce: string): string {
  if (!NONCE.test(nonce)) throw new Error('A page nonce must be base64 text of at least 16 characters.');
  const head = /<head(\s[^>]*)?>/i.exec(indexHtml);
  if (head === null) throw new Error('The panel page has no <head>.');
  const cut = head.index + head[0].length;
  return `${indexHtml.slice(0, cut)}<meta name="csp-nonce" content="${nonce}" />${indexHtml.slice(cut)}`;
}

/**
 * Value of the Content-Security-Policy header that goes with a page rendered with the same nonce.
 * @param extra further sources the panel may connect to, e.g. the WebSocket address of the serve host
 * Source: toolchain notes, run in Chromium 156 with React, Recharts, Radix and wavesurfer without a violation.
 */
export function contentSecurityPolicy(nonce: string, extra: { readonly connectSrc?: readonly string[] } = {}): string {
  if (!NONCE.test(nonce)) throw new Error('A page nonce must be base64 text of at least 16 characters.');
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    ["connect-src 'self'", ...(extra.connectSrc ?? [])].join(' '),
    "media-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.wav': 'audio/wav',
  '.flac': 'audio/flac',
  '.mp3': 'audio/mpeg',
  '.m4a': 'audio/mp4',
  '.ogg': 'audio/ogg',
  '.opus': 'audio/ogg',
  '.mp4': 'video/mp4',
  '.mkv': 'video/x-matroska',
  '.webm': 'video/webm',
};

/** Content type by file extension; unknown ones are bytes, so that a browser (with `nosniff`) never runs them. */
export function contentTypeOf(path: string): string {
  return CONTENT_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';
}
