import { describe, expect, it } from 'vitest';
import type { TestStep } from '#shared/contract/servers.ts';
import { SERVER_STATUSES } from '#shared/domain/server.ts';
import { buildServer } from '../../testing/builders.ts';
import { linesWith, withLines, KEPT_LINES } from './logLines.ts';
import { readProfileFile } from './profileFile.ts';
import { isInSidebar, serverAction, serverTone, servingAfter, stepViews } from './serverView.ts';

const failed = { code: 'SERVER_EXITED', data: {} } as const;

describe('a server on the panel', () => {
  it('is never offered to be ended when somebody else runs it', () => {
    const actions = SERVER_STATUSES.map((status) => serverAction(buildServer({ status, isStartable: false })));
    expect(actions).not.toContain('stop');
    expect(actions).not.toContain('start');
    expect(serverAction(buildServer({ status: 'stopped', isStartable: false }))).toBe('connect');
  });

  it('is tried again after it failed, and looks like it', () => {
    expect(serverAction(buildServer())).toBe('start');
    expect(serverAction(buildServer({ error: failed }))).toBe('tryAgain');
    expect(serverAction(buildServer({ status: 'broken', error: failed }))).toBe('tryAgain');
    expect([serverTone(buildServer()), serverTone(buildServer({ error: failed }))]).toEqual(['idle', 'bad']);
  });

  it('stands in the sidebar when it serves, runs or needs help', () => {
    const idle = { isServing: false } as const;
    expect(isInSidebar(buildServer(idle))).toBe(false);
    expect(isInSidebar(buildServer())).toBe(true);
    expect(isInSidebar(buildServer({ ...idle, status: 'ready' }))).toBe(true);
    expect(isInSidebar(buildServer({ ...idle, error: failed }))).toBe(true);
  });
});

describe('who serves a mode', () => {
  it('is our own server as long as nobody else is ticked', () => {
    expect(servingAfter([], 'streaming', 'vosk')).toEqual(['streaming', 'vosk']);
    expect(servingAfter(['streaming', 'vosk'], 'streaming', 'streaming')).toEqual(['vosk']);
    expect(servingAfter(['vosk'], 'streaming', 'vosk')).toEqual([]);
    expect(servingAfter(['streaming', 'vosk'], 'streaming', 'vosk')).toEqual([]);
  });
});

describe('the steps of a test', () => {
  const told = (step: TestStep['step'], outcome: TestStep['outcome'] = 'ok'): TestStep => ({
    ...{ step, outcome, note: null, detail: '', reference: null, elapsedMs: 1 },
    error: outcome === 'failed' ? failed : null,
  });

  it('show what is under way, and what will not be tried after a failure', () => {
    const states = (steps: readonly TestStep[], isRunning: boolean): string[] => stepViews(steps, isRunning).map(({ state }) => state);
    expect(states([told('port'), told('process', 'skipped')], true).slice(0, 4)).toEqual(['ok', 'skipped', 'now', 'waiting']);
    expect(states([told('port', 'failed')], false).slice(0, 3)).toEqual(['failed', 'notTried', 'notTried']);
  });
});

describe('the lines of a log', () => {
  it('are found whatever their case, and kept up to a bound', () => {
    expect(linesWith(['CUDA ready', 'listening'], ' cuda ')).toEqual(['CUDA ready']);
    expect(linesWith(['a', 'b'], ' ')).toEqual(['a', 'b']);
    const many = withLines(
      ['first'],
      Array.from({ length: KEPT_LINES }, (_, index) => String(index)),
    );
    expect([many.length, many[0]]).toEqual([KEPT_LINES, '0']);
  });
});

describe('a file of profiles', () => {
  it('says what is in it and what is there already', () => {
    const profiles = [{ name: 'My vosk', mode: 'streaming', protocol: 'vosk' }];
    const read = readProfileFile(`\uFEFF${JSON.stringify({ nightshiftServers: 1, profiles })}`, ['my-vosk'], 'en');
    expect('found' in read && read.found).toEqual([{ id: 'my-vosk', name: 'My vosk', isKnown: true }]);
  });

  it.each([
    ['{', null],
    ['{"nightshiftServers":1,"profiles":[{"name":"a","mode":"no","protocol":"s0"}]}', 'profiles.0.mode'],
    ['{"nightshiftServers":1,"profiles":[]}', 'profiles'],
  ])('says where %s is wrong', (text, place) => {
    expect(readProfileFile(text, [], 'ko')).toEqual({ problem: { place, message: expect.stringMatching(/./) } });
  });
});
