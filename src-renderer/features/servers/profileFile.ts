import { type ProfileDocument, ProfileDocumentSchema, profileIdOf } from '#shared/contract/profiles.ts';
import type { MessageLocale } from '#shared/errors/messages.ts';
import { ZOD_MESSAGES } from '../../i18n/zodMessages.ts';

/** Longer files hold something else: 200 profiles are far less. */
export const MAX_PROFILE_FILE_BYTES = 4_000_000;

export interface FoundProfile {
  readonly id: string;
  readonly name: string;
  /** One with this id is known already. */
  readonly isKnown: boolean;
}

export type ReadProfiles =
  | { readonly document: ProfileDocument; readonly found: readonly FoundProfile[] }
  /** `place` is a path in the file; null: the file as a whole is no JSON. */
  | { readonly problem: { readonly place: string | null; readonly message: string } };

/** The profiles in an exported file, or the first thing that is wrong with it. */
export function readProfileFile(text: string, knownIds: readonly string[], locale: MessageLocale): ReadProfiles {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return { problem: { place: null, message: error instanceof Error ? error.message : String(error) } };
  }
  const parsed = ProfileDocumentSchema.safeParse(document, { error: ZOD_MESSAGES[locale] });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { problem: { place: issue?.path.map(String).join('.') || 'JSON', message: issue?.message ?? '' } };
  }
  const found = parsed.data.profiles.map(({ id, name }) => {
    const kept = id ?? profileIdOf(name);
    return { id: kept, name, isKnown: knownIds.includes(kept) };
  });
  return { document: parsed.data, found };
}
