import { completeProfile, type ProfileDraft, profileIdOf, SECRET_MASK, type ServerProfile } from '#shared/contract/profiles.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { ServerProtocol } from '#shared/domain/profileDefaults.ts';
import { argumentsOf, argumentsText } from './argumentLines.ts';

/** A name and its value as two fields of a row; rows may be empty while they are typed. */
export interface Pair {
  readonly name: string;
  readonly value: string;
}

/**
 * A profile as its fields hold it: numbers are the text that was typed, and what belongs to a choice that is not made stays, so that
 * changing one's mind costs nothing.
 */
export interface ProfileForm {
  readonly name: string;
  /** Empty: from the name. */
  readonly id: string;
  readonly mode: Mode;
  readonly protocol: ServerProtocol;
  readonly startKind: 'external' | 'command';
  readonly command: string;
  /** See `argumentsOf`. */
  readonly args: string;
  readonly cwd: string;
  readonly env: readonly Pair[];
  readonly host: string;
  readonly port: string;
  readonly path: string;
  readonly tls: boolean;
  readonly model: string;
  readonly language: string;
  readonly prompt: string;
  readonly apiKey: string;
  readonly requestSec: string;
  readonly fields: readonly Pair[];
  readonly sampleFormat: ServerProfile['sampleFormat'];
  readonly pacing: ServerProfile['pacing'];
  readonly tailSilenceMs: string;
  readonly endKind: ServerProfile['end']['kind'];
  readonly quietMs: string;
  readonly readyKind: ServerProfile['ready']['check']['kind'];
  readonly readyPath: string;
  readonly readyPattern: string;
  readonly deadlineMs: string;
  /** Empty: the server's own word. */
  readonly capacity: string;
  readonly warmUp: boolean;
  readonly connectMs: string;
  readonly silenceLeastMs: string;
  readonly silencePerAudio: string;
  readonly stopGraceMs: string;
  readonly afterFiles: string;
  readonly aboveMemoryMb: string;
  readonly gpuKind: 'any' | 'cpu' | 'device';
  readonly gpuDevice: string;
}

const USUAL_QUIET_MS = 15_000;
const USUAL_HEALTH_PATH = '/health';

export function toForm(profile: ServerProfile): ProfileForm {
  const { start, end, ready, timeouts, recycle, gpu, options } = profile;
  const command = start?.kind === 'command' ? start : null;
  const { check } = ready;
  return {
    name: profile.name,
    id: profile.id,
    mode: profile.mode,
    protocol: profile.protocol,
    startKind: start === null ? 'external' : 'command',
    command: command?.command ?? '',
    args: argumentsText(command?.args ?? []),
    cwd: command?.cwd ?? '',
    env: pairsOf(command?.env ?? {}),
    host: profile.host,
    port: String(profile.port),
    path: profile.path,
    tls: profile.tls,
    model: options.model ?? '',
    language: options.language ?? '',
    prompt: options.prompt ?? '',
    apiKey: options.apiKey ?? '',
    requestSec: textOf(options.requestSec),
    fields: pairsOf(options.fields),
    sampleFormat: profile.sampleFormat,
    pacing: profile.pacing,
    tailSilenceMs: String(profile.tailSilenceMs),
    endKind: end.kind,
    quietMs: String(end.kind === 'quiet' ? end.quietMs : USUAL_QUIET_MS),
    readyKind: check.kind,
    readyPath: check.kind === 'http' ? check.path : USUAL_HEALTH_PATH,
    readyPattern: check.kind === 'logLine' ? check.pattern : '',
    deadlineMs: String(ready.deadlineMs),
    capacity: textOf(profile.capacity),
    warmUp: profile.warmUp,
    connectMs: String(timeouts.connectMs),
    silenceLeastMs: String(timeouts.silenceLeastMs),
    silencePerAudio: String(timeouts.silencePerAudio),
    stopGraceMs: String(timeouts.stopGraceMs),
    afterFiles: textOf(recycle.afterFiles),
    aboveMemoryMb: textOf(recycle.aboveMemoryMb),
    gpuKind: gpu === null ? 'any' : gpu === 'cpu' ? 'cpu' : 'device',
    gpuDevice: gpu !== null && gpu !== 'cpu' ? gpu.deviceUuid : '',
  };
}

/** What the fields say; a text that is no number stands as NaN, for the schema to refuse. */
export function toDraft(form: ProfileForm): ProfileDraft {
  const isOurs = form.startKind === 'command';
  return {
    id: idOf(form),
    name: form.name,
    mode: form.mode,
    protocol: form.protocol,
    start: isOurs
      ? { kind: 'command', command: form.command, args: argumentsOf(form.args), cwd: orNull(form.cwd), env: recordOf(form.env) }
      : null,
    host: form.host.trim(),
    port: numberOf(form.port),
    path: form.path,
    tls: form.tls,
    sampleFormat: form.sampleFormat,
    pacing: form.pacing,
    tailSilenceMs: numberOf(form.tailSilenceMs),
    end: form.endKind === 'quiet' ? { kind: 'quiet', quietMs: numberOf(form.quietMs) } : { kind: form.endKind },
    ready: { check: readyCheckOf(form), deadlineMs: numberOf(form.deadlineMs) },
    capacity: numberOrNull(form.capacity),
    warmUp: form.warmUp,
    timeouts: {
      connectMs: numberOf(form.connectMs),
      silenceLeastMs: numberOf(form.silenceLeastMs),
      silencePerAudio: numberOf(form.silencePerAudio),
      stopGraceMs: numberOf(form.stopGraceMs),
    },
    recycle: isOurs
      ? { afterFiles: numberOrNull(form.afterFiles), aboveMemoryMb: numberOrNull(form.aboveMemoryMb) }
      : { afterFiles: null, aboveMemoryMb: null },
    gpu: !isOurs || form.gpuKind === 'any' ? null : form.gpuKind === 'cpu' ? 'cpu' : { deviceUuid: form.gpuDevice.trim() },
    options: {
      model: orNull(form.model),
      language: orNull(form.language),
      prompt: form.prompt === '' ? null : form.prompt,
      apiKey: form.apiKey === '' ? null : form.apiKey,
      requestSec: numberOrNull(form.requestSec),
      fields: recordOf(form.fields),
    },
  };
}

/** An empty form: a server that somebody else runs, as the S0 guide does. */
export function emptyForm(): ProfileForm {
  return { ...toForm(completeProfile({ name: 'new', mode: 'streaming', protocol: 's0' })), name: '', id: '' };
}

/** The form of what a preset leaves open and says; its id follows the name. */
export function presetForm(draft: ProfileDraft): ProfileForm {
  return { ...toForm(completeProfile(draft)), id: '' };
}

/** Another profile like it under the next free name. Its secrets are not known here and have to be entered again. */
export function copyForm(profile: ServerProfile, takenIds: readonly string[]): ProfileForm {
  const form = toForm(profile);
  let name = form.name;
  for (let count = 2; takenIds.includes(profileIdOf(name)); count += 1) name = `${form.name} ${count}`;
  const withoutMask = (pairs: readonly Pair[]): Pair[] => pairs.map((pair) => (pair.value === SECRET_MASK ? { ...pair, value: '' } : pair));
  const apiKey = form.apiKey === SECRET_MASK ? '' : form.apiKey;
  return { ...form, name, id: '', apiKey, env: withoutMask(form.env), fields: withoutMask(form.fields) };
}

/** The id that is saved: typed, or from the name. */
export function idOf({ id, name }: Pick<ProfileForm, 'id' | 'name'>): string {
  return id.trim() === '' ? profileIdOf(name) : id.trim();
}

/** Fields whose default depends on the protocol or the mode. */
const FOLLOWING = [
  'port',
  'path',
  'sampleFormat',
  'pacing',
  'tailSilenceMs',
  'endKind',
  'quietMs',
  'readyKind',
  'readyPath',
  'readyPattern',
  'deadlineMs',
  'capacity',
] as const satisfies (keyof ProfileForm)[];

/** The form with another protocol or mode; what still stood as its default becomes the new default. */
export function withKind(form: ProfileForm, next: Partial<Pick<ProfileForm, 'mode' | 'protocol'>>): ProfileForm {
  const before = usualForm(form);
  const after = usualForm({ ...form, ...next });
  const followed = FOLLOWING.filter((key) => form[key] === before[key]).map((key) => [key, after[key]]);
  return { ...form, ...next, ...(Object.fromEntries(followed) as Partial<ProfileForm>) };
}

/** The form with another owner of the process; a server that runs already needs no warm-up. */
export function withStart(form: ProfileForm, startKind: ProfileForm['startKind']): ProfileForm {
  const isUsual = form.warmUp === (form.startKind === 'command');
  return { ...form, startKind, warmUp: isUsual ? startKind === 'command' : form.warmUp };
}

export function isSameForm(a: ProfileForm, b: ProfileForm): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Where a preset still waits for its user: what stands in `<…>`. */
export function openPlaces({ startKind, command, args, cwd, model }: ProfileForm): string[] {
  const texts = startKind === 'command' ? [command, args, cwd, model] : [model];
  return [...new Set(texts.flatMap((text) => text.match(/<[^<>\n]+>/g) ?? []))];
}

function usualForm({ mode, protocol }: Pick<ProfileForm, 'mode' | 'protocol'>): ProfileForm {
  return toForm(completeProfile({ name: 'usual', mode, protocol, start: { kind: 'command', command: 'usual' } }));
}

function readyCheckOf({ readyKind, readyPath, readyPattern, startKind }: ProfileForm): ServerProfile['ready']['check'] {
  if (readyKind === 'http') return { kind: 'http', path: readyPath };
  // Nobody shows us the output of a server that somebody else runs.
  if (readyKind === 'logLine' && startKind === 'command') return { kind: 'logLine', pattern: readyPattern };
  return { kind: 'handshake' };
}

function pairsOf(record: Readonly<Record<string, string>>): Pair[] {
  return Object.entries(record).map(([name, value]) => ({ name, value }));
}

function recordOf(pairs: readonly Pair[]): Record<string, string> {
  return Object.fromEntries(
    pairs.filter(({ name, value }) => name.trim() !== '' || value !== '').map(({ name, value }) => [name.trim(), value]),
  );
}

function textOf(value: number | null): string {
  return value === null ? '' : String(value);
}

function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

function numberOrNull(text: string): number | null {
  return text.trim() === '' ? null : Number(text);
}

function orNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}
