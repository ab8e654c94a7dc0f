import type { WireError } from '#shared/errors/nightshiftError.ts';
import type { ConnectionState } from '../transport/panelClient.ts';

/**
 * Whether an error of something the user asked for needs a message: not where the user cancelled it, and not where the lost-link screen
 * says it already. A refusal of one file or folder is no lost link.
 */
export function needsNotice(error: WireError, connection: ConnectionState): boolean {
  if (error.code === 'CANCELLED') return false;
  return error.code !== 'ACCESS_DENIED' || connection !== 'accessLost';
}

/** The same for what the panel reads by itself: a lost connection has its bar above the content. */
export function needsNoticeInBackground(error: WireError, connection: ConnectionState): boolean {
  return error.code !== 'CONNECTION_LOST' && needsNotice(error, connection);
}
