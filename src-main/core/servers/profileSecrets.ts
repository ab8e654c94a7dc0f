import { SECRET_MASK, type ServerProfile } from '#shared/contract/profiles.ts';
import { isSecretName } from '#shared/domain/secretNames.ts';

type Texts = Readonly<Record<string, string>>;

/** The profile as it may be shown, exported and kept with a run: each secret is `SECRET_MASK`. */
export function maskProfile(profile: ServerProfile): ServerProfile {
  const mask = (texts: Texts): Record<string, string> =>
    Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, isSecretName(name) ? SECRET_MASK : value]));
  return changeSecrets(profile, { mask, apiKey: profile.options.apiKey === null ? null : SECRET_MASK });
}

/** The secrets that stand as `SECRET_MASK` in the profile, by the place they have in it. */
export function maskedSecrets(profile: ServerProfile): string[] {
  const { start, options } = profile;
  const masked = (texts: Texts, place: string): string[] =>
    Object.entries(texts).flatMap(([name, value]) => (value === SECRET_MASK ? [`${place}.${name}`] : []));
  return [
    ...(options.apiKey === SECRET_MASK ? ['options.apiKey'] : []),
    ...masked(options.fields, 'options.fields'),
    ...(start?.kind === 'command' ? masked(start.env, 'start.env') : []),
  ];
}

/** The profile with what is masked in it taken from `known`; what `known` does not have either is left out. */
export function unmaskProfile(profile: ServerProfile, known: ServerProfile | null): ServerProfile {
  const knownEnv = known?.start?.kind === 'command' ? known.start.env : {};
  const fill = (texts: Texts, from: Texts): Record<string, string> =>
    Object.fromEntries(
      Object.entries(texts).flatMap(([name, value]) => {
        const text = value === SECRET_MASK ? from[name] : value;
        return text === undefined ? [] : [[name, text]];
      }),
    );
  const { start, options } = profile;
  return {
    ...profile,
    start: start?.kind === 'command' ? { ...start, env: fill(start.env, knownEnv) } : start,
    options: {
      ...options,
      apiKey: options.apiKey === SECRET_MASK ? (known?.options.apiKey ?? null) : options.apiKey,
      fields: fill(options.fields, known?.options.fields ?? {}),
    },
  };
}

/** What nobody may read of a profile, wherever it stands. */
export function secretsOf({ options, start }: Pick<ServerProfile, 'options'> & Partial<Pick<ServerProfile, 'start'>>): string[] {
  const named = [...Object.entries(options.fields), ...(start?.kind === 'command' ? Object.entries(start.env) : [])];
  const secrets = named.flatMap(([name, value]) => (isSecretName(name) ? [value] : []));
  return options.apiKey === null ? secrets : [...secrets, options.apiKey];
}

/** The profile without any secret, for comparing what a server would say. */
export function withoutSecrets(profile: ServerProfile): ServerProfile {
  const mask = (texts: Texts): Record<string, string> => Object.fromEntries(Object.entries(texts).filter(([name]) => !isSecretName(name)));
  return changeSecrets(profile, { mask, apiKey: null });
}

function changeSecrets(
  profile: ServerProfile,
  { mask, apiKey }: { readonly mask: (texts: Texts) => Record<string, string>; readonly apiKey: string | null },
): ServerProfile {
  const { start, options } = profile;
  return {
    ...profile,
    start: start?.kind === 'command' ? { ...start, env: mask(start.env) } : start,
    options: { ...options, apiKey, fields: mask(options.fields) },
  };
}
