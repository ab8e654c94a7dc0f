import type { TransitionTable } from './transition.ts';

/**
 * Life of a server we own, or of one that somebody else started and the user told us to use (`adopted`).
 * `crashed` is an exit we did not ask for; `backingOff` waits before a restart; `broken` is given up until the user acts.
 */
export const SERVER_STATUSES = ['stopped', 'starting', 'ready', 'busy', 'stopping', 'crashed', 'backingOff', 'broken', 'adopted'] as const;
export type ServerStatus = (typeof SERVER_STATUSES)[number];

export const SERVER_TRANSITIONS: TransitionTable<ServerStatus> = {
  stopped: ['starting', 'adopted'],
  starting: ['ready', 'crashed', 'broken', 'stopping', 'stopped'],
  ready: ['busy', 'stopping', 'crashed'],
  busy: ['ready', 'stopping', 'crashed'],
  stopping: ['stopped'],
  crashed: ['backingOff', 'broken', 'stopped'],
  backingOff: ['starting', 'stopping', 'stopped'],
  broken: ['starting', 'stopped'],
  adopted: ['stopped'],
};
