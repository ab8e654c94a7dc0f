import { createHash } from 'node:crypto';
import { builtInProfile, type ServerProfile } from '#shared/contract/profiles.ts';
import type { RunChoices, RunOptions } from '#shared/contract/runs.ts';
import type { Settings } from '#shared/contract/settings.ts';
import { type Mode, MODES } from '#shared/domain/mode.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { stableJson } from '#shared/util/stableJson.ts';
import { maskProfile, withoutSecrets } from './profileSecrets.ts';

/**
 * The profiles that each mode of a run will use, whole, so that changing one later does not change the run: those chosen for the run, else those
 * of the settings; null where our own server of the mode, or what runs on its port, is used.
 * @throws PROFILE_NOT_FOUND; INPUT_INVALID for a server of a mode that is not in the run
 */
export function freezeProfiles(
  choices: Pick<RunChoices, 'modes' | 'servers' | 'serverIds'>,
  ports: RunOptions['ports'],
  usual: Settings['servers'],
  known: { get(id: string): ServerProfile },
): RunOptions['profiles'] {
  // One named twice is one server.
  const chosen = [...new Set(choices.serverIds)].map((id) => known.get(id));
  const stray = chosen.find(({ mode }) => !choices.modes.includes(mode));
  if (stray !== undefined) {
    const detail = `${stray.id} serves the ${stray.mode} mode, which is not part of the run`;
    throw new NightshiftError('INPUT_INVALID', { field: 'serverIds', detail });
  }
  const freeze = (mode: Mode): ServerProfile[] | null => {
    const forRun = chosen.filter((profile) => profile.mode === mode);
    const usualIds = choices.servers === 'running' || !choices.modes.includes(mode) ? [] : usual[mode];
    const profiles = forRun.length > 0 ? forRun : usualIds.map((id) => known.get(id));
    const isOursAlone = profiles.every(({ start }) => start?.kind === 'builtIn');
    if (profiles.length === 0 || (isOursAlone && choices.servers === 'own')) return null;
    return profiles.map((profile) => (profile.start?.kind === 'builtIn' ? builtInProfile(mode, ports[mode]) : maskProfile(profile)));
  };
  return { streaming: freeze('streaming'), chunked: freeze('chunked'), original: freeze('original') };
}

/** What serves a mode of a run, in the order chosen; secrets are masked. */
export function profilesOf(options: Pick<RunOptions, 'profiles' | 'ports'>, mode: Mode): readonly ServerProfile[] {
  return options.profiles[mode] ?? [builtInProfile(mode, options.ports[mode])];
}

/** Whether what listens on the port of the mode is used, whoever started it. */
export function usesRunningServer(options: Pick<RunOptions, 'profiles' | 'servers'>, mode: Mode): boolean {
  return options.profiles[mode] === null && options.servers === 'running';
}

/** Whether a model has to be chosen for the run: for our own servers, and for a command that asks for it. */
export function needsModel(options: Pick<RunOptions, 'modes' | 'profiles' | 'servers'>): boolean {
  return options.modes.some((mode) => {
    const profiles = options.profiles[mode];
    return profiles === null ? options.servers === 'own' : profiles.some(asksForModel);
  });
}

/**
 * One word for everything about the servers of a mode that changes what comes out; where a server listens does not matter when we start it.
 * @param modelFingerprint of the run's model
 */
export function serverFingerprint(options: Pick<RunOptions, 'profiles'>, mode: Mode, modelFingerprint: string): string {
  const profiles = options.profiles[mode];
  if (profiles === null) return modelFingerprint;
  const parts = profiles.map((profile) => (asksForModel(profile) ? `${identityOf(profile)}${modelFingerprint}` : identityOf(profile)));
  // Two servers of the same kind are one: adding a second one changes how fast it goes, not what comes out.
  return [...new Set(parts)].toSorted().join('+');
}

/** How lists and reports call what a run without a model of ours was transcribed with. */
export function serverNames(options: Pick<RunOptions, 'modes' | 'profiles'>): string {
  const names = MODES.filter((mode) => options.modes.includes(mode)).flatMap((mode) =>
    (options.profiles[mode] ?? []).map(({ name, options: { model } }) => model ?? name),
  );
  return [...new Set(names)].join(', ');
}

function asksForModel({ start, options }: ServerProfile): boolean {
  if (start === null) return false;
  if (start.kind === 'builtIn') return true;
  return options.model === null && [...start.args, ...Object.values(start.env)].some((text) => text.includes('{model}'));
}

function identityOf(profile: ServerProfile): string {
  if (profile.start?.kind === 'builtIn') return '';
  const { protocol, start, host, port, path, sampleFormat, sampleRateHz, pacing, tailSilenceMs, end, options } = withoutSecrets(profile);
  const place = start === null ? { host, port, path } : { start, path };
  const said = { protocol, ...place, sampleFormat, sampleRateHz, pacing, tailSilenceMs, end, options };
  return createHash('sha256').update(stableJson(said)).digest('hex');
}
