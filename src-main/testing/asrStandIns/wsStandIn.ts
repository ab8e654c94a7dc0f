import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type AsrStandIn, FRAMES_BEFORE_FAULT, type Scenario, SLOW_MS } from './standIn.ts';
import { type HeardWord, NumberListener } from './spokenNumbers.ts';

/** One client of a stand-in. */
export interface StandInClient {
  readonly scenario: Scenario;
  /** Address the client asked for. */
  readonly address: URL;
  readonly listener: NumberListener;
  say(message: object | string): void;
  close(code: number, reason?: string): void;
  /** The next file on this connection. */
  restart(): void;
}

/** What a protocol says and understands. */
export interface Dialect {
  readonly format: 'f32le' | 's16le';
  /** Chooses a subprotocol, where the protocol has one. */
  readonly subprotocol?: string;
  /** Longest frame taken, bytes; 1 MiB is what Python's library takes. */
  readonly maxPayload?: number;
  greet?(client: StandInClient): void;
  onText?(text: string, client: StandInClient): void;
  /** Frames that are no audio: @returns what of the frame is audio, null when nothing is. */
  onBinary?(frame: Buffer, client: StandInClient): Buffer | null;
  /** A frame of audio was heard. */
  onAudio?(words: readonly HeardWord[], client: StandInClient): void;
  /** Answered late or empty by the scenario; called once the file is complete. */
  onEnd(words: readonly HeardWord[], client: StandInClient): void;
  /** A message of the protocol that holds so much open text; for `talks`. Left out where the server says nothing before the end. */
  longMessage?(text: string): object | string;
  busy?(client: StandInClient): void;
}

/** @param makeDialect called once, with what to call when a client's input has ended */
export async function startWsStandIn(
  scenario: Scenario,
  makeDialect: (end: (client: StandInClient) => void) => Dialect,
): Promise<AsrStandIn> {
  const end = (client: StandInClient): void => {
    if (client.scenario === 'hangs') return;
    const answer = (): void => {
      dialect.onEnd(client.scenario === 'empty' ? [] : client.listener.words, client);
      client.restart();
    };
    if (client.scenario === 'slow') setTimeout(answer, SLOW_MS);
    else answer();
  };
  const dialect = makeDialect(end);
  const { subprotocol } = dialect;
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    maxPayload: dialect.maxPayload ?? 1024 * 1024,
    ...(subprotocol === undefined ? {} : { handleProtocols: (offered: Set<string>) => (offered.has(subprotocol) ? subprotocol : false) }),
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const standIn: AsrStandIn = {
    url: `ws://localhost:${(server.address() as AddressInfo).port}`,
    heard: [],
    scenario,
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('connection', (socket, request) => serve(socket, request, dialect, standIn));
  return standIn;
}

function serve(socket: WebSocket, request: IncomingMessage, dialect: Dialect, standIn: AsrStandIn): void {
  let listener = new NumberListener(dialect.format);
  let frames = 0;
  const client: StandInClient = {
    get scenario() {
      return standIn.scenario;
    },
    address: new URL(request.url ?? '/', 'ws://localhost'),
    get listener() {
      return listener;
    },
    say: (message) => {
      if (socket.readyState === socket.OPEN) socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    },
    close: (code, reason) => socket.close(code, reason),
    restart: () => {
      listener = new NumberListener(dialect.format);
      frames = 0;
    },
  };
  standIn.heard.push(client.address.pathname + client.address.search);
  socket.on('error', () => undefined);
  if (client.scenario === 'busy' && dialect.busy !== undefined) dialect.busy(client);
  else dialect.greet?.(client);
  socket.on('message', (data, isBinary) => {
    const content = data as Buffer;
    if (!isBinary) {
      standIn.heard.push(content.toString('utf8'));
      dialect.onText?.(content.toString('utf8'), client);
      return;
    }
    const audio = dialect.onBinary === undefined ? content : dialect.onBinary(content, client);
    if (audio === null) {
      standIn.heard.push(`binary ${content.subarray(0, 32).toString('latin1')}`);
      return;
    }
    frames += 1;
    if (frames > FRAMES_BEFORE_FAULT && fails(socket, client)) return;
    const words = listener.hear(audio);
    dialect.onAudio?.(client.scenario === 'empty' ? [] : words, client);
    if (client.scenario === 'talks') talk(socket, dialect);
  });
}

function fails(socket: WebSocket, client: StandInClient): boolean {
  switch (client.scenario) {
    case 'diesMidFile':
      socket.terminate();
      return true;
    case 'closesEarly':
      socket.close(1000);
      return true;
    case 'garbage':
      client.say('\u0007 this is no message {');
      return true;
    case 'truncated': {
      // A text frame that announces 4,096 bytes and holds five.
      const { _socket: raw } = socket as unknown as { _socket: { end(bytes: Buffer): void } };
      raw.end(Buffer.from([0x81, 0x7e, 0x10, 0x00, ...Buffer.from('{"ty', 'latin1')]));
      return true;
    }
    case 'hangs':
      socket.pause();
      return true;
    case 'normal':
    case 'empty':
    case 'slow':
    case 'talks':
    case 'busy':
      return false;
  }
}

/** Reads on only when the answer was taken, as a server with a full send buffer. */
function talk(socket: WebSocket, dialect: Dialect): void {
  if (dialect.longMessage === undefined) return;
  socket.pause();
  const message = dialect.longMessage('so to speak '.repeat(20_000));
  socket.send(typeof message === 'string' ? message : JSON.stringify(message), () => socket.resume());
}
