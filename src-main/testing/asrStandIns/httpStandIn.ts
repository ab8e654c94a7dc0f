import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HeardWord, NumberListener } from './spokenNumbers.ts';
import { type AsrStandIn, type Scenario, SLOW_MS } from './standIn.ts';

export interface HttpDialect {
  readonly path: string;
  /** @returns status and body */
  answer(words: readonly HeardWord[], form: ReadonlyMap<string, readonly string[]>, audioSec: number): { status: number; body: unknown };
}

/** A form of fields and one WAV file of 16 kHz, mono, 16 bit, as the servers' own parsers take it. */
export async function startHttpStandIn(scenario: Scenario, dialect: HttpDialect): Promise<AsrStandIn> {
  const server = createServer((request, response) => {
    standIn.heard.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim());
    if (request.method === 'GET') {
      const isHealth = request.url === '/health';
      response.writeHead(isHealth ? 200 : 404, { 'content-type': 'application/json' });
      response.end(isHealth ? '{"status":"ok"}' : 'File Not Found');
      return;
    }
    void serve(request, response, dialect, standIn);
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const standIn: AsrStandIn = {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    heard: [],
    scenario,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return standIn;
}

async function serve(request: IncomingMessage, response: ServerResponse, dialect: HttpDialect, standIn: AsrStandIn): Promise<void> {
  const { scenario } = standIn;
  if (scenario === 'busy') {
    response.writeHead(429, { 'retry-after': '3' });
    response.end();
    return;
  }
  // It reads no byte of the body: what is on its way stays there.
  if (scenario === 'hangs') return;
  const parts: Buffer[] = [];
  try {
    for await (const part of request) {
      parts.push(part as Buffer);
      if (scenario === 'diesMidFile') return void request.socket.resetAndDestroy();
    }
  } catch {
    // The client went away.
    return;
  }
  if (scenario === 'closesEarly') return void request.socket.end();
  const { form, file } = readForm(Buffer.concat(parts), request.headers['content-type'] ?? '');
  for (const [name, values] of form) standIn.heard.push(...values.map((value) => `${name}=${value}`));
  const pcm = pcmOf(file);
  const listener = new NumberListener('s16le');
  if (pcm !== null) listener.hear(pcm);
  const words = scenario === 'empty' ? [] : listener.words;
  const { status, body } =
    request.url !== dialect.path
      ? { status: 404, body: { detail: 'Not Found' } }
      : pcm === null
        ? { status: 400, body: 'Invalid request' }
        : dialect.answer(words, form, listener.audioSec);
  const text = scenario === 'garbage' ? '<html>nothing of the kind' : JSON.stringify(body);
  const send = (): void => {
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    if (scenario !== 'truncated') return void response.end(text);
    response.write(text.slice(0, 5), () => request.socket.destroy());
  };
  if (scenario === 'slow') setTimeout(send, SLOW_MS);
  else send();
}

/** RFC 7578 by its bytes, so that a wrong line end or boundary is found. */
function readForm(body: Buffer, contentType: string): { form: Map<string, string[]>; file: Buffer | null } {
  const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(contentType)?.[1] ?? '';
  const form = new Map<string, string[]>();
  let file: Buffer | null = null;
  let at = body.indexOf(`--${boundary}\r\n`);
  while (at !== -1) {
    const headStart = at + boundary.length + 4;
    const headEnd = body.indexOf('\r\n\r\n', headStart);
    const end = body.indexOf(`\r\n--${boundary}`, headEnd);
    const head = body.subarray(headStart, headEnd).toString('utf8');
    const content = body.subarray(headEnd + 4, end);
    const name = /name="([^"]*)"/.exec(head)?.[1] ?? '';
    if (/filename="[^"]+"/.test(head) && name === 'file') file = content;
    else form.set(name, [...(form.get(name) ?? []), content.toString('utf8')]);
    const isLast = body.subarray(end + boundary.length + 4, end + boundary.length + 6).toString('latin1') === '--';
    at = isLast ? -1 : end + 2;
  }
  return { form, file };
}

function pcmOf(wav: Buffer | null): Buffer | null {
  if (wav === null || wav.length <= 44 || wav.toString('latin1', 0, 4) !== 'RIFF') return null;
  const isRight =
    wav.readUInt32LE(4) === wav.length - 8 &&
    wav.readUInt16LE(20) === 1 &&
    wav.readUInt16LE(22) === 1 &&
    wav.readUInt32LE(24) === 16_000 &&
    wav.readUInt16LE(34) === 16 &&
    wav.readUInt32LE(40) === wav.length - 44;
  return isRight ? wav.subarray(44) : null;
}

const textOf = (words: readonly HeardWord[]): string => words.map(({ word }) => ` ${word}`).join('');

/** speaches `routers/stt.py`. @param isPlain a model that knows only `json`: any other format is a 500 */
export function startOpenaiStandIn(scenario: Scenario, isPlain = false): Promise<AsrStandIn> {
  return startHttpStandIn(scenario, {
    path: '/v1/audio/transcriptions',
    answer: (words, form, audioSec) => {
      if (form.get('model') === undefined) return { status: 422, body: { detail: 'model: field required' } };
      const format = form.get('response_format')?.[0] ?? 'json';
      if (isPlain && format !== 'json') return { status: 500, body: 'Internal Server Error' };
      if (format === 'json') return { status: 200, body: { text: textOf(words).trim() } };
      const wantsWords = form.get('timestamp_granularities[]')?.includes('word') === true;
      return {
        status: 200,
        body: {
          language: 'english',
          duration: audioSec,
          text: textOf(words).trim(),
          segments: words.map(({ word, startSec, endSec }, id) => ({
            id,
            seek: 0,
            start: startSec,
            end: endSec,
            text: ` ${word}`,
            tokens: [1],
          })),
          words: wantsWords ? words.map(({ word, startSec, endSec }) => ({ start: startSec, end: endSec, word: ` ${word}` })) : null,
        },
      };
    },
  });
}

/** `examples/server/server.cpp`: `words` are tokens, here two for each word. */
export function startWhisperCppStandIn(scenario: Scenario): Promise<AsrStandIn> {
  return startHttpStandIn(scenario, {
    path: '/inference',
    answer: (words, form, audioSec) => ({
      status: 200,
      body:
        form.get('response_format')?.[0] !== 'verbose_json'
          ? { text: words.map(({ word }) => ` ${word}\n`).join('') }
          : {
              task: 'transcribe',
              language: 'english',
              duration: audioSec,
              text: textOf(words),
              segments: words.map(({ word, startSec, endSec }, id) => ({
                id,
                text: ` ${word}`,
                start: startSec,
                end: endSec,
                tokens: [634, 13_143],
                words: [
                  { word: ' n', start: startSec, end: startSec + 0.5, t_dtw: -1, probability: 0.9 },
                  { word: word.slice(1), start: startSec + 0.5, end: endSec, t_dtw: -1, probability: 0.7 },
                ],
                temperature: 0,
                avg_logprob: -0.21,
                no_speech_prob: 0.02,
              })),
            },
    }),
  });
}
