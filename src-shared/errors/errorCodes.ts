/**
 * Who has to act, and what a host exits with when this error ends the program (exit codes of `product.md`).
 * usage → 2 · environment, server, storage → 3 · gate → 4 · bug → 70 · data, network, resource → an item's failure (1) ·
 * cancelled → 130.
 */
export type ErrorKind = 'usage' | 'environment' | 'server' | 'storage' | 'data' | 'network' | 'resource' | 'gate' | 'cancelled' | 'bug';

/**
 * never: the same input fails again (S1.8) · backoff: try again later, counted (S1.6) · requeue: not the file's fault, try again
 * without counting it as a failed attempt.
 */
export type RetryClass = 'never' | 'backoff' | 'requeue';

interface CodeFacts {
  readonly kind: ErrorKind;
  readonly retry: RetryClass;
}

/** Every code Nightshift can say, in one place. Codes are stable: scripts read them. */
export const ERROR_CODES = {
  // What the user asked for
  INPUT_INVALID: { kind: 'usage', retry: 'never' },
  ROUTE_NOT_FOUND: { kind: 'usage', retry: 'never' },
  NOT_AVAILABLE_HERE: { kind: 'usage', retry: 'never' },
  RUN_NOT_FOUND: { kind: 'usage', retry: 'never' },
  ITEM_NOT_FOUND: { kind: 'usage', retry: 'never' },
  RUN_STATE_CONFLICT: { kind: 'usage', retry: 'never' },
  QUEUE_CHANGE_GONE: { kind: 'usage', retry: 'never' },
  SOURCE_NOT_FOUND: { kind: 'usage', retry: 'never' },
  SOURCE_EMPTY: { kind: 'usage', retry: 'never' },
  SOURCE_HAS_NO_MEDIA: { kind: 'usage', retry: 'never' },
  PATH_NOT_ALLOWED: { kind: 'usage', retry: 'never' },
  POWER_ACTION_FAILED: { kind: 'environment', retry: 'never' },
  NODE_TOO_OLD: { kind: 'environment', retry: 'never' },
  ACCESS_DENIED: { kind: 'usage', retry: 'never' },
  UPLOAD_REFUSED: { kind: 'usage', retry: 'never' },
  OUTPUT_EXISTS: { kind: 'usage', retry: 'never' },
  NOTHING_TO_SCORE: { kind: 'usage', retry: 'never' },
  NOTHING_TO_COMPARE: { kind: 'usage', retry: 'never' },
  PROFILE_NOT_FOUND: { kind: 'usage', retry: 'never' },
  PROFILE_EXISTS: { kind: 'usage', retry: 'never' },
  PROFILE_INVALID: { kind: 'usage', retry: 'never' },

  // The machine and its set-up
  DATA_FOLDER_IN_USE: { kind: 'environment', retry: 'never' },
  DATA_FOLDER_UNUSABLE: { kind: 'environment', retry: 'never' },
  DECODER_MISSING: { kind: 'environment', retry: 'never' },
  MODEL_MISSING: { kind: 'environment', retry: 'never' },
  MODEL_INVALID: { kind: 'environment', retry: 'never' },
  PORT_IN_USE: { kind: 'environment', retry: 'never' },
  OUTPUT_UNWRITABLE: { kind: 'environment', retry: 'never' },
  PDF_UNAVAILABLE: { kind: 'environment', retry: 'never' },

  // Speech servers
  SERVER_COMMAND_MISSING: { kind: 'environment', retry: 'never' },
  SERVER_MODULE_MISSING: { kind: 'environment', retry: 'never' },
  SERVER_OUT_OF_MEMORY: { kind: 'server', retry: 'requeue' },
  SERVER_UNRESPONSIVE: { kind: 'server', retry: 'requeue' },
  SERVER_START_TIMEOUT: { kind: 'server', retry: 'requeue' },
  SERVER_EXITED: { kind: 'server', retry: 'requeue' },
  SERVER_BROKEN: { kind: 'server', retry: 'never' },
  SERVER_REFUSED: { kind: 'server', retry: 'requeue' },
  SERVER_BUSY: { kind: 'server', retry: 'requeue' },
  SERVER_BAD_RESPONSE: { kind: 'server', retry: 'backoff' },
  SERVER_CLOSED_EARLY: { kind: 'server', retry: 'backoff' },
  SERVER_SILENT: { kind: 'server', retry: 'backoff' },
  // It answers every request alike until its profile is put right: the mode is given up once.
  SERVER_REJECTED: { kind: 'environment', retry: 'never' },
  AUDIO_OVER_SERVER_LIMIT: { kind: 'server', retry: 'never' },

  // Storage
  DB_FROM_FUTURE: { kind: 'storage', retry: 'never' },
  DB_CORRUPT: { kind: 'storage', retry: 'never' },
  MIGRATION_NOT_STARTED: { kind: 'storage', retry: 'never' },
  BACKUP_FAILED: { kind: 'storage', retry: 'never' },
  BACKUP_INVALID: { kind: 'storage', retry: 'never' },
  DB_FAILED: { kind: 'storage', retry: 'never' },
  DISK_FULL: { kind: 'storage', retry: 'never' },

  // One input file
  FILE_NOT_FOUND: { kind: 'data', retry: 'never' },
  FILE_UNREADABLE: { kind: 'data', retry: 'never' },
  FILE_NOT_REGULAR: { kind: 'data', retry: 'never' },
  FILE_EMPTY: { kind: 'data', retry: 'never' },
  FILE_CHANGED: { kind: 'data', retry: 'never' },
  FOLDER_UNREADABLE: { kind: 'data', retry: 'never' },
  MEDIA_UNRECOGNISED: { kind: 'data', retry: 'never' },
  MEDIA_NO_AUDIO: { kind: 'data', retry: 'never' },
  MEDIA_CORRUPT: { kind: 'data', retry: 'never' },
  AUDIO_EMPTY: { kind: 'data', retry: 'never' },
  AUDIO_NOT_FINITE: { kind: 'data', retry: 'never' },
  AUDIO_PARTIAL: { kind: 'data', retry: 'never' },
  // Tried once more, then kept with a warning.
  TEXT_SUSPICIOUS: { kind: 'data', retry: 'backoff' },
  REFERENCE_MISSING: { kind: 'data', retry: 'never' },
  TRANSCRIPT_DUPLICATE_ID: { kind: 'data', retry: 'never' },
  TRANSCRIPT_UNUSED_ID: { kind: 'data', retry: 'never' },
  TRANSCRIPT_LINE_INVALID: { kind: 'data', retry: 'never' },
  TRANSCRIPT_NOT_UTF8: { kind: 'data', retry: 'never' },
  TRANSCRIPT_UNREADABLE: { kind: 'data', retry: 'never' },

  // While working on a file
  // A decoder takes the files beside the guilty one with it: a loss, not a failed attempt.
  DECODER_CRASHED: { kind: 'resource', retry: 'requeue' },
  DECODER_HUNG: { kind: 'resource', retry: 'requeue' },
  TASK_LOST_TOO_OFTEN: { kind: 'resource', retry: 'never' },
  CONNECTION_LOST: { kind: 'network', retry: 'requeue' },

  // Ends that nobody has to repair
  CANCELLED: { kind: 'cancelled', retry: 'never' },
  SHUTTING_DOWN: { kind: 'cancelled', retry: 'requeue' },

  // Us
  INVARIANT_BROKEN: { kind: 'bug', retry: 'never' },
  INTERNAL: { kind: 'bug', retry: 'never' },
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof ERROR_CODES;

export function isErrorCode(value: string): value is ErrorCode {
  return Object.hasOwn(ERROR_CODES, value);
}

export function kindOf(code: ErrorCode): ErrorKind {
  return ERROR_CODES[code].kind;
}

export function retryClassOf(code: ErrorCode): RetryClass {
  return ERROR_CODES[code].retry;
}
