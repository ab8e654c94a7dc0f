import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import {
  audioSecOf,
  CLOSE_NORMAL,
  CLOSE_TRY_AGAIN_LATER,
  type ClientMessage,
  INSTANCE_VARIABLE,
  PROTOCOL_VERSION,
  SAMPLE_RATE_HZ,
  type ServerMessage,
} from '#main/core/servers/adapters/nightshift/protocol.ts';
import { dealFault, type FileFault, type JournalEntry, type Plan, type StartFault, textOf } from './faults.ts';

/**
 * A speech server of our own protocol that misbehaves by plan: `--port`, `--mode`, `--seed`, `--journal FILE` (appended to; earlier entries are
 * earlier tries), `--start-faults JSON`, `--file-faults JSON` (fault → share), `--service-ms` for each file, `--capacity`.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    mode: { type: 'string', default: 'original' },
    seed: { type: 'string', default: '0' },
    journal: { type: 'string' },
    'start-faults': { type: 'string', default: '{}' },
    'file-faults': { type: 'string', default: '{}' },
    'service-ms': { type: 'string', default: '0' },
    capacity: { type: 'string', default: '2' },
  },
});
const mode = values.mode as 'streaming' | 'chunked' | 'original';
const serviceMs = Number(values['service-ms']);
const capacity = Number(values.capacity);
const startPlan = JSON.parse(values['start-faults']) as Plan<StartFault>;
const filePlan = JSON.parse(values['file-faults']) as Plan<FileFault>;
const journalPath = values.journal;
const SLOW_LOAD_MS = 1_500;
const FLOOD_BYTES = 4 * 1024 * 1024;
const HUGE_BYTES = 80 * 1024 * 1024;
const LEAK_BYTES = 64 * 1024 * 1024;

const tries = new Map<string, number>();
if (journalPath !== undefined && existsSync(journalPath)) {
  for (const line of readFileSync(journalPath, 'utf8').split('\n').slice(0, -1)) count(JSON.parse(line) as JournalEntry);
}

function count({ kind, key }: Pick<JournalEntry, 'kind' | 'key'>): void {
  tries.set(`${kind} ${key}`, (tries.get(`${kind} ${key}`) ?? 0) + 1);
}

/** Written before the fault strikes: a process that kills itself must have said so. */
function deal<F extends StartFault | FileFault>(kind: JournalEntry['kind'], key: string, plan: Plan<F>): F | 'none' {
  const fault = dealFault(plan, `${values.seed} ${mode} ${kind}`, key, tries.get(`${kind} ${key}`) ?? 0);
  count({ kind, key });
  if (journalPath !== undefined)
    appendFileSync(journalPath, `${JSON.stringify({ kind, key, fault, pid: process.pid } satisfies JournalEntry)}\n`);
  return fault;
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

const leaked: Buffer[] = [];
const startFault = deal('start', mode, startPlan);
if (startFault === 'diesLoading') {
  log('Loading the model\nRuntimeError: the file of the model ends too early');
  process.exit(1);
}
if (startFault === 'moduleMissing') {
  log("ModuleNotFoundError: No module named 'torch'");
  process.exit(1);
}
if (startFault === 'ignoresSigterm') process.on('SIGTERM', () => log('not now'));
if (startFault === 'leavesGrandchild')
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true }).unref();
if (startFault === 'slowLoad') setTimeout(listen, SLOW_LOAD_MS);
else if (startFault === 'neverListens') setInterval(() => log('still loading'), 1_000);
else listen();

function listen(): void {
  const http = createServer((_request, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  sockets.on('connection', (socket, request) => {
    socket.on('error', () => undefined);
    if (sockets.clients.size > capacity) return sayBusy(socket);
    serve(socket, request.socket);
    const instance = process.env[INSTANCE_VARIABLE] ?? null;
    send(socket, { type: 'hello', protocol: PROTOCOL_VERSION, mode, capacity, model: 'faults', sampleRate: SAMPLE_RATE_HZ, instance });
  });
  http.listen(Number(values.port), '127.0.0.1', () => log('ready'));
}

function serve(socket: WebSocket, raw: Socket): void {
  let id: string | null = null;
  let hash = createHash('sha256');
  let bytes = 0;
  socket.on('message', (data: RawData, isBinary) => {
    const content = data as Buffer;
    if (isBinary) {
      hash.update(content);
      bytes += content.length;
      return;
    }
    const message = JSON.parse(content.toString('utf8')) as ClientMessage;
    if (message.type === 'start') id = message.id ?? null;
    else if (message.type === 'stop') socket.close(CLOSE_NORMAL);
    else {
      const key = hash.digest('hex').slice(0, 12);
      const file = { id, key, audioMs: Math.round(audioSecOf(bytes) * 1_000) };
      hash = createHash('sha256');
      bytes = 0;
      const fault = deal('file', key, filePlan);
      setTimeout(() => answer(socket, raw, file, fault), fault === 'slow' ? serviceMs * 10 : serviceMs);
    }
  });
}

interface HeardFile {
  readonly id: string | null;
  readonly key: string;
  readonly audioMs: number;
}

function answer(socket: WebSocket, raw: Socket, { id, key, audioMs }: HeardFile, fault: FileFault): void {
  switch (fault) {
    case 'diesMidFile':
      process.kill(process.pid, 'SIGKILL');
      return;
    case 'hangsMidFile':
      // The socket stays open and pings are answered; nothing else ever comes.
      return;
    case 'busy':
      return sayBusy(socket);
    case 'refusesAudio':
      return socket.close(1009, 'too much');
    case 'error':
      return send(socket, { type: 'error', id, code: 'DECODE_FAILED', message: 'asked to fail' });
    case 'garbage':
      return socket.send('\u0000\uFFFD{{{ not JSON');
    case 'truncatedFrame':
      // A text frame that announces 100 bytes and brings 3.
      raw.write(Buffer.from([0x81, 100, 0x7b, 0x22, 0x74]));
      raw.end();
      return;
    case 'hugeFrame':
      return socket.send('x'.repeat(HUGE_BYTES));
    case 'closesEarly':
      return socket.close(CLOSE_NORMAL);
    case 'floodsStderr':
      process.stderr.write('x'.repeat(FLOOD_BYTES));
      break;
    case 'leaksMemory':
      leaked.push(Buffer.alloc(LEAK_BYTES, 1));
      break;
    case 'emptyText':
      return send(socket, { type: 'done', id, audioMs, decodeMs: serviceMs });
    case 'none':
    case 'slow':
      break;
  }
  send(socket, { type: 'final', id, start: 0, end: audioMs, original: textOf(key), language: 'en', words: [] });
  send(socket, { type: 'done', id, audioMs, decodeMs: serviceMs });
}

function sayBusy(socket: WebSocket): void {
  send(socket, { type: 'busy', capacity });
  socket.close(CLOSE_TRY_AGAIN_LATER);
}

function send(socket: WebSocket, message: ServerMessage): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
}
