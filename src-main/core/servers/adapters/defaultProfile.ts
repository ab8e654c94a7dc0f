import { completeProfile, type ServerProfile } from '#shared/contract/profiles.ts';
import type { ServerProtocol } from '#shared/domain/profileDefaults.ts';

/** A profile of which only the protocol is said. */
export function defaultProfile(protocol: ServerProtocol): ServerProfile {
  return completeProfile({ name: protocol, mode: 'original', protocol });
}
