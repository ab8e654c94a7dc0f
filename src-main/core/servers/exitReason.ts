import type { ChildExit } from '#main/core/ports.ts';
import type { ServerReason } from '#shared/domain/server.ts';
import { type ErrorData, NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import { EXIT_MODEL, EXIT_PORT_IN_USE } from './adapters/nightshift/protocol.ts';

/** 128 + SIGKILL: what a shell or a container returns for a child that was killed, nearly always by the kernel for its memory. */
const EXIT_KILLED = 137;

/** Python's, and Node's for both kinds of modules; the name is the first group. */
const MODULE_MISSING = [
  /ModuleNotFoundError: No module named ['"]?([\w.-]+)/,
  /ImportError: No module named ['"]?([\w.-]+)/,
  /Cannot find (?:module|package) ['"]([^'"]+)['"]/,
];
const OUT_OF_MEMORY =
  /\bout of memory\b|OutOfMemoryError|\bMemoryError\b|std::bad_alloc|Cannot allocate memory|failed to allocate (?:memory|\d)/i;
const PORT_TAKEN = /EADDRINUSE|address already in use|Only one usage of each socket address/i;
const MODEL_MISSING =
  /(?:model|checkpoint|weights)\b.{0,200}(?:not found|no such file|does not exist)|(?:no such file|not found).{0,200}\.(?:pt|pth|bin|onnx|gguf|ggml|safetensors|nemo)\b/i;

export interface ExitFacts {
  readonly exit: ChildExit;
  /** Last lines of its output, oldest first. */
  readonly lines: readonly string[];
  /** Whether the kernel killed a process for its memory while this one lived. */
  readonly wasMemoryShort: boolean;
}

/** What an unasked exit means: a code that says what to do about it, with the last lines as `logTail`. */
export function exitError(where: ErrorData, { exit, lines, wasMemoryShort }: ExitFacts): NightshiftError {
  const text = lines.join('\n');
  const last = lines.at(-1)?.trim() ?? '';
  // The sentence has room for one line; the rest is for whoever looks closer.
  const detail = [exit.signal === null ? '' : describeExit(exit), last].filter((part) => part !== '').join('; ');
  const facts = { ...where, exitCode: exit.code, signal: exit.signal, logTail: text };
  const module = firstMatch(MODULE_MISSING, text);
  if (module !== null) return new NightshiftError('SERVER_MODULE_MISSING', { ...facts, module });
  if (exit.code === EXIT_PORT_IN_USE || (exit.code !== 0 && PORT_TAKEN.test(text)))
    return new NightshiftError('PORT_IN_USE', { ...facts, detail: last });
  const isKilled = exit.signal === 'SIGKILL' && exit.isGuardLost !== true;
  if ((isKilled && wasMemoryShort) || exit.code === EXIT_KILLED || OUT_OF_MEMORY.test(text)) {
    return new NightshiftError('SERVER_OUT_OF_MEMORY', { ...facts, detail });
  }
  if (exit.code === EXIT_MODEL) return new NightshiftError('MODEL_INVALID', { ...facts, detail: last });
  if (exit.code !== 0 && MODEL_MISSING.test(text)) return new NightshiftError('MODEL_MISSING', { ...facts, detail: last });
  return new NightshiftError('SERVER_EXITED', { ...facts, detail, isGuardLost: exit.isGuardLost === true });
}

const REASONS: Partial<Record<ErrorCode, ServerReason>> = {
  PORT_IN_USE: 'portTaken',
  SERVER_MODULE_MISSING: 'moduleMissing',
  SERVER_COMMAND_MISSING: 'commandMissing',
  SERVER_OUT_OF_MEMORY: 'outOfMemory',
  SERVER_START_TIMEOUT: 'startTimeout',
  SERVER_UNRESPONSIVE: 'noProgress',
  SERVER_REFUSED: 'refused',
  MODEL_MISSING: 'modelMissing',
  MODEL_INVALID: 'modelMissing',
};

/** The reason of a state that an error brought about. */
export function reasonOf(error: NightshiftError): ServerReason {
  if (error.code !== 'SERVER_EXITED') return REASONS[error.code] ?? 'failed';
  if (error.data['isGuardLost'] === true) return 'guardLost';
  return typeof error.data['signal'] === 'string' ? 'signal' : 'exitCode';
}

export function describeExit({ code, signal }: ChildExit): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
}

function firstMatch(patterns: readonly RegExp[], text: string): string | null {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return null;
}
