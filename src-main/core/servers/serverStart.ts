import type { ChildExit, Clock, FileStore, HttpClient, Logger, PortOccupant, PortProbe } from '#main/core/ports.ts';
import { completeProfile, type ServerProfile } from '#shared/contract/profiles.ts';
import { profileUrl } from '#shared/domain/profileDefaults.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AsrAdapter, AsrSession } from './adapters/asrAdapter.ts';
import { engineFor, loadModel } from './models.ts';
import type { ServerLines } from './outputLog.ts';
import { awaitReady, awaitSession } from './readiness.ts';
import type { ServerProcess } from './serverProcess.ts';
import type { ServerTarget } from './serverSupervisor.ts';
import { warmUp } from './warmUp.ts';

/**
 * What can be known before a process exists: nothing is started on a model that is not whole, or on a port that somebody holds.
 * @throws MODEL_MISSING, MODEL_INVALID, PORT_IN_USE
 */
export async function checkStart(
  { files, portProbe }: { readonly files: FileStore; readonly portProbe: PortProbe },
  { profile, modelPath }: ServerTarget,
  signal: AbortSignal,
): Promise<void> {
  if (profile.start?.kind === 'builtIn') engineFor(await loadModel(files, modelPath), profile.mode);
  const occupant = await portProbe.inspect(profile.port, signal);
  if (occupant.kind !== 'free') throw portInUse(profile, occupant);
}

/**
 * The profile of what runs on a port. On the port of our own server that may be one of S0, too; every other protocol is what the user says: asking it
 * something else would disturb it, and a server of S0 that decodes answers no question.
 * @throws SERVER_REFUSED when nothing runs there, SERVER_BAD_RESPONSE when it does not greet like a speech server
 */
export async function runningProfile(portProbe: PortProbe, profile: ServerProfile, signal: AbortSignal): Promise<ServerProfile> {
  if (profile.protocol !== 'nightshift') return profile;
  const { id, name, mode, host, port } = profile;
  const occupant = await portProbe.inspect(port, signal);
  switch (occupant.kind) {
    case 'nightshift':
      return profile;
    case 's0':
      return completeProfile({ id: `${id}-s0`, name, mode, host, port, protocol: 's0', start: null });
    case 'free':
      throw new NightshiftError('SERVER_REFUSED', { mode, port, url: profileUrl(profile) });
    case 'foreign': {
      const detail = `what listens there${occupant.program === null ? '' : ` (${occupant.program})`} does not greet like a speech server`;
      throw new NightshiftError('SERVER_BAD_RESPONSE', { mode, port, detail });
    }
  }
}

export interface FirstSessionDeps {
  readonly adapter: AsrAdapter;
  readonly clock: Clock;
  readonly http: HttpClient;
  readonly portProbe: PortProbe;
  readonly lines: ServerLines;
  readonly logger: Logger;
  readonly url: string;
}

/**
 * Waits until the server is ready, lets it do one second of silence where the profile says so, and leaves a session for the first file.
 * @throws PORT_IN_USE when what answers is not what we started, or as `awaitReady`
 */
export async function firstSession(
  deps: FirstSessionDeps,
  own: ServerProcess,
  target: ServerTarget,
  signal: AbortSignal,
): Promise<AsrSession> {
  const { portProbe, logger } = deps;
  const { profile } = target;
  const proved = async (session: AsrSession): Promise<AsrSession> => {
    if (await isOwn(portProbe, session, own, profile)) return session;
    await session.close();
    // Somebody was faster between our look at the port and our server's.
    throw portInUse(profile, await portProbe.inspect(profile.port));
  };
  const readiness = { ...deps, profile };
  const first = await proved(await awaitReady(readiness, signal));
  if (!profile.warmUp) return first;
  await warmUp(first, target, signal, logger);
  if (first.reusable) return first;
  await first.close();
  return await proved(await awaitSession(readiness, signal));
}

/** What an end before readiness means. */
export async function earlyExit(
  portProbe: PortProbe,
  own: ServerProcess,
  exit: ChildExit,
  { profile, modelPath }: ServerTarget,
): Promise<NightshiftError> {
  const error = await own.exitError({ mode: profile.mode, port: profile.port }, exit);
  if (error.code === 'PORT_IN_USE') return portInUse(profile, await portProbe.inspect(profile.port));
  if (error.code !== 'MODEL_INVALID') return error;
  return new NightshiftError('MODEL_INVALID', { ...error.data, path: modelPath }, { cause: error });
}

/** Whether what answers is what we started: ours says its token, of any other the system may tell who listens. */
async function isOwn(portProbe: PortProbe, { hello }: AsrSession, own: ServerProcess, { start, port }: ServerProfile): Promise<boolean> {
  if (start?.kind === 'builtIn') return hello.instance === own.instance;
  return (await portProbe.isHeldBy(port, own)) ?? true;
}

function portInUse({ mode, port }: ServerProfile, occupant: PortOccupant): NightshiftError {
  const pid = occupant.kind === 'nightshift' || occupant.kind === 'foreign' ? occupant.pid : null;
  const program = occupant.kind === 'foreign' ? occupant.program : null;
  return new NightshiftError('PORT_IN_USE', { mode, port, occupant: occupant.kind, pid, program });
}
