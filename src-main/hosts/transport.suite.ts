import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { AnyEvent } from '#shared/contract/events.ts';
import { coreRoutes, type CoreRouteName, type Handlers, type RouteInput, type RouteName } from '#shared/contract/routes.ts';
import { SettingsSchema } from '#shared/contract/settings.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { EventBus } from '#main/core/events.ts';
import { createInProcessClient } from '#main/core/inProcessClient.ts';
import type { Logger } from '#main/core/ports.ts';
import { createRouter, type Router } from '#main/core/router.ts';

/** A small runtime of fake handlers for a transport to stand in front of. */
export interface TransportBackend {
  readonly router: Router;
  readonly events: EventBus;
  /** In-process client over both, for transports that forward to a client. */
  readonly client: NightshiftClient;
  /** Arguments of `items.list` and `runs.create` as the handler received them. */
  readonly received: unknown[];
  /** What the router logged, with the original errors. */
  readonly logged: { readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[];
}

export interface OpenTransport {
  readonly client: NightshiftClient;
  /** Ends the serving side; the client is closed before. */
  dispose(): Promise<void>;
}

const SECRET_DETAIL = 'the handler slipped';

function recordingLogger(logged: TransportBackend['logged']): Logger {
  const record = (message: string, fields: Readonly<Record<string, unknown>> = {}): void => void logged.push({ message, fields });
  const logger: Logger = { debug: record, info: record, warn: record, error: record, child: () => logger };
  return logger;
}

/** The backend of the suite; also for tests of one transport alone. */
export function createTransportBackend(): TransportBackend {
  const received: unknown[] = [];
  const logged: TransportBackend['logged'] = [];
  const waiting = new Set<() => void>();
  const answers: Partial<Handlers<CoreRouteName>> = {
    'settings.get': async () => SettingsSchema.parse({ language: 'ko', browseRoots: ['/데이터/소리 🎧', 'C:\\a "b"\n\u2028'] }),
    'items.list': async (args) => {
      received.push(args);
      return { items: [], total: args.count, counts: { all: 1, active: 2, failed: 3, highWer: 4, problem: 5, noReference: 6 } };
    },
    'runs.get': async ({ runId }) => {
      throw new NightshiftError('RUN_NOT_FOUND', { runId, name: '야간 "실행"', isGone: true, path: null });
    },
    'runs.pause': async () => {
      throw new TypeError(SECRET_DETAIL);
    },
    // What a careless library would do.
    'runs.resume': async () => {
      throw 'only a string';
    },
    // Answers in the opposite order of the questions: nobody may be given somebody else's answer.
    'servers.log': async ({ lines }) => {
      if (lines <= 100) {
        await new Promise<void>((resolve) => {
          waiting.add(resolve);
          if (waiting.size === 100) for (const go of [...waiting].toReversed()) go();
        });
      }
      return {
        path: `/log/${lines}`,
        lines: lines > 1_000 ? Array.from({ length: lines }, (_, n) => `${n} ${'가'.repeat(500)}`) : [],
        next: 0,
      };
    },
  };
  const handlers = Object.fromEntries(
    Object.keys(coreRoutes).map((route) => [
      route,
      answers[route as CoreRouteName] ??
        (async (): Promise<never> => {
          throw new NightshiftError('NOT_AVAILABLE_HERE', { route });
        }),
    ]),
  ) as unknown as Handlers<CoreRouteName>;
  const router = createRouter(handlers, { logger: recordingLogger(logged), validateOutput: true });
  const events = new EventBus((error) => logged.push({ message: 'listener failed', fields: { error } }));
  return { router, events, client: createInProcessClient(router, events), received, logged };
}

/** The error of a call that must fail. */
async function failureOf(call: Promise<unknown>): Promise<NightshiftError> {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(NightshiftError);
  return thrown as NightshiftError;
}

function removed(runId: number): AnyEvent {
  return { name: 'run.removed', payload: { runId } };
}

/**
 * What every way of reaching the runtime must do alike.
 * @param open a client over the transport, connected: events emitted after it resolves are not missed
 */
export function describeTransport(name: string, open: (backend: TransportBackend) => Promise<OpenTransport>): void {
  describe(`transport: ${name}`, () => {
    let backend: TransportBackend;
    let transport: OpenTransport;
    let client: NightshiftClient;

    beforeEach(async () => {
      backend = createTransportBackend();
      transport = await open(backend);
      client = transport.client;
    });
    afterEach(async () => {
      await client.close();
      await transport.dispose();
    });

    it('answers with the whole value, in any script', async () => {
      expect(await client.request('settings.get', {})).toEqual(
        SettingsSchema.parse({ language: 'ko', browseRoots: ['/데이터/소리 🎧', 'C:\\a "b"\n\u2028'] }),
      );
    });

    it('fills in defaults before the handler sees the input', async () => {
      const page = await client.request('items.list', { runId: 7, search: '밤' });
      expect(backend.received).toEqual([{ runId: 7, afterId: 0, count: 200, filter: 'all', search: '밤' }]);
      expect(page).toEqual({ items: [], total: 200, counts: { all: 1, active: 2, failed: 3, highWer: 4, problem: 5, noReference: 6 } });
    });

    it('carries a large answer', async () => {
      const log = await client.request('servers.log', { id: 'chunked', lines: 2_000 });
      expect(log.lines).toHaveLength(2_000);
      expect(log.lines[1_999]).toBe(`1999 ${'가'.repeat(500)}`);
    });

    it('refuses wrong input with INPUT_INVALID and names the field', async () => {
      const error = await failureOf(client.request('items.list', { runId: 7, count: 0 }));
      expect(error.code).toBe('INPUT_INVALID');
      expect(error.data).toMatchObject({ route: 'items.list', field: 'count' });
      expect(error.data['detail']).toMatch(/^count: ./);
      expect(backend.received).toEqual([]);
    });

    it.each([null, 'text', 5, [], undefined])('refuses the input %j with INPUT_INVALID', async (input) => {
      const error = await failureOf(client.request('items.list', input as unknown as RouteInput<'items.list'>));
      expect(error.code).toBe('INPUT_INVALID');
    });

    it.each(['no.such', '', '__proto__', 'constructor', 'toString', 'runs.get/../settings.get', 'runs list?x#y'])(
      'refuses the route %j with ROUTE_NOT_FOUND',
      async (route) => {
        const error = await failureOf(client.request(route as RouteName, {} as never));
        expect({ code: error.code, data: error.data }).toEqual({ code: 'ROUTE_NOT_FOUND', data: { route } });
      },
    );

    it('keeps code and data of an error', async () => {
      const error = await failureOf(client.request('runs.get', { runId: 41 }));
      expect({ code: error.code, data: error.data }).toEqual({
        code: 'RUN_NOT_FOUND',
        data: { runId: 41, name: '야간 "실행"', isGone: true, path: null },
      });
    });

    it('turns an unknown throw into INTERNAL and logs the original', async () => {
      const error = await failureOf(client.request('runs.pause', { runId: 1 }));
      expect(error.code).toBe('INTERNAL');
      expect(backend.logged).toHaveLength(1);
      const original = backend.logged[0]?.fields['error'];
      expect(original).toBeInstanceOf(TypeError);
      expect((original as TypeError).message).toBe(SECRET_DETAIL);
    });

    it('turns a thrown string into INTERNAL', async () => {
      expect((await failureOf(client.request('runs.resume', { runId: 1 }))).code).toBe('INTERNAL');
    });

    it('gives each of many requests at once its own answer', async () => {
      const counts = Array.from({ length: 100 }, (_, index) => index + 1);
      const replies = await Promise.all(counts.map((lines) => client.request('servers.log', { id: 'original', lines })));
      expect(replies.map((reply) => reply.path)).toEqual(counts.map((lines) => `/log/${lines}`));
    });

    it('delivers events in order to every listener', async () => {
      const first: AnyEvent[] = [];
      const second: AnyEvent[] = [];
      client.subscribe((event) => first.push(event));
      client.subscribe((event) => second.push(event));
      const settings = SettingsSchema.parse({ theme: 'dark' });
      backend.events.emit('run.removed', { runId: 1 });
      backend.events.emit('settings.changed', settings);
      backend.events.emit('run.removed', { runId: 2 });
      const all = [removed(1), { name: 'settings.changed', payload: settings }, removed(2)];
      await eventually(() => expect(second).toHaveLength(3));
      expect(first).toEqual(all);
      expect(second).toEqual(all);
    });

    it('delivers a burst of 1,000 events completely and in order', async () => {
      const seen: number[] = [];
      client.subscribe((event) => {
        if (event.name === 'run.removed') seen.push(event.payload.runId);
      });
      const sent = Array.from({ length: 1_000 }, (_, index) => index + 1);
      for (const runId of sent) backend.events.emit('run.removed', { runId });
      await eventually(() => expect(seen).toHaveLength(1_000));
      expect(seen).toEqual(sent);
    });

    it('stops delivering after unsubscribe, which may be repeated', async () => {
      const stopped: AnyEvent[] = [];
      const going: AnyEvent[] = [];
      const stop = client.subscribe((event) => stopped.push(event));
      client.subscribe((event) => going.push(event));
      backend.events.emit('run.removed', { runId: 1 });
      await eventually(() => expect(going).toHaveLength(1));
      stop();
      stop();
      backend.events.emit('run.removed', { runId: 2 });
      await eventually(() => expect(going).toHaveLength(2));
      expect(stopped).toEqual([removed(1)]);
    });

    it('survives a listener that throws', async () => {
      const seen: AnyEvent[] = [];
      client.subscribe(() => {
        throw new Error('a careless listener');
      });
      client.subscribe((event) => seen.push(event));
      backend.events.emit('run.removed', { runId: 1 });
      backend.events.emit('run.removed', { runId: 2 });
      await eventually(() => expect(seen).toEqual([removed(1), removed(2)]));
      expect((await client.request('settings.get', {})).language).toBe('ko');
    });

    it('keeps requests and events apart: an event emitted by a handler arrives', async () => {
      const seen: AnyEvent[] = [];
      client.subscribe((event) => seen.push(event));
      await client.request('settings.get', {});
      backend.events.emit('run.removed', { runId: 9 });
      await eventually(() => expect(seen).toEqual([removed(9)]));
    });

    it('ends with close: nothing is delivered, requests are refused, and closing twice is fine', async () => {
      const seen: AnyEvent[] = [];
      client.subscribe((event) => seen.push(event));
      await client.close();
      await client.close();
      expect((await failureOf(client.request('settings.get', {}))).code).toBe('SHUTTING_DOWN');
      backend.events.emit('run.removed', { runId: 1 });
      await new Promise((resolve) => setImmediate(resolve));
      expect(seen).toEqual([]);
    });

    it('never says reconnected while the connection holds', async () => {
      const reconnected = vi.fn<() => void>();
      const stop = client.onReconnect(reconnected);
      await client.request('settings.get', {});
      stop();
      expect(reconnected).not.toHaveBeenCalled();
    });
  });
}
