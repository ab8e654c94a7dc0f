import { describe, expect, test } from 'vitest';
import type { TestStep } from '#shared/contract/servers.ts';
import { parseCommandLine } from './commandLine.ts';
import { applyChanges, openPlaces } from './fieldChanges.ts';
import { portLines, stepLine } from './serverLines.ts';

function parse(...argv: string[]): unknown {
  const parsed = parseCommandLine(['servers', ...argv], { cwd: '/here', env: { KEY: 'sk-1' }, version: '1' });
  return parsed.kind === 'command' ? parsed.command : parsed.text;
}

test('every flag of a server becomes the field it is about', () => {
  expect(
    parse(
      ...['add', '--name', 'My server', '--id', 'mine', '--mode', 'original', '--protocol', 's0', '--host', '127.0.0.1', '--port', '9001'],
      ...['--path', '/asr', '--command', 'python3', '--arg', 'run.py', '--arg=--port={port}', '--cwd', 'speech', '--env', 'A=b=c'],
      ...['--capacity', '2', '--model', 'large', '--language', 'ko', '--api-key-from', 'KEY', '--replace'],
      ...['--set', 'timeouts.connectMs=60000', '--set', 'gpu=cpu', '--set', 'options.prompt=null'],
    ),
  ).toEqual({
    command: 'servers',
    action: 'add',
    preset: null,
    file: null,
    isReplacing: true,
    changes: [
      { path: ['name'], value: 'My server' },
      { path: ['id'], value: 'mine' },
      { path: ['mode'], value: 'original' },
      { path: ['protocol'], value: 's0' },
      { path: ['host'], value: '127.0.0.1' },
      { path: ['port'], value: 9001 },
      { path: ['path'], value: '/asr' },
      { path: ['start', 'kind'], value: 'command' },
      { path: ['start', 'command'], value: 'python3' },
      { path: ['start', 'args'], value: ['run.py', '--port={port}'] },
      { path: ['start', 'cwd'], value: '/here/speech' },
      { path: ['start', 'env', 'A'], value: 'b=c' },
      { path: ['capacity'], value: 2 },
      { path: ['options', 'model'], value: 'large' },
      { path: ['options', 'language'], value: 'ko' },
      { path: ['options', 'apiKey'], value: 'sk-1' },
      { path: ['timeouts', 'connectMs'], value: 60_000 },
      { path: ['gpu'], value: 'cpu' },
      { path: ['options', 'prompt'], value: null },
    ],
  });
});

test.each<[string[], object]>([
  [['add', 'mine.json'], { action: 'add', file: '/here/mine.json' }],
  [['import', 'all.json', '--replace'], { action: 'import', file: '/here/all.json', isReplacing: true }],
  [['export', 'a', 'b', '--output', 'x.json'], { action: 'export', ids: ['a', 'b'], file: '/here/x.json', isForced: false }],
  [['use', 'streaming', 'a', 'b'], { action: 'use', mode: 'streaming', ids: ['a', 'b'] }],
  [['use', 'streaming'], { action: 'use', mode: 'streaming', ids: [] }],
  [['port', 'a', '--to', '9005'], { action: 'port', id: 'a', isUsingExternal: false, port: 9005 }],
  [['logs', 'a', '--follow'], { action: 'logs', id: 'a', lines: 50, isFollowing: true }],
])('servers %j', (argv, expected) => {
  expect(parse(...argv)).toMatchObject(expected);
});

test.each<[string[], string]>([
  [['add', '--api-key-from', 'NOT_SET'], '--api-key-from'],
  [['add', '--env', 'novalue'], '--env'],
  [['edit', 'a', '--set', '=1'], '--set'],
  [['test', 'a', 'b'], 'server'],
  [['edit', 'a', '--id', 'b'], '--id'],
])('servers %j is refused', (argv, field) => {
  expect(() => parse(...argv)).toThrow(
    expect.objectContaining({ code: 'INPUT_INVALID', data: expect.objectContaining({ field }) as object }),
  );
});

describe('applyChanges', () => {
  const base = { name: 'a', mode: 'original', protocol: 's0' } as const;

  test('sets fields of any depth and leaves the base alone', () => {
    const draft = applyChanges(base, [
      { path: ['timeouts', 'connectMs'], value: 60_000 },
      { path: ['start', 'kind'], value: 'command' },
      { path: ['start', 'command'], value: 'x' },
    ]);
    expect(draft).toEqual({ ...base, timeouts: { connectMs: 60_000 }, start: { kind: 'command', command: 'x' } });
    expect(base).toEqual({ name: 'a', mode: 'original', protocol: 's0' });
  });

  test.each([
    [['prot'], 'server'],
    [['port'], 'port'],
    [['__proto__', 'x'], '__proto__.x'],
  ])('refuses a wrong value at %j', (path, field) => {
    expect(() => applyChanges(base, [{ path, value: 'wrong' }])).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', data: expect.objectContaining({ field }) as object }),
    );
  });

  test('finds what a preset leaves open', () => {
    expect(openPlaces({ ...base, start: { cwd: '<folder>', args: ['a', '{model}/<x.onnx>'] } })).toEqual(['start.cwd', 'start.args.1']);
  });
});

test('a step says its mark, what was seen, and of a failure the code', () => {
  const step: TestStep = { step: 'text', outcome: 'ok', note: 'spoken', detail: 'turn', reference: 'TURN', elapsedMs: 1, error: null };
  expect(stepLine(step, 'en')).toBe('✓ text            turn (spoken: TURN)');
  expect(stepLine({ ...step, step: 'closed', note: null, detail: '', reference: null }, 'en')).toBe('✓ closed');
  const error = { code: 'SERVER_REFUSED', data: { port: 9 } } as const;
  expect(stepLine({ ...step, step: 'port', outcome: 'failed', note: null, detail: '', reference: null, error }, 'en')).toMatch(
    /^✗ port {12}SERVER_REFUSED: /,
  );
});

test('a port that is held is told with the commands that settle it', () => {
  const report = { port: 9, occupant: 'foreign', pid: 42, program: 'nginx', choices: ['otherPort', 'cancel'], freePort: 11 } as const;
  expect(portLines('streaming', { ...report, choices: [...report.choices] })).toEqual([
    'Port 9 is held by nginx (process 42).',
    '  Take another port: nightshift servers port streaming --to 11',
    '  Or end that program yourself; Nightshift never does.',
  ]);
  expect(portLines('x', { ...report, occupant: 'free', pid: null, choices: [] })).toEqual(['Port 9 is free.']);
});
