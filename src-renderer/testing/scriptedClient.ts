import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AnyEvent } from '#shared/contract/events.ts';
import type { RouteInput, RouteName, RouteOutput } from '#shared/contract/routes.ts';
import { Listeners } from '../transport/listeners.ts';
import type { ConnectionState, PanelClient } from '../transport/panelClient.ts';

export type Answers = { [R in RouteName]?: (input: RouteInput<R>) => RouteOutput<R> | Promise<RouteOutput<R>> };

export interface ScriptedClient extends PanelClient {
  readonly asked: { readonly route: RouteName; readonly input: unknown }[];
  emit(event: AnyEvent): void;
  reconnect(): void;
  setConnection(state: ConnectionState): void;
}

/** A client whose answers a test writes down; an unexpected question is an error. */
export function createScriptedClient(answers: Answers, first: ConnectionState = 'online'): ScriptedClient {
  const events = new Listeners<AnyEvent>();
  const reconnects = new Listeners<void>();
  const connections = new Listeners<ConnectionState>();
  const asked: ScriptedClient['asked'] = [];
  let connection = first;
  return {
    asked,
    files: { kind: 'paths', pathForFile: (file) => `/dropped/${file.name}` },
    async request<R extends RouteName>(route: R, input: RouteInput<R>): Promise<RouteOutput<R>> {
      asked.push({ route, input });
      const answer: Answers[R] = answers[route];
      if (answer === undefined) throw new NightshiftError('ROUTE_NOT_FOUND', { route });
      try {
        return await answer(input);
      } catch (error) {
        throw toNightshiftError(error);
      }
    },
    subscribe: (listener) => events.add(listener),
    onReconnect: (listener) => reconnects.add(listener),
    onConnection: (listener) => {
      listener(connection);
      return connections.add(listener);
    },
    async close() {
      return undefined;
    },
    emit: (event) => events.notify(event),
    reconnect: () => reconnects.notify(),
    setConnection: (state) => {
      connection = state;
      connections.notify(state);
    },
  };
}
