import { expect, test } from 'vitest';
import { exitError, reasonOf } from './exitReason.ts';

const where = { mode: 'original', port: 1 };

function judged(
  lines: readonly string[],
  exit: { code: number | null; signal: string | null; isGuardLost?: boolean },
  wasMemoryShort = false,
): string {
  const error = exitError(where, { exit, lines, wasMemoryShort });
  expect(error.data).toMatchObject({ port: 1, logTail: lines.join('\n') });
  return `${error.code} ${reasonOf(error)}`;
}

const failed = { code: 1, signal: null };
const killed = { code: null, signal: 'SIGKILL' };

test.each([
  // What Python, Node, PyTorch and others print just before they end.
  [
    ['Traceback (most recent call last):', "ModuleNotFoundError: No module named 'faster_whisper'"],
    failed,
    'SERVER_MODULE_MISSING moduleMissing',
  ],
  [["Error: Cannot find module 'ws'", 'Require stack:'], failed, 'SERVER_MODULE_MISSING moduleMissing'],
  [["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ws' imported from /a.mjs"], failed, 'SERVER_MODULE_MISSING moduleMissing'],
  [['torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB'], failed, 'SERVER_OUT_OF_MEMORY outOfMemory'],
  [
    ["terminate called after throwing an instance of 'std::bad_alloc'"],
    { code: null, signal: 'SIGABRT' },
    'SERVER_OUT_OF_MEMORY outOfMemory',
  ],
  [['Killed'], { code: 137, signal: null }, 'SERVER_OUT_OF_MEMORY outOfMemory'],
  [['OSError: [Errno 98] error while attempting to bind on address: address already in use'], failed, 'PORT_IN_USE portTaken'],
  [[], { code: 98, signal: null }, 'PORT_IN_USE portTaken'],
  [["FileNotFoundError: [Errno 2] No such file or directory: 'large-v2.pt'"], failed, 'MODEL_MISSING modelMissing'],
  [['MODEL_INVALID: /models/x'], { code: 3, signal: null }, 'MODEL_INVALID modelMissing'],
  [['bye'], failed, 'SERVER_EXITED exitCode'],
  [['working'], killed, 'SERVER_EXITED signal'],
  [['working'], { ...killed, isGuardLost: true }, 'SERVER_EXITED guardLost'],
] as const)('%j', (lines, exit, expected) => {
  expect(judged(lines, exit)).toBe(expected);
});

test('a kill is for memory when the kernel says that it killed for memory meanwhile, and not when we did it', () => {
  expect(judged([], killed, true)).toBe('SERVER_OUT_OF_MEMORY outOfMemory');
  expect(judged([], { ...killed, isGuardLost: true }, true)).toBe('SERVER_EXITED guardLost');
  expect(judged([], failed, true)).toBe('SERVER_EXITED exitCode');
});

test('the module is named', () => {
  const error = exitError(where, { exit: failed, lines: ["ModuleNotFoundError: No module named 'torch'"], wasMemoryShort: false });
  expect(error.data['module']).toBe('torch');
});
