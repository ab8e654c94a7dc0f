import { describe, expect, it, vi } from 'vitest';
import { eventually } from '#shared/testing/eventually.ts';
import { buildSample } from '../testing/builders.ts';
import { createHttpClient, type EventSocket } from './httpClient.ts';

class ScriptedSocket implements EventSocket {
  isClosed = false;
  readonly #listeners: { type: string; listener: (event: { data: unknown }) => void }[] = [];
  addEventListener(type: string, listener: (event: { data: unknown }) => void): void {
    this.#listeners.push({ type, listener });
  }
  close(): void {
    this.isClosed = true;
  }
  fire(type: 'open' | 'close' | 'message', data?: unknown): void {
    for (const entry of this.#listeners) if (entry.type === type) entry.listener({ data });
  }
  frame(seq: number, name: string, payload: unknown): void {
    this.fire('message', JSON.stringify({ seq, name, payload }));
  }
}

function start(reply: (route: string, body: unknown) => Response) {
  const sockets: ScriptedSocket[] = [];
  const timers: { run: () => void; ms: number }[] = [];
  const client = createHttpClient({
    fetch: async (input, init) => reply(String(input), JSON.parse(String(init?.body))),
    openSocket: () => {
      const socket = new ScriptedSocket();
      sockets.push(socket);
      return socket;
    },
    setTimer: (run, ms) => timers.push({ run, ms }),
  });
  const states: string[] = [];
  client.onConnection((state) => states.push(state));
  const last = (): ScriptedSocket => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error('no socket');
    return socket;
  };
  return { client, sockets, timers, states, last };
}

const ok = (data: unknown): Response => Response.json({ ok: true, data });
const lost = (): Response => Response.json({ ok: false, error: { code: 'CONNECTION_LOST', data: {} } }, { status: 503 });

describe('requests over HTTP', () => {
  it('posts the input and returns the checked data', async () => {
    const seen: unknown[] = [];
    const { client } = start((path, body) => {
      seen.push([path, body]);
      return ok({ paths: ['/a'] });
    });
    expect(await client.request('host.pickPaths', { what: 'folder' })).toEqual({ paths: ['/a'] });
    expect(seen).toEqual([['/rpc/host.pickPaths', { what: 'folder' }]]);
  });

  it('throws the error of the host by its code', async () => {
    const { client } = start(() => Response.json({ ok: false, error: { code: 'RUN_NOT_FOUND', data: { runId: 7 } } }, { status: 404 }));
    await expect(client.request('runs.get', { runId: 7 })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND', data: { runId: 7 } });
  });

  it('refuses a reply that is not what the contract says', async () => {
    const { client } = start(() => ok({ paths: [3] }));
    await expect(client.request('host.pickPaths', { what: 'files' })).rejects.toMatchObject({ code: 'INTERNAL' });
    const noJson = start(() => new Response('<html>', { status: 502 }));
    await expect(noJson.client.request('host.info', {})).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('says when the host cannot be reached', async () => {
    const { client } = start(() => {
      throw new TypeError('Failed to fetch');
    });
    await expect(client.request('host.info', {})).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });
});

describe('events', () => {
  it('delivers known, well-formed events in order and ignores the rest', () => {
    const { client, last } = start(() => ok({}));
    const seen: unknown[] = [];
    client.subscribe((event) => seen.push(event));
    last().fire('open');
    last().frame(1, 'resources.sampled', buildSample({ atMs: 1 }));
    last().frame(2, 'resources.sampled', { atMs: 'x' });
    last().frame(3, 'unknown.event', {});
    last().fire('message', 'not json');
    last().frame(4, 'run.removed', { runId: 3 });
    expect(seen).toEqual([
      { name: 'resources.sampled', payload: buildSample({ atMs: 1 }) },
      { name: 'run.removed', payload: { runId: 3 } },
    ]);
  });

  it('asks for the state again after a gap', () => {
    const { client, last } = start(() => ok({}));
    const again = vi.fn();
    client.onReconnect(again);
    last().fire('open');
    last().frame(1, 'run.removed', { runId: 3 });
    last().frame(2, 'run.removed', { runId: 3 });
    expect(again).not.toHaveBeenCalled();
    last().frame(4, 'run.removed', { runId: 3 });
    expect(again).toHaveBeenCalledTimes(1);
  });

  it('opens the socket again with growing pauses and then reports it once', async () => {
    const { client, sockets, timers, states, last } = start(() => ok({}));
    const again = vi.fn();
    client.onReconnect(again);
    last().fire('open');
    await eventually(() => expect(states).toEqual(['connecting', 'online']));
    for (const [attempt, ms] of [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000].entries()) {
      last().fire('close');
      await eventually(() => expect(timers).toHaveLength(attempt + 1));
      expect(timers[attempt]?.ms).toBe(ms);
      timers[attempt]?.run();
    }
    expect(again).not.toHaveBeenCalled();
    last().fire('open');
    await eventually(() => expect(states).toEqual(['connecting', 'online', 'offline', 'online']));
    expect(again).toHaveBeenCalledTimes(1);
    expect(sockets).toHaveLength(8);
    last().fire('close');
    await eventually(() => expect(timers).toHaveLength(8));
    expect(timers[7]?.ms).toBe(500);
  });

  it('is offline while the owner behind the host is gone, and comes back by itself', async () => {
    let hasOwner = true;
    const { client, sockets, timers, states, last } = start((path) => (hasOwner || path === '/rpc/host.info' ? ok({}) : lost()));
    const again = vi.fn();
    client.onReconnect(again);
    last().fire('open');
    await eventually(() => expect(states.at(-1)).toBe('online'));

    hasOwner = false;
    await expect(client.request('runs.list', {})).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(states.at(-1)).toBe('offline');
    await eventually(() => expect(timers).toHaveLength(1));
    last().fire('close');
    await eventually(() => expect(timers).toHaveLength(2));
    timers[0]?.run();
    timers[1]?.run();
    last().fire('open');
    // The host takes the socket while it looks for the owner: that is no connection yet, and the pauses go on growing.
    await eventually(() => expect(timers).toHaveLength(3));
    expect(timers.map(({ ms }) => ms)).toEqual([500, 1_000, 2_000]);
    expect(states.at(-1)).toBe('offline');

    hasOwner = true;
    timers[2]?.run();
    await eventually(() => expect(states).toEqual(['connecting', 'online', 'offline', 'online']));
    expect(again).toHaveBeenCalledTimes(1);
    expect(sockets).toHaveLength(2);
  });

  it('stops and says so when the token is no longer accepted', async () => {
    const { client, timers, states, last } = start(() => new Response('', { status: 401 }));
    last().fire('close');
    await eventually(() => expect(states).toContain('accessLost'));
    expect(timers).toHaveLength(0);
    await expect(client.request('host.info', {})).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  });

  it('stays closed after close', async () => {
    const { client, last, timers, states } = start(() => ok({}));
    last().fire('open');
    await eventually(() => expect(states).toEqual(['connecting', 'online']));
    await client.close();
    expect(last().isClosed).toBe(true);
    last().fire('close');
    expect(timers).toHaveLength(0);
    expect(states).toEqual(['connecting', 'online']);
  });
});
