import type { ServerState } from '#shared/contract/servers.ts';
import type { ServerReason, ServerStatus } from '#shared/domain/server.ts';

/** Colour of a server's dot. */
export function serverTone(status: ServerStatus): 'ok' | 'warn' | 'bad' | 'accent' | 'idle' {
  switch (status) {
    case 'ready':
    case 'adopted':
      return 'ok';
    case 'busy':
      return 'accent';
    case 'starting':
    case 'stopping':
    case 'backingOff':
    case 'suspect':
      return 'warn';
    case 'crashed':
    case 'broken':
    case 'unresponsive':
      return 'bad';
    case 'stopped':
      return 'idle';
  }
}

/** Whether the panel offers to start or to stop it; nothing while it changes or when it is not ours. */
export function serverAction(status: ServerStatus): 'start' | 'stop' | null {
  switch (status) {
    case 'stopped':
    case 'broken':
      return 'start';
    case 'ready':
    case 'busy':
    case 'starting':
    case 'backingOff':
    case 'suspect':
      return 'stop';
    case 'adopted':
    case 'crashed':
    case 'unresponsive':
    case 'stopping':
      return null;
  }
}

/** What everybody expects of a server that works; everything else is worth a word. */
const EXPECTED: ReadonlySet<ServerReason> = new Set(['wanted', 'answered', 'sessions', 'movesAgain', 'forgiven']);

/** Whether the reason tells more than the state; an error below says it at length. */
export function isReasonTelling<S extends Pick<ServerState, 'reason' | 'error'>>(
  server: S,
): server is S & { readonly reason: ServerReason } {
  return server.reason !== null && server.error === null && !EXPECTED.has(server.reason);
}
