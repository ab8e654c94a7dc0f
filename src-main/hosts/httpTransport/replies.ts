import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Result } from '#shared/contract/client.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';

/** On every reply: nothing is guessed from content, framed, or told to other sites. There is deliberately no CORS header anywhere. */
export const SAFETY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** A whole reply. `HEAD` gets the headers alone. */
export function sendBytes(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer | string,
): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  response.writeHead(status, { 'cache-control': 'no-store', ...SAFETY_HEADERS, ...headers, 'content-length': bytes.length });
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
}

export function sendResult(
  response: ServerResponse,
  status: number,
  result: Result<unknown>,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendBytes(response, status, { ...headers, 'content-type': 'application/json; charset=utf-8' }, JSON.stringify(result));
}

/** Not an async iteration: leaving one early would destroy the connection before the reply is sent. The rest is read and dropped. */
function collect(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(new NightshiftError('INPUT_INVALID', { field: 'input', detail: 'the input is too large', maxBytes }));
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
    request.once('close', () => reject(new NightshiftError('CONNECTION_LOST')));
  });
}

/**
 * The JSON of a request; undefined when it is empty.
 * @throws INPUT_INVALID when it is larger than `maxBytes` or no JSON
 */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const body = await collect(request, maxBytes);
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new NightshiftError('INPUT_INVALID', { field: 'input', detail: 'the input is not JSON' }, { cause });
  }
}
