import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type HeardWord, NumberListener } from './spokenNumbers.ts';
import { type AsrStandIn, type Scenario, SLOW_MS } from './standIn.ts';

/** Audio heard before something goes wrong. */
const FAULT_AFTER_BYTES = 64_000;
/** The server decides a word only when so much audio has followed it; what is undecided at the end is lost. */
const UNDECIDED_SEC = 2;

/**
 * `whisper_server.py` of SimulStreaming and `whisper_online_server.py` of whisper_streaming: bytes in, lines out, closed when the client has
 * closed its side. @param format `json` lines, or the older `begin end text`
 */
export async function startSimulStreamingStandIn(scenario: Scenario, format: 'json' | 'bare' = 'json'): Promise<AsrStandIn> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, standIn, format);
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const standIn: AsrStandIn = {
    url: `tcp://localhost:${(server.address() as AddressInfo).port}`,
    heard: [],
    scenario,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return standIn;
}

function serve(socket: Socket, standIn: AsrStandIn, format: 'json' | 'bare'): void {
  const listener = new NumberListener('s16le');
  let bytes = 0;
  let said = 0;
  const say = (): void => {
    if (standIn.scenario === 'empty') return;
    const decided = listener.words.filter(({ endSec }) => endSec + UNDECIDED_SEC <= listener.audioSec);
    for (const word of decided.slice(said)) socket.write(lineOf(word, format));
    said = decided.length;
  };
  socket.on('error', () => undefined);
  socket.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > FAULT_AFTER_BYTES && fails(socket, standIn.scenario)) return;
    listener.hear(part);
    if (standIn.scenario !== 'talks') return say();
    socket.pause();
    socket.write(`${' '.repeat(200_000)}\n`, () => socket.resume());
  });
  socket.on('end', () => {
    standIn.heard.push('end of stream');
    const finish = (): void => {
      say();
      socket.end();
    };
    if (standIn.scenario === 'hangs') return;
    if (standIn.scenario === 'slow') setTimeout(finish, SLOW_MS);
    else finish();
  });
}

function fails(socket: Socket, scenario: Scenario): boolean {
  switch (scenario) {
    case 'diesMidFile':
      socket.resetAndDestroy();
      return true;
    case 'closesEarly':
      socket.end();
      return true;
    case 'garbage':
      socket.write('Traceback (most recent call last):\n');
      return true;
    case 'truncated':
      socket.write('{"start":0.5', () => socket.resetAndDestroy());
      return true;
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

/** JSON lines hold two pieces of a word; lines are padded with NULs. */
function lineOf({ word, startSec, endSec }: HeardWord, format: 'json' | 'bare'): string {
  if (format === 'bare') return `${Math.round(startSec * 1_000)} ${Math.round(endSec * 1_000)} ${word}\n`;
  const middle = startSec + 0.5;
  const line = (text: string, start: number, end: number): string =>
    `${JSON.stringify({ start, end, text, tokens: [1], words: [{ start, end, text, tokens: [1] }], is_final: false, emission_time: end })}\n`;
  return `\0\0${line(' n', startSec, middle)}${line(word.slice(1), middle, endSec)}`;
}
