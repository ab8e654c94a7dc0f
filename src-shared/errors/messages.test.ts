import { describe, expect, test } from 'vitest';
import { ERROR_CODES, type ErrorCode } from './errorCodes.ts';
import { errorLine, errorText, MESSAGE_LOCALES } from './messages.ts';
import type { ErrorData } from './nightshiftError.ts';
import { templatesByReason } from './reasonMessages.ts';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

const ALL_FACTS: ErrorData = {
  path: '/data/a.wav',
  port: 8001,
  pid: 4242,
  program: 'python3',
  detail: 'the detail',
  timeoutMs: 30_000,
  field: '--limit',
  route: 'runs.fly',
  runId: 7,
  itemId: 8,
  status: 'running',
  wanted: 'pause',
  required: '22',
  version: '20.1.0',
  supported: 3,
  mode: 'streaming',
  exitCode: 1,
  url: 'ws://localhost:8001',
  decodedSec: 1.25,
  announcedSec: 10,
  count: 3,
  neededBytes: 3_210_000_000,
  freeBytes: 999_960,
  sizeBytes: 12,
  declaredBytes: 13,
  fileSystem: 'nfs4',
};

const REASONS = CODES.flatMap((code) => Object.keys(templatesByReason(code)).map((reason) => ({ code, reason })));

describe.each(MESSAGE_LOCALES)('sentences in %s', (locale) => {
  test.each(CODES)('%s is complete with and without facts', (code) => {
    for (const data of [{}, ALL_FACTS]) {
      const text = errorText({ code, data }, locale);
      for (const part of [text.what, text.did, text.advice]) {
        expect(part).toMatch(/^\S.*[.!?]$/s);
        expect(part).not.toMatch(/[{}[\]|]|undefined|null| {2}| [.,:]/);
      }
    }
  });
});

test.each(REASONS)('$code because of $reason has sentences of its own, complete with and without facts', ({ code, reason }) => {
  for (const locale of MESSAGE_LOCALES) {
    expect(errorText({ code, data: { reason } }, locale).what).not.toBe(errorText({ code, data: {} }, locale).what);
    for (const data of [{ reason }, { ...ALL_FACTS, reason }]) {
      const text = errorText({ code, data }, locale);
      for (const part of [text.what, text.did, text.advice]) {
        expect(part).toMatch(/^\S.*[.!?]$/s);
        expect(part).not.toMatch(/[{}[\]|]|undefined|null| {2}| [.,:]/);
        if (locale === 'ko' && !('path' in data)) expect(part).toMatch(/[가-힣].*(니다|요)\.$/);
      }
    }
  }
});

test('a reason without sentences of its own leaves those of the code', () => {
  for (const reason of ['fullMoon', '__proto__', 'toString', '']) {
    expect(errorText({ code: 'UPLOAD_REFUSED', data: { reason } }, 'ko')).toEqual(errorText({ code: 'UPLOAD_REFUSED', data: {} }, 'ko'));
    expect(errorText({ code: 'FILE_EMPTY', data: { reason } }, 'ko')).toEqual(errorText({ code: 'FILE_EMPTY', data: {} }, 'ko'));
  }
});

test('bytes are told in a unit that people read', () => {
  const what = (neededBytes: number): string =>
    errorText({ code: 'UPLOAD_REFUSED', data: { reason: 'noSpace', neededBytes, freeBytes: 0 } }, 'ko').what;
  expect(what(3_210_000_000)).toBe('업로드할 공간이 부족합니다: 필요 3.2 GB, 사용 가능 0 bytes.');
  expect([what(999), what(1_000), what(2 ** 60)].map((text) => /필요 (.*),/.exec(text)?.[1])).toEqual(['999 bytes', '1 kB', '1152.9 PB']);
});

test('Korean sentences are Korean', () => {
  for (const code of CODES) {
    const text = errorText({ code, data: {} }, 'ko');
    for (const part of [text.what, text.did, text.advice]) {
      expect(part).toMatch(/[가-힣]/);
      expect(part).toMatch(/(니다|요)\.$/);
    }
  }
});

test('facts fill the sentence, and what is not known is left out of it', () => {
  expect(errorText({ code: 'PORT_IN_USE', data: { port: 8001, program: 'python3', pid: 42 } }, 'en').what).toBe(
    'The port 8001 is held by another program: python3 (process 42).',
  );
  expect(errorText({ code: 'PORT_IN_USE', data: { port: 8001, program: null, pid: null } }, 'en').what).toBe(
    'The port 8001 is held by another program.',
  );
  expect(errorText({ code: 'PORT_IN_USE', data: { port: 8001, pid: 42 } }, 'ko').what).toBe(
    '다른 프로그램이 이미 쓰고 있는 포트입니다 (포트 8001) (프로세스 42).',
  );
});

test('milliseconds are told as seconds', () => {
  expect(errorText({ code: 'SERVER_SILENT', data: { port: 8002, timeoutMs: 12_500 } }, 'en').what).toBe(
    'The speech server on port 8002 said nothing for 12.5 s.',
  );
});

test('a fact is never read as a template', () => {
  const path = '/x/[take 1] {detail} $& $1.wav';
  expect(errorText({ code: 'FILE_EMPTY', data: { path, detail: 'no' } }, 'en').what).toBe(`The file has no content: ${path}.`);
});

test('a line is one line, and nothing in it steers a terminal', () => {
  const line = errorLine({ code: 'FILE_NOT_FOUND', data: { path: '/x/a\nb\u001B[2Jc\u2028d.wav' } }, 'en');
  expect(line).toBe('FILE_NOT_FOUND: The file is not there any more: /x/a b [2Jc d.wav. Put the file back and run the batch again.');
});
