import { createHash } from 'node:crypto';
import { isErrorCode } from '#shared/errors/errorCodes.ts';
import { isSecretName } from '#shared/domain/secretNames.ts';
import { maskText } from '#shared/util/maskText.ts';

/** Makes facts fit to be shown to strangers. */
export interface Privacy {
  /** A name of a file or folder, or what stands for it. */
  name(text: string): string;
  /**
   * A text of which nobody knows what is in it: only technical words, numbers and names of errors stay, so that what somebody said or wrote
   * cannot be read from it.
   */
  technical(text: string): string;
  /** A JSON value: strings of known fields stay, those of others become names or technical words. */
  value(value: unknown): unknown;
}

/** Strings of these fields come from Nightshift itself and say nothing about the user. */
const OPEN_FIELDS: ReadonlySet<string> = new Set(
  (
    'at bootId cause chip code codec codes container decoder errorCode event finding from host instance kind kinds language level mode modes msg ' +
    'nodeVersion normalizer occupant outcome pacing platform protocol reason role route servers setting signal status step theme to type ' +
    'version warning warnings what workersReason'
  ).split(' '),
);
/** Everything that servers, decoders and operating systems say when something is wrong. */
const TECHNICAL_WORDS: ReadonlySet<string> = new Set(
  (
    'abort aborted accept access address admission allocate allocated allocation already answer argument assert assertion at audio available bad ' +
    'bind buffer busy bytes cancelled cannot capacity client close closed code command config connect connected connection context corrupt could ' +
    'cpu crash crashed cublas cuda cudnn damaged database decode decoder denied device died directory disk download dtype ended eof epipe error ' +
    'exception exist exists exit exited failed failure fallback fatal fault file float found fp32 fp16 from full gb get gib gpu guard handle ' +
    'health hip http https import in index info init initialize input instance internal invalid io is json kernel key kib kill killed lease library limit ' +
    'listen listening load loaded loading lock lost main memory message mib missing mismatch model module more ms mutex named network no not null ' +
    'of onnx open operation os out output parameter parse path peer permission pid pipe pool port process protocol queue quota ratio read ready ' +
    'refused remote request reset resource response restart result retry rocm run runtime sample samples seconds segfault segmentation server ' +
    'session shape shutdown sigabrt sigkill sigsegv sigterm size socket space sqlite start started starting state status stderr stdout stop stopped ' +
    'stopping such tcp temporary tensor terminated thread timeout to token torch traceback transport tried type unable unavailable unexpected ' +
    'unhandled unknown unsupported url usage use version wait warn warning was websocket while with worker write ws'
  ).split(' '),
);
const ERROR_NAME =
  /^(?:[A-Z][A-Za-z]{2,40}(?:Error|Exception)|(?:SQLITE|CUDA|CUDNN|CUBLAS|HIP|ERR)_[A-Z0-9_]+|E(?:CONN|ADDR|HOST|NET|NO|TIMED|AGAIN|ACC|PERM|PIPE|EXIST|MFILE)[A-Z]*)$/;
const HIDDEN = '…';
const ABSOLUTE_PATH = /^(?:\/|[A-Za-z]:[\\/]|\\\\|file:)/;
const STACK_FRAME = /^\s+at (?:async )?(?:[\w.<>#$ ]+ \()?.*?([\w.-]+\.(?:ts|js|mjs|cjs|node)):(\d+):(\d+)\)?$/;

/** @param salt of this one bundle, so that hashes of two bundles cannot be compared with names somebody guesses */
export function createPrivacy({ withNames, salt }: { readonly withNames: boolean; readonly salt: string }): Privacy {
  const name = (text: string): string => {
    if (withNames) return maskText(text);
    const extension = /\.[A-Za-z0-9]{1,5}$/.exec(text)?.[0] ?? '';
    return `name-${createHash('sha256').update(salt).update(text).digest('hex').slice(0, 10)}${extension}`;
  };

  const technical = (text: string): string =>
    text
      .split('\n')
      .map((line) => {
        const frame = STACK_FRAME.exec(line);
        return frame === null ? technicalLine(line) : `    at ${frame[1]}:${frame[2]}:${frame[3]}`;
      })
      .join('\n');

  const value = (input: unknown, field: string | null = null): unknown => {
    if (typeof input === 'string') {
      if (input === '') return '';
      if (field !== null && isSecretName(field)) return '[masked]';
      if (field !== null && OPEN_FIELDS.has(field) && !ABSOLUTE_PATH.test(input)) return maskText(input);
      if (field === 'detail' || field === 'error' || field === 'message' || field === 'stack' || field === 'exit') return technical(input);
      return name(input);
    }
    if (Array.isArray(input)) return input.map((entry) => value(entry, field));
    if (typeof input !== 'object' || input === null) return input;
    return Object.fromEntries(Object.entries(input).map(([key, entry]) => [key, value(entry, key)]));
  };

  return { name, technical, value: (input) => value(input) };
}

/** Numbers, technical words, names of error classes and codes stay; every run of other words becomes one sign. */
function technicalLine(line: string): string {
  return maskText(line)
    .replaceAll(/[\p{L}\p{N}_$./\\-]+/gu, (word) => {
      const bare = word.replaceAll(/^[./\\-]+|[./\\-]+$/g, '');
      // A longer number may be somebody's telephone.
      const isNumber = /^\d{1,3}(?:\.\d{1,6})?(?:ms|s|x|%|[KMG]i?B)?$/i.test(bare);
      const isErrorName = isErrorCode(bare) || ERROR_NAME.test(bare);
      return isNumber || isErrorName || TECHNICAL_WORDS.has(bare.toLowerCase()) ? word : HIDDEN;
    })
    .replaceAll(/…(?:[^\p{L}\p{N}\n]*…)+/gu, HIDDEN);
}
