import { ZodError } from 'zod';
import { builtInProfile, completeProfile, type ProfileDraft, type ProfileDocument, type ServerProfile } from '#shared/contract/profiles.ts';
import { type Mode, MODES } from '#shared/domain/mode.ts';
import { isBuiltInProfileId } from '#shared/domain/profileDefaults.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Database } from '../persistence/database.ts';
import type { Clock, Logger } from '../ports.ts';
import { maskedSecrets, unmaskProfile } from './profileSecrets.ts';

export interface ProfileStoreDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the settings, for the servers of our own program. */
  ports(): Readonly<Record<Mode, number>>;
  onChange(): void;
}

/** A profile that was kept, and the secrets it should have had and nobody knows (`options.apiKey`). */
export interface Kept {
  readonly profile: ServerProfile;
  readonly missingSecrets: readonly string[];
}

/** How the known servers are started and spoken to, with their secrets. Changes happen one after the other. */
export interface ProfileStore {
  /** Our own servers in the order of the modes, then the user's by name. */
  list(): ServerProfile[];
  find(id: string): ServerProfile | null;
  /** @throws PROFILE_NOT_FOUND */
  get(id: string): ServerProfile;
  /**
   * All of them or, when one is wrong, none. A masked secret is the one that is known already.
   * @param replace whether a profile may take the place of an earlier one with its id
   * @throws PROFILE_INVALID with `field` and `detail`, PROFILE_EXISTS
   */
  save(drafts: ProfileDocument['profiles'], replace: boolean): Promise<Kept[]>;
  /** @throws PROFILE_NOT_FOUND; PROFILE_INVALID for one of our own */
  remove(id: string): Promise<void>;
}

/** A stored profile that cannot be read any more is left in its place and out of the list. */
export async function openProfileStore(deps: ProfileStoreDeps): Promise<ProfileStore> {
  const { database, clock, logger } = deps;
  const known = new Map<string, ServerProfile>();
  for (const row of await database.read('serverProfiles')) {
    try {
      known.set(row.id, completeProfile(JSON.parse(row.profile) as ProfileDraft));
    } catch (error) {
      logger.warn('a server profile could not be read', { id: row.id, detail: error instanceof Error ? error.message : String(error) });
    }
  }
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
  const find = (id: string): ServerProfile | null =>
    isBuiltInProfileId(id) ? builtInProfile(id, deps.ports()[id]) : (known.get(id) ?? null);
  const get = (id: string): ServerProfile => {
    const profile = find(id);
    if (profile === null) throw new NightshiftError('PROFILE_NOT_FOUND', { profileId: id });
    return profile;
  };

  return {
    find,
    get,
    list: () => [
      ...MODES.map((mode) => builtInProfile(mode, deps.ports()[mode])),
      ...[...known.values()].toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1)),
    ],
    save: (drafts, replace) =>
      inTurn(async () => {
        const kept = drafts.map((draft, index) => keep(draft, drafts.length === 1 ? '' : `profiles.${index}.`, known, replace));
        const ids = kept.map(({ profile }) => profile.id);
        const twice = ids.find((id, index) => ids.indexOf(id) !== index);
        if (twice !== undefined) throw new NightshiftError('PROFILE_EXISTS', { profileId: twice });
        const rows = kept.map(({ profile }) => ({ id: profile.id, profile: JSON.stringify(profile) }));
        await database.write('saveProfiles', { profiles: rows, nowMs: clock.nowMs() });
        for (const { profile } of kept) known.set(profile.id, profile);
        deps.onChange();
        return kept;
      }),
    remove: (id) =>
      inTurn(async () => {
        if (get(id).start?.kind === 'builtIn') {
          throw new NightshiftError('PROFILE_INVALID', { field: 'id', detail: `${id} is a server of Nightshift itself` });
        }
        await database.write('removeProfile', { id });
        known.delete(id);
        deps.onChange();
      }),
  };
}

/** @throws PROFILE_INVALID */
export function toProfile(draft: ProfileDraft, place = ''): ServerProfile {
  try {
    return completeProfile(draft);
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    const issue = error.issues[0];
    const field = `${place}${issue?.path.map(String).join('.') ?? ''}` || 'the profile';
    throw new NightshiftError('PROFILE_INVALID', { field, detail: issue?.message ?? 'not valid' }, { cause: error });
  }
}

function keep(draft: ProfileDraft, place: string, known: ReadonlyMap<string, ServerProfile>, replace: boolean): Kept {
  const profile = toProfile(draft, place);
  if (profile.start?.kind === 'builtIn') {
    const detail = 'the port of a server of Nightshift itself is in the settings, the rest is fixed';
    throw new NightshiftError('PROFILE_INVALID', { field: `${place}start`, detail });
  }
  const earlier = known.get(profile.id) ?? null;
  if (earlier !== null && !replace) throw new NightshiftError('PROFILE_EXISTS', { profileId: profile.id });
  const filled = unmaskProfile(profile, earlier);
  const missingSecrets = maskedSecrets(profile).filter((secret) => !hasSecret(filled, secret));
  return { profile: filled, missingSecrets };
}

function hasSecret({ start, options }: ServerProfile, place: string): boolean {
  if (place === 'options.apiKey') return options.apiKey !== null;
  const name = place.slice(place.lastIndexOf('.') + 1);
  return place.startsWith('start.env.') ? start?.kind === 'command' && Object.hasOwn(start.env, name) : Object.hasOwn(options.fields, name);
}
