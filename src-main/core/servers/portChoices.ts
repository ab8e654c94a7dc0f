import type { ServerProfile } from '#shared/contract/profiles.ts';
import type { PORT_CHOICES } from '#shared/contract/servers.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { PortOccupant, PortProbe } from '../ports.ts';

export type PortChoice = (typeof PORT_CHOICES)[number];

/** Ports tried for a free one: with more than these taken in a row something else is wrong. */
const PORTS_TRIED = 64;

/**
 * What can be done when the port of a server that we start is held by something else. It can be used as it is when it greets like a speech server, or when
 * the profile says how to speak to it.
 */
export function portChoices({ protocol }: ServerProfile, occupant: PortOccupant['kind']): PortChoice[] {
  if (occupant === 'free') return [];
  const speaksToIt = occupant !== 'foreign' || protocol !== 'nightshift';
  return speaksToIt ? ['useExternal', 'otherPort', 'cancel'] : ['otherPort', 'cancel'];
}

/** PORT_IN_USE with who holds the port and, comma-separated as `choices`, what can be done. */
export function portInUse(profile: ServerProfile, occupant: PortOccupant): NightshiftError {
  const { id, mode, port } = profile;
  return new NightshiftError('PORT_IN_USE', {
    ...{ mode, port, profileId: id, occupant: occupant.kind },
    pid: occupant.kind === 'nightshift' || occupant.kind === 'foreign' ? occupant.pid : null,
    program: occupant.kind === 'foreign' ? occupant.program : null,
    choices: portChoices(profile, occupant.kind).join(','),
  });
}

/** The next port above that nobody holds and no other server is meant for; null when there is none near. */
export async function freePortAbove(port: number, taken: ReadonlySet<number>, probe: PortProbe): Promise<number | null> {
  for (let candidate = port + 1; candidate <= Math.min(65_535, port + PORTS_TRIED); candidate += 1) {
    if (!taken.has(candidate) && (await probe.inspect(candidate)).kind === 'free') return candidate;
  }
  return null;
}
