import { request } from 'node:http';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import type { PortOccupant, PortProbe, StartedProcess } from '#main/core/ports.ts';
import { HealthSchema, INSTANCE_VARIABLE, parseMessage, parseServerMessage } from '#main/core/servers/adapters/nightshift/protocol.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { listenerPids, programName } from './portHolder.ts';
import { findTree } from './processTable.ts';

const CONNECT_DEADLINE_MS = 1_000;
const ANSWER_DEADLINE_MS = 2_000;
const LONGEST_ANSWER_BYTES = 64 * 1024;
/** Both stacks: with 127.0.0.1 taken, `::1` can still be bound, and `localhost` may lead to either. */
const LOOPBACKS = ['127.0.0.1', '::1'] as const;

type Loopback = (typeof LOOPBACKS)[number];

/**
 * Looks at a port from the mildest question to the next: a TCP connection, `GET /health`, and only where that is answered 426, as the
 * servers of S0 do, a WebSocket that waits up to 2 s for a greeting. Two connections at once disturb a server of S0, so
 * `inspect` is for a port that a run is about to use, and not for looking around while one is in use.
 */
export function createPortProbe(): PortProbe {
  return { inspect, isHeldBy };
}

async function inspect(port: number, signal?: AbortSignal): Promise<PortOccupant> {
  let found: PortOccupant = { kind: 'free' };
  for (const host of LOOPBACKS) {
    if (signal?.aborted === true) throw new NightshiftError('CANCELLED', {}, { cause: signal.reason });
    if (!(await isTaken(host, port))) continue;
    const occupant = await identify(host, port);
    // `localhost` may reach either stack: one foreign listener is enough to stay away.
    if (occupant.kind === 'foreign') return occupant;
    if (found.kind === 'free') found = occupant;
  }
  return found;
}

async function isHeldBy(port: number, { pid, instance }: StartedProcess): Promise<boolean | null> {
  const holders = await listenerPids(port);
  if (holders.length === 0) return null;
  const { processes } = await findTree({ pid, mark: `${INSTANCE_VARIABLE}=${instance}` });
  const ours = new Set(processes.map((process) => process.pid));
  return holders.every((holder) => ours.has(holder));
}

/** Something listens, or something that holds the port takes no connections in time. */
function isTaken(host: Loopback, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(CONNECT_DEADLINE_MS, () => settle(true));
    socket.once('connect', () => settle(true));
    // Only somebody who listens can hang up.
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code === 'ECONNRESET'));
  });
}

async function identify(host: Loopback, port: number): Promise<PortOccupant> {
  const answer = await askHealth(host, port);
  const health = answer === null ? null : parseMessage(HealthSchema, answer.body);
  if (health !== null) return { kind: 'nightshift', instance: health.instance ?? '', pid: health.pid };
  if (answer?.status === 426) {
    const greeting = await hearGreeting(host, port);
    if (greeting !== null) return { kind: 's0', greeting };
  }
  const [pid = null] = await listenerPids(port);
  return { kind: 'foreign', pid, program: pid === null ? null : await programName(pid) };
}

function askHealth(host: Loopback, port: number): Promise<{ status: number; body: string } | null> {
  return new Promise((resolve) => {
    const question = request({ host, port, path: '/health', agent: false, signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        body += part;
        if (body.length > LONGEST_ANSWER_BYTES) response.destroy();
      });
      response.on('close', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    question.on('error', () => resolve(null));
    question.end();
  });
}

function hearGreeting(host: Loopback, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://${host === '::1' ? '[::1]' : host}:${port}`, {
      perMessageDeflate: false,
      handshakeTimeout: ANSWER_DEADLINE_MS,
      maxPayload: LONGEST_ANSWER_BYTES,
    });
    const timer = setTimeout(() => settle(null), ANSWER_DEADLINE_MS);
    const settle = (greeting: string | null): void => {
      clearTimeout(timer);
      resolve(greeting);
      // A polite close frees the place at once; a server that does not answer it is left.
      socket.close();
      setTimeout(() => socket.terminate(), ANSWER_DEADLINE_MS).unref();
    };
    socket.on('error', () => settle(null));
    socket.once('close', () => settle(null));
    socket.once('message', (data) => {
      const message = parseServerMessage((data as Buffer).toString('utf8'));
      settle(message?.type === 'hello' ? (message.message ?? '') : null);
    });
  });
}
