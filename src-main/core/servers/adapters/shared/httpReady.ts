import type { Clock, HttpClient } from '#main/core/ports.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AdapterProfile } from '../asrAdapter.ts';
import { addressOf, portOf } from './address.ts';
import { refusalOf } from './httpRefusal.ts';

/**
 * Asks a server over HTTP whether it is ready: the profile's path must answer 200; with the handshake as ready check any answer will do.
 * @throws SERVER_REFUSED when nothing answers in time or it is still loading, SERVER_REJECTED for a wrong key, CANCELLED
 */
export async function requireReady(
  { clock, http }: { readonly clock: Clock; readonly http: HttpClient },
  profile: AdapterProfile,
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const { connectMs } = profile.timeouts;
  const { check } = profile.ready;
  const address = addressOf('http', url, { tls: profile.tls, path: check.kind === 'http' ? check.path : '/' });
  const facts = { port: portOf(address), url: address };
  const late = new AbortController();
  using _deadline = clock.setTimer(connectMs, () => late.abort());
  const either = AbortSignal.any([signal, late.signal]);
  const { status, body } = await http.send({ method: 'GET', url: address, headers, signal: either }).catch((error: unknown) => {
    if (signal.aborted) throw new NightshiftError('CANCELLED', {}, { cause: signal.reason });
    if (!late.signal.aborted) throw error;
    throw new NightshiftError('SERVER_REFUSED', { ...facts, detail: `no answer within ${connectMs / 1_000} s` });
  });
  if (check.kind !== 'http' || status === 200) return;
  const detail = `GET ${check.path} answered ${status}: ${body.trim().slice(0, 200)}`;
  if (status === 401 || status === 403) throw refusalOf(status, { ...facts, detail });
  throw new NightshiftError('SERVER_REFUSED', { ...facts, httpStatus: status, detail });
}
