import { describe, expect, test } from 'vitest';
import { ADVICE_CAUSES, CAUSE_OF_CODE } from '../domain/advice.ts';
import { EVENT_CODES, type EventCode } from '../domain/eventLog.ts';
import { ERROR_CODES, type ErrorCode } from '../errors/errorCodes.ts';
import { adviceExtent, adviceText } from './adviceText.ts';
import { eventText } from './eventText.ts';

const DATA: Readonly<Record<EventCode, Readonly<Record<string, string | number>>>> = {
  fileDone: { processingSec: 2.04 },
  fileDoubtful: {},
  fileFailed: {},
  fileRetried: {},
  fileLost: {},
  fileCancelled: {},
  modeGivenUp: {},
  modeFinished: {},
  runCreated: {},
  filesAdded: { added: 3, known: 2 },
  runChanged: { from: 'running', to: 'interrupted' },
  runRemoved: {},
  queueChanged: { change: 'itemsHeld', count: 3 },
  queueChangeUndone: { change: 'runPlaced' },
  queuePaused: {},
  queueResumed: {},
  serverChanged: { from: 'ready', to: 'crashed', reason: 'outOfMemory', port: 1 },
  serverWarned: { warning: 'cpuFallback' },
  settingChanged: { setting: '1', value: '2' },
  profilesChanged: {},
  alertRaised: { kind: 'gpuTemperature', subject: '0', value: 91.2, limit: 87 },
  alertReminded: { kind: 'disk', subject: 'data', value: 96, limit: 95, freeBytes: 4e9 },
  alertCleared: { kind: 'memory', subject: '', value: 91, limit: 90 },
  limitOverridden: { cause: 'heat' },
  whenDonePlanned: { action: 'sleep' },
  whenDoneCancelled: { action: 'shutDown', reason: 'user' },
  whenDoneActed: { action: 'command', code: 0, output: '9' },
  whenDoneFailed: { action: 'command', code: 1, output: '' },
  ownerStarted: { host: '3', pid: 4 },
  ownerEnded: {},
  workRecovered: { requeued: 5, givenUp: 6 },
};

describe('entries of the log', () => {
  const codes = Object.keys(EVENT_CODES) as EventCode[];
  test.each(codes)('%s is said in both languages', (code) => {
    const entry = { code, runId: 7, fileId: '1.wav', mode: 'streaming', serverId: '8', error: null, data: DATA[code] } as const;
    expect(eventText(entry, 'en')).not.toMatch(/undefined|null|NaN|\p{Script=Hangul}/u);
    const korean = eventText(entry, 'ko');
    expect(korean).toMatch(/\p{Script=Hangul}/u);
    expect(korean).not.toMatch(/\b(?!Nightshift)[A-Za-z]{4,}\b/);
  });

  test('name the file, how long it took, and why it failed', () => {
    const entry = {
      code: 'fileDone',
      runId: 7,
      fileId: 'a/1.wav',
      mode: 'chunked',
      serverId: null,
      error: null,
      data: DATA.fileDone,
    } as const;
    expect(eventText(entry, 'en')).toBe('a/1.wav [chunked] is done in 2.0 s');
    expect(eventText({ ...entry, code: 'fileFailed', fileId: null, error: { code: 'MEDIA_NO_AUDIO', data: {} } }, 'en')).toMatch(
      /^A file that was removed since \[chunked] failed: .*\(MEDIA_NO_AUDIO\)$/,
    );
  });

  test('a state of a newer Nightshift stays as it is', () => {
    const entry = { code: 'runChanged', runId: 7, fileId: null, mode: null, serverId: null, error: null } as const;
    expect(eventText({ ...entry, data: { from: 'running', to: 'dreaming' } }, 'en')).toBe('Run 7: running → dreaming');
  });
});

describe('advice', () => {
  test.each(ADVICE_CAUSES)('%s is said in both languages', (cause) => {
    for (const text of Object.values(adviceText(cause, 'en'))) expect(text).toMatch(/^[A-Z].*\.$/);
    for (const text of Object.values(adviceText(cause, 'ko'))) expect(text).toMatch(/\p{Script=Hangul}.*\.$/u);
  });

  test('there is some for every code that can end an attempt, except where a command or a transcript is told of it', () => {
    const told: readonly ErrorCode[] = [
      'NODE_TOO_OLD',
      'DATA_FOLDER_IN_USE',
      'DATA_FOLDER_UNUSABLE',
      'PDF_UNAVAILABLE',
      'POWER_ACTION_FAILED',
      'DB_FROM_FUTURE',
      'MIGRATION_NOT_STARTED',
      'BACKUP_FAILED',
      'BACKUP_INVALID',
      'REFERENCE_MISSING',
      'TRANSCRIPT_DUPLICATE_ID',
      'TRANSCRIPT_UNUSED_ID',
      'TRANSCRIPT_LINE_INVALID',
      'TRANSCRIPT_NOT_UTF8',
      'TRANSCRIPT_UNREADABLE',
    ];
    const codes = (Object.keys(ERROR_CODES) as ErrorCode[]).filter(
      (code) => !['usage', 'gate', 'cancelled'].includes(ERROR_CODES[code].kind),
    );
    expect(codes.filter((code) => CAUSE_OF_CODE[code] === undefined).toSorted()).toEqual(told.toSorted());
  });

  test('says how much of it there was', () => {
    expect(adviceExtent({ count: 1, itemCount: 1 }, 'en')).toBe('1 file');
    expect(adviceExtent({ count: 30, itemCount: 12 }, 'en')).toBe('12 files, 30 times');
    expect(adviceExtent({ count: 30, itemCount: 12 }, 'ko')).toBe('파일 12개, 30번');
    expect(adviceExtent({ count: 1, itemCount: 0 }, 'en')).toBe('');
  });
});
