import type { WireError } from '#shared/errors/nightshiftError.ts';
import type { AnyEvent } from './events.ts';
import type { RouteInput, RouteName, RouteOutput } from './routes.ts';

/** How results travel: a rejected call over IPC or HTTP would keep only the message. */
export type Result<T> = { readonly ok: true; readonly data: T } | { readonly ok: false; readonly error: WireError };

/**
 * The one way to drive the runtime, the same in process, over HTTP + WebSocket, over the local socket and over Electron IPC.
 * All implementations pass `src-main/hosts/transport.suite.ts`.
 */
export interface NightshiftClient {
  /** @throws NightshiftError with the code of what went wrong; INPUT_INVALID names the field. */
  request<R extends RouteName>(route: R, input: RouteInput<R>): Promise<RouteOutput<R>>;
  /** Every event from now on, in order. The returned function ends the subscription; a listener that throws is ignored. */
  subscribe(listener: (event: AnyEvent) => void): () => void;
  /** Called when the connection was lost and came back: state must be asked for again. In process it never fires. */
  onReconnect(listener: () => void): () => void;
  close(): Promise<void>;
}
