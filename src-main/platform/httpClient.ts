import { request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../core/ports.ts';

/** Longest answer taken; a day of words with their times is a few MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Largest piece handed to the socket at once, so that progress of an upload is seen. */
const WRITE_BYTES = 256 * 1024;

/**
 * Requests by Node's own client. Not by `fetch`: that gives up when the head of an answer takes longer than 300 s, and some servers answer
 * only when a long file is decoded. Each request has a connection of its own: a kept one may be closed by the server at the very moment of
 * the next request.
 */
export function createHttpClient(): HttpClient {
  return { send };
}

async function send(request: HttpRequest): Promise<HttpAnswer> {
  const { url, method, headers = {}, body = null, signal, onProgress } = request;
  const address = new URL(url);
  const port = Number(address.port || (address.protocol === 'https:' ? '443' : '80'));
  if (signal.aborted) throw new NightshiftError('CANCELLED', {}, { cause: signal.reason });
  const bytes = body?.reduce((sum, part) => sum + part.length, 0) ?? 0;
  const outgoing = (address.protocol === 'https:' ? requestTls : requestPlain)(address, {
    method,
    agent: false,
    signal,
    headers: { ...headers, ...(body === null ? {} : { 'content-length': String(bytes) }) },
  });
  let isConnected = false;
  outgoing.once('socket', (socket) => socket.once('connect', () => (isConnected = true)));
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    // Stays attached: an `error` after the first, or after the answer, has no other listener.
    outgoing.on('error', reject);
  });
  // A server may answer before it has read everything, and close: its answer says more than the broken upload does.
  const uploaded = body === null ? Promise.resolve(outgoing.end()) : pipeline(Readable.from(inPieces(body, onProgress)), outgoing);
  uploaded.catch(() => undefined);
  try {
    const response = await answered;
    onProgress?.();
    return { status: response.statusCode ?? 0, headers: response.headers, body: await textOf(response, port, onProgress) };
  } catch (error) {
    if (signal.aborted) throw new NightshiftError('CANCELLED', {}, { cause: signal.reason });
    if (error instanceof NightshiftError) throw error;
    const detail = error instanceof Error ? error.message || ((error as NodeJS.ErrnoException).code ?? error.name) : String(error);
    throw new NightshiftError(isConnected ? 'CONNECTION_LOST' : 'SERVER_REFUSED', { port, url, detail }, { cause: error });
  } finally {
    outgoing.destroy();
  }
}

function* inPieces(body: readonly Buffer[], onProgress: (() => void) | undefined): Generator<Buffer> {
  for (const part of body) {
    for (let offset = 0; offset < part.length; offset += WRITE_BYTES) {
      // Asked for the next piece, the socket has taken the one before.
      onProgress?.();
      yield part.subarray(offset, offset + WRITE_BYTES);
    }
  }
}

/** @throws SERVER_BAD_RESPONSE when it is longer than anybody's transcript */
async function textOf(response: IncomingMessage, port: number, onProgress: (() => void) | undefined): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response) {
    onProgress?.();
    bytes += (part as Buffer).length;
    if (bytes > MAX_ANSWER_BYTES) {
      const detail = `the answer is longer than ${MAX_ANSWER_BYTES / (1024 * 1024)} MiB`;
      throw new NightshiftError('SERVER_BAD_RESPONSE', { port, detail });
    }
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}
