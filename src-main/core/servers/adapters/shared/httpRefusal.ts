import { NightshiftError } from '#shared/errors/nightshiftError.ts';

interface Refusal {
  readonly port: number;
  readonly url: string;
  readonly detail: string;
  /** Time the server asks us to wait, milliseconds. */
  readonly retryAfterMs?: number | null;
}

/** Every request to this address will end so: a wrong key, path, method or model. */
const REJECTED: ReadonlySet<number> = new Set([401, 403, 404, 405]);

/** What an HTTP status other than success means. */
export function refusalOf(status: number, { port, url, detail, retryAfterMs = null }: Refusal): NightshiftError {
  const data = { port, url, httpStatus: status, detail };
  if (status === 429 || status === 503)
    return new NightshiftError('SERVER_BUSY', retryAfterMs === null ? { port } : { port, retryAfterMs });
  if (status === 413) return new NightshiftError('AUDIO_OVER_SERVER_LIMIT', data);
  if (REJECTED.has(status)) return new NightshiftError('SERVER_REJECTED', data);
  return new NightshiftError('SERVER_BAD_RESPONSE', data);
}
