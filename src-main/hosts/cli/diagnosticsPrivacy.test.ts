import { describe, expect, test } from 'vitest';
import { createPrivacy } from './diagnosticsPrivacy.ts';

const privacy = createPrivacy({ withNames: false, salt: 'salt' });

describe('a text of which nobody knows what is in it', () => {
  test('keeps what is technical and nothing of what somebody said', () => {
    expect(privacy.technical('RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0)')).toBe(
      'RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0)',
    );
    expect(privacy.technical('WARNING low confidence: my bank card was stolen on Tuesday')).toBe('WARNING … was …');
    expect(privacy.technical('ECONNREFUSED SQLITE_BUSY SERVER_SILENT EMMANUEL 01012345678 INTERVIEW_7')).toBe(
      'ECONNREFUSED SQLITE_BUSY SERVER_SILENT …',
    );
    expect(privacy.technical('경고: 어제 병원에 다녀왔습니다')).not.toMatch(/\p{Script=Hangul}/u);
  });

  test('keeps where in our program something happened, without the folders', () => {
    expect(privacy.technical('TypeError: x\n    at run (file:///home/anna/secret/src-main/core/run.ts:12:3)')).toBe(
      'TypeError: …\n    at run.ts:12:3',
    );
  });
});

describe('facts', () => {
  test('known fields stay, names become the same hash each time, secrets go', () => {
    const found = privacy.value({
      level: 'warn',
      fileId: 'anna.wav',
      count: 3,
      apiKey: 'hidden-word',
      detail: 'Connection refused by anna',
    });
    expect(found).toEqual({
      level: 'warn',
      fileId: expect.stringMatching(/^name-[0-9a-f]{10}\.wav$/) as string,
      count: 3,
      apiKey: '[masked]',
      detail: 'Connection refused …',
    });
    expect(privacy.name('anna.wav')).toBe((found as { fileId: string }).fileId);
    expect(createPrivacy({ withNames: false, salt: 'other' }).name('anna.wav')).not.toBe(privacy.name('anna.wav'));
  });

  test('a path in a known field is a name all the same', () => {
    expect(privacy.value({ host: '/home/anna' })).toEqual({ host: expect.stringMatching(/^name-/) as string });
  });

  test('names stay when that was asked for, but no secrets', () => {
    expect(createPrivacy({ withNames: true, salt: '' }).value({ path: '/a/anna.wav', token: 'hidden-word' })).toEqual({
      path: '/a/anna.wav',
      token: '[masked]',
    });
  });
});
