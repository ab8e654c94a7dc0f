import { describe, expect, it } from 'vitest';
import { emptyForm, type ProfileForm } from './profileForm.ts';
import { profileProblems } from './profileProblems.ts';

const form: ProfileForm = { ...emptyForm(), name: 'mine' };
const ours: ProfileForm = { ...form, startKind: 'command', command: 'python3' };
const problems = (part: Partial<ProfileForm>, base = form) => profileProblems({ ...base, ...part }, 'en', ['vosk']);

describe('what keeps a profile from being saved', () => {
  it('is nothing for a name, a mode and a protocol', () => {
    expect(problems({})).toEqual({});
    expect(problems({}, ours)).toEqual({});
  });

  it.each<[Partial<ProfileForm>, string, string]>([
    [{ name: '' }, 'name', 'needed'],
    [{ command: '', startKind: 'command' }, 'start.command', 'needed'],
    [{ port: '80x' }, 'port', 'number'],
    [{ port: '' }, 'port', 'number'],
    [{ capacity: 'many' }, 'capacity', 'number'],
    [{ id: 'Not an id' }, 'id', 'id'],
    [{ id: 'streaming' }, 'id', 'idOwn'],
    [{ id: 'vosk' }, 'id', 'idTaken'],
    [{ host: 'a b' }, 'host', 'host'],
    [{ host: '10.0.0.2', startKind: 'command', command: 'x' }, 'host', 'hostElsewhere'],
    [{ env: [{ name: '1X', value: 'a' }], startKind: 'command', command: 'x' }, 'start.env', 'env'],
    [{ env: [{ name: '', value: 'a' }], startKind: 'command', command: 'x' }, 'start.env', 'nameless'],
    [{ fields: [1, 2].map((value) => ({ name: 'a', value: String(value) })) }, 'options.fields', 'twice'],
    [{ readyKind: 'logLine', readyPattern: '(', startKind: 'command', command: 'x' }, 'ready.check.pattern', 'pattern'],
  ])('%j is said at %s', (part, place, key) => {
    expect(problems(part)).toEqual({ [place]: { key } });
  });

  it('names the bound that a number exceeds', () => {
    const wrong = { port: '70000', connectMs: '5', capacity: '0', deadlineMs: '1e9' };
    expect(problems(wrong)).toEqual({
      port: { key: 'atMost', bound: 65_535 },
      'timeouts.connectMs': { key: 'atLeast', bound: 100 },
      capacity: { key: 'atLeast', bound: 1 },
      'ready.deadlineMs': { key: 'atMost', bound: 3_600_000 },
    });
  });

  it('is told in the words of the schema, in the language of the panel', () => {
    const [en, ko] = (['en', 'ko'] as const).map((locale) => profileProblems({ ...form, path: 'asr' }, locale, [])['path']);
    expect(en).not.toEqual(ko);
  });

  it('is not what a choice that was not made would say', () => {
    expect(problems({ quietMs: 'x', readyPath: 'x', env: [{ name: '1', value: '' }], gpuKind: 'device', afterFiles: 'x' })).toEqual({});
  });
});
