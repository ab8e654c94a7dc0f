import type { Clock, HttpClient } from '#main/core/ports.ts';
import type { ServerProfile } from '#shared/contract/profiles.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AsrAdapter, AsrSession } from './adapters/asrAdapter.ts';
import { requireReady } from './adapters/shared/httpReady.ts';
import { authorization } from './adapters/shared/httpSession.ts';
import type { ServerLines } from './outputLog.ts';

/** Time between two tries. */
const STEP_MS = 50;
/** Time one answer over HTTP may take; a server that loads its model may take connections and say nothing. */
const HTTP_ANSWER_MS = 5_000;

export interface Readiness {
  readonly profile: ServerProfile;
  readonly url: string;
  readonly adapter: AsrAdapter;
  readonly clock: Clock;
  readonly http: HttpClient;
  readonly lines: ServerLines;
}

/**
 * Asks as the profile says until the server is ready, then opens the first session. The caller races it against the end of the process and the
 * deadline, and aborts `signal` then.
 * @throws what the signal was aborted with, or as the adapter's `connect` when the server refuses for another reason than that it is not up yet
 */
export async function awaitReady(readiness: Readiness, signal: AbortSignal): Promise<AsrSession> {
  const { profile, lines } = readiness;
  const { check } = profile.ready;
  if (check.kind === 'logLine') await lineSeen(lines, new RegExp(check.pattern), signal);
  return await awaitSession(readiness, signal);
}

/** A session of a server whose line, where the profile names one, was seen before. @throws as `awaitReady` */
export async function awaitSession(readiness: Readiness, signal: AbortSignal): Promise<AsrSession> {
  const { profile, clock } = readiness;
  const { check } = profile.ready;
  for (;;) {
    const session = check.kind === 'http' && !(await answersOk(readiness, signal)) ? null : await connect(readiness, signal);
    if (session !== null) return session;
    await clock.sleep(STEP_MS, signal).catch((error: unknown) => {
      throw reasonOf(signal, error);
    });
  }
}

/** @returns null while nothing listens or it says that it is not ready */
async function connect({ adapter, url }: Readiness, signal: AbortSignal): Promise<AsrSession | null> {
  try {
    return await adapter.connect(url, signal);
  } catch (error) {
    if (signal.aborted || toNightshiftError(error).code !== 'SERVER_REFUSED') throw reasonOf(signal, error);
    return null;
  }
}

async function answersOk({ profile, url, clock, http }: Readiness, signal: AbortSignal): Promise<boolean> {
  const { timeouts, options } = profile;
  const inStep = { ...profile, timeouts: { ...timeouts, connectMs: Math.min(timeouts.connectMs, HTTP_ANSWER_MS) } };
  try {
    await requireReady({ clock, http }, inStep, url, authorization(options.apiKey), signal);
    return true;
  } catch (error) {
    if (signal.aborted || toNightshiftError(error).code === 'SERVER_REJECTED') throw reasonOf(signal, error);
    return false;
  }
}

async function lineSeen(lines: ServerLines, pattern: RegExp, signal: AbortSignal): Promise<void> {
  const seen = Promise.withResolvers<undefined>();
  const stop = (): void => seen.reject(reasonOf(signal, signal.reason));
  signal.addEventListener('abort', stop, { once: true });
  using _following = lines.follow((line) => {
    if (pattern.test(line)) seen.resolve(undefined);
  });
  try {
    if (signal.aborted) throw reasonOf(signal, signal.reason);
    await seen.promise;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function reasonOf(signal: AbortSignal, error: unknown): unknown {
  return signal.reason instanceof NightshiftError ? signal.reason : error;
}
