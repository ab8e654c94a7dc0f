import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { parseCommandLine, type BatchCommand, type ParsedCommandLine } from './commandLine.ts';

const CONTEXT = { cwd: resolve('/home/user'), env: { LANG: 'en_US.UTF-8' }, version: '1.2.3' };

function parse(line: string, env: Record<string, string> = CONTEXT.env): ParsedCommandLine {
  return parseCommandLine(
    line.split(' ').filter((part) => part !== ''),
    { ...CONTEXT, env },
  );
}

function batch(line: string): BatchCommand {
  const parsed = parse(`batch ${line}`);
  if (parsed.kind !== 'command' || parsed.command.command !== 'batch') throw new Error('not a batch');
  return parsed.command;
}

function problemOf(line: string): unknown {
  try {
    return parse(line);
  } catch (error) {
    return error;
  }
}

test('a folder alone is streaming, without scoring, into ./results.json', () => {
  const command = batch('audio');
  expect(command).toEqual({
    command: 'batch',
    sources: [resolve('/home/user/audio')],
    options: {
      modes: ['streaming'],
      calculateWer: false,
      normalizer: 'simple',
      outputPath: resolve('/home/user/results.json'),
      pacing: 'asFast',
      servers: 'own',
    },
    outputShown: 'results.json',
    progressIntervalSec: 5,
    isPreflightOnly: false,
    gateFile: null,
  });
  expect(RunOptionsSchema.parse(command.options)).toMatchObject({ limit: null, memoryLimitMb: 2_048, cpuLimitPercent: 90, chunkSec: 600 });
});

test('every flag reaches the run', () => {
  const command = batch(
    'a b --mode chunked --continue-modes --limit 10 --calculate-wer --normalizer none --output out/r.json --workers 4 --parallel-modes 2 --progress-interval 0.5' +
      ' --memory-limit 1024 --cpu-limit 95 --model ./models/m --language ko-KR --chunk-size 300 --ports 9001,9002,9003 --use-running-servers' +
      ' --pacing real-time --max-retries 0 --priority 1 --preflight-only',
  );
  expect(command.sources).toEqual([resolve('/home/user/a'), resolve('/home/user/b')]);
  expect(command).toMatchObject({ outputShown: 'out/r.json', progressIntervalSec: 0.5, isPreflightOnly: true });
  expect(command.options).toEqual({
    modes: ['chunked', 'original'],
    limit: 10,
    calculateWer: true,
    normalizer: 'none',
    outputPath: resolve('/home/user/out/r.json'),
    workers: 4,
    modesAtOnce: 2,
    memoryLimitMb: 1_024,
    cpuLimitPercent: 95,
    model: resolve('/home/user/models/m'),
    language: 'ko-KR',
    chunkSec: 300,
    ports: { streaming: 9_001, chunked: 9_002, original: 9_003 },
    servers: 'running',
    pacing: 'realTime',
    maxRetries: 0,
    priority: 1,
  });
});

test.each([
  ['x', ['streaming']],
  ['x --mode original', ['original']],
  ['x --all-modes', ['streaming', 'chunked', 'original']],
  ['x --mode streaming --continue-modes', ['streaming', 'chunked', 'original']],
  ['x --mode original --continue-modes', ['original']],
  ['x --mode CHUNKED', ['chunked']],
])('%s runs %j', (line, modes) => {
  expect(batch(line).options.modes).toEqual(modes);
});

test('the name of a model is not taken for a path', () => {
  expect(batch('x --model tiny-en').options.model).toBe('tiny-en');
});

describe('what cannot be meant is refused with what was expected', () => {
  test.each([
    ['batch x --limit 0', '--limit', 'expected a whole number of at least 1, got "0"'],
    ['batch x --limit 1.5', '--limit', 'expected a whole number of at least 1, got "1.5"'],
    ['batch x --limit -3', '--limit', 'expected a whole number of at least 1, got "-3"'],
    ['batch x --parallel-modes 4', '--parallel-modes', 'expected a whole number from 1 to 3, got "4"'],
    ['batch x --workers 999', '--workers', 'expected a whole number from 1 to 256, got "999"'],
    ['batch x --progress-interval 0', '--progress-interval', 'expected a number of seconds from 0.1 to 3600, got "0"'],
    ['batch x --cpu-limit NaN', '--cpu-limit', 'expected a number of percent from 1 to 100, got "NaN"'],
    ['batch x --memory-limit 1', '--memory-limit', 'expected a whole number of at least 64, got "1"'],
    ['batch x --mode fast', '--mode', 'expected one of streaming, chunked, original, got "fast"'],
    ['batch x --normalizer whisper', '--normalizer', 'expected one of none, simple, whisper-en, whisper-basic, korean, got "whisper"'],
    ['batch x --log-level loud', '--log-level', 'expected one of DEBUG, INFO, WARNING, ERROR, got "loud"'],
    ['batch x --pacing slow', '--pacing', 'expected one of real-time, fast, got "slow"'],
    ['batch x --language english!', '--language', 'expected a language tag like en or ko-KR, got "english!"'],
    ['batch x --all-modes --mode chunked', '--all-modes', 'it cannot be combined with --mode or --continue-modes'],
    ['pause one', 'run', 'expected a whole number of at least 1, got "one"'],
    ['servers start', 'server', 'expected the id of a server after "start", got ""'],
    ['servers edit x', 'servers edit', 'expected at least one flag that says what to change, got ""'],
    ['servers import', 'file', 'expected a JSON file after "import", got ""'],
    ['servers use nothing x', 'mode', 'expected one of streaming, chunked, original, got "nothing"'],
    ['batch a --server a,B!', '--server', 'expected ids of servers (nightshift servers list), got "a,B!"'],
    ['serve --port 70000', '--port', 'expected a whole number from 1 to 65535, got "70000"'],
  ])('%s', (line, field, detail) => {
    expect(problemOf(line)).toMatchObject({ code: 'INPUT_INVALID', data: { field, detail } });
  });

  test.each(['8001,8002', '8001,8002,8002', '0,1,2', 'a,b,c', '1,2,3,4'])('--ports %s', (ports) => {
    expect(problemOf(`batch x --ports ${ports}`)).toMatchObject({ code: 'INPUT_INVALID', data: { field: '--ports' } });
  });

  test.each([['batch'], ['batch x --limt 3'], ['fly'], ['runs --count'], ['doctor extra words']])('%s', (line) => {
    expect(problemOf(line)).toMatchObject({ code: 'INPUT_INVALID', data: { detail: expect.stringMatching(/^[a-z]/) as string } });
  });
});

test('common flags', () => {
  expect(parse('runs --data-dir d --json --lang ko --log-level warning')).toEqual({
    kind: 'command',
    common: { dataDir: 'd', isJson: true, locale: 'ko', logLevel: 'WARNING' },
    command: { command: 'runs', count: 20 },
  });
});

test('sentences follow the language of the terminal', () => {
  const localeWith = (env: Record<string, string>): unknown => {
    const parsed = parse('doctor', env);
    return parsed.kind === 'command' ? parsed.common.locale : null;
  };
  expect(localeWith({ LANG: 'ko_KR.UTF-8' })).toBe('ko');
  expect(localeWith({ LC_ALL: 'C', LANG: 'ko_KR.UTF-8' })).toBe('en');
  expect(localeWith({})).toBe('en');
});

test('the other commands', () => {
  const command = (line: string): unknown => {
    const parsed = parse(line);
    return parsed.kind === 'command' ? parsed.command : parsed;
  };
  expect(command('resume #7')).toEqual({ command: 'runAction', action: 'resume', runId: 7, mode: null, progressIntervalSec: 5 });
  expect(command('servers')).toEqual({ command: 'servers', action: 'list', id: null });
  expect(command('servers log chunked --lines 5')).toEqual({
    command: 'servers',
    action: 'logs',
    id: 'chunked',
    lines: 5,
    isFollowing: false,
  });
  expect(command('serve --no-open')).toEqual({ command: 'serve', port: 5_555, isOpening: false, isLinkOnly: false });
  expect(command('serve --open --port 8080 --link')).toEqual({ command: 'serve', port: 8_080, isOpening: true, isLinkOnly: true });
});

test('help and version are text', () => {
  expect(parse('--version')).toEqual({ kind: 'text', text: '1.2.3\n' });
  expect(parse('')).toMatchObject({ kind: 'text', text: expect.stringContaining('batch') as string });
  expect(parse('batch --help')).toMatchObject({ kind: 'text', text: expect.stringContaining('--all-modes') as string });
});
