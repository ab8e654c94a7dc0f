import { type ErrorCode, isErrorCode, kindOf, type ErrorKind } from './errorCodes.ts';

/** Plain facts for the sentence of a code, with units in the keys (`port`, `path`, `timeoutMs`, `detail`). */
export type ErrorData = Readonly<Record<string, string | number | boolean | null>>;

/** What crosses a process boundary: recognised by `code`, never by class. */
export interface WireError {
  readonly code: ErrorCode;
  readonly data: ErrorData;
}

/**
 * The one error class. `code` says what happened (its sentence is in `messages.ts`), `data` fills the sentence, `cause`
 * keeps the original.
 */
export class NightshiftError extends Error {
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, data: ErrorData = {}, options?: { cause?: unknown }) {
    const detail = data['detail'];
    super(typeof detail === 'string' ? `${code}: ${detail}` : code, options);
    this.name = 'NightshiftError';
    this.code = code;
    this.data = data;
  }

  get kind(): ErrorKind {
    return kindOf(this.code);
  }
}

function hasCode(value: unknown): value is { code: string; data?: unknown } {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string';
}

/**
 * Any thrown value as a NightshiftError. An unknown one becomes INTERNAL with the original as `cause`; one that already has a
 * code of ours (also from another copy of the module) keeps it.
 */
export function toNightshiftError(thrown: unknown): NightshiftError {
  if (thrown instanceof NightshiftError) return thrown;
  if (hasCode(thrown) && isErrorCode(thrown.code)) {
    const data = typeof thrown.data === 'object' && thrown.data !== null ? (thrown.data as ErrorData) : {};
    return new NightshiftError(thrown.code, data, { cause: thrown });
  }
  if (thrown instanceof Error && thrown.name === 'AbortError') return new NightshiftError('CANCELLED', {}, { cause: thrown });
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new NightshiftError('INTERNAL', { detail }, { cause: thrown });
}

export function toWireError(thrown: unknown): WireError {
  const { code, data } = toNightshiftError(thrown);
  return { code, data };
}

export function fromWireError(wire: WireError): NightshiftError {
  return new NightshiftError(wire.code, wire.data);
}
