import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import { needsNotice, needsNoticeInBackground } from './reportable.ts';

const error = (code: ErrorCode) => ({ code, data: {} });

describe('which errors become messages', () => {
  it('tells of a refused folder, but not of a lost session twice', () => {
    expect(needsNotice(error('ACCESS_DENIED'), 'online')).toBe(true);
    expect(needsNotice(error('ACCESS_DENIED'), 'accessLost')).toBe(false);
  });
  it('does not tell what the user did', () => {
    expect(needsNotice(error('CANCELLED'), 'online')).toBe(false);
  });
  it('tells of a lost connection only when somebody pressed a button', () => {
    expect(needsNotice(error('CONNECTION_LOST'), 'offline')).toBe(true);
    expect(needsNoticeInBackground(error('CONNECTION_LOST'), 'offline')).toBe(false);
    expect(needsNoticeInBackground(error('INTERNAL'), 'online')).toBe(true);
  });
});
