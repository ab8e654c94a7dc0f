import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { errorText } from './messages.ts';
import { plainDetail } from './systemErrors.ts';

async function messageOf(failing: Promise<unknown>): Promise<string> {
  return failing.then(
    () => 'it went well',
    (error: Error) => error.message,
  );
}

test('what the operating system answers is said in plain words of both languages', async () => {
  const missing = await messageOf(readFile('/no/such/file'));
  expect(plainDetail(missing, 'en')).toBe('it is not there (/no/such/file)');
  expect(plainDetail(missing, 'ko')).toBe('찾을 수 없음 (/no/such/file)');
  expect(plainDetail(await messageOf(mkdir('/')), 'en')).toMatch(/^(there is already something of this name|it is a folder)( \(\/\))?$/);
  expect(plainDetail(await messageOf(writeFile('/', 'x')), 'ko')).toBe('파일이 아니라 폴더임 (/)');
  expect(plainDetail(await messageOf(readFile('/')), 'en')).toBe('it is a folder');
  const unstarted = new Promise((_done, failed) => spawn('/no-such-program').once('error', failed));
  expect(plainDetail(await messageOf(unstarted), 'en')).toBe('it is not there (/no-such-program)');
  const unconnected = new Promise((_done, failed) => connect(1, '127.0.0.1').once('error', failed));
  expect(plainDetail(await messageOf(unconnected), 'ko')).toBe('응답하는 프로그램이 없음 (127.0.0.1:1)');
});

test('odd paths, two paths and what stands around them are kept', () => {
  const rename = "EXDEV: cross-device link not permitted, rename '/a' -> '/b'";
  expect(plainDetail(rename, 'en')).toBe(rename);
  expect(plainDetail("EACCES: permission denied, rename '/a' -> '/b'", 'en')).toBe('permission denied (/a → /b)');
  expect(plainDetail("it cannot be read: ENOENT: no such file or directory, open '/it's here, too'", 'en')).toBe(
    "it cannot be read: it is not there (/it's here, too)",
  );
  expect(plainDetail('the detail', 'ko')).toBe('the detail');
  expect(plainDetail('EVERYTHING: is fine', 'en')).toBe('EVERYTHING: is fine');
});

test('sentences of errors use it, and name a path once', () => {
  const data = { path: '/out', detail: "EROFS: read-only file system, mkdir '/out'" };
  expect(errorText({ code: 'OUTPUT_UNWRITABLE', data }, 'en').what).toBe('The results cannot be written to /out: the disk is read-only.');
  expect(errorText({ code: 'OUTPUT_UNWRITABLE', data }, 'ko').what).toBe('결과 파일을 쓸 수 없습니다: /out (읽기 전용 디스크임).');
  const unread = { field: '/no/ref', detail: "ENOENT: no such file or directory, open '/no/ref'" };
  expect(errorText({ code: 'INPUT_INVALID', data: unread }, 'ko').what).toBe('요청이 올바르지 않습니다 (/no/ref): 찾을 수 없음.');
});
