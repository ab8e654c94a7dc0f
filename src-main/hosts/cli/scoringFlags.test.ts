import { expect, test } from 'vitest';
import { BOOTSTRAP_SEED } from '#main/core/statistics/bootstrap.ts';
import { parseCommandLine, type CliCommand } from './commandLine.ts';

function parse(line: string): CliCommand {
  const parsed = parseCommandLine(
    line.split(' ').filter((part) => part !== ''),
    { cwd: '/work', env: {}, version: '1.2.3' },
  );
  if (parsed.kind !== 'command') throw new Error('not a command');
  return parsed.command;
}

function problemOf(line: string): unknown {
  try {
    return parse(line);
  } catch (error) {
    return error;
  }
}

test('score takes two files, or one with both sides', () => {
  const twoFiles = {
    command: 'score',
    source: { kind: 'twoFiles', reference: 'r.trn', hypothesis: 'h.trn' },
    format: null,
    mode: null,
    normalizer: 'simple',
    metric: 'all',
    groupBy: null,
    language: null,
    top: 10,
    replicates: null,
    seed: BOOTSTRAP_SEED,
  };
  expect(parse('score --ref r.trn --hyp h.trn')).toEqual(twoFiles);
  expect(parse('score --pairs p.jsonl')).toEqual({ ...twoFiles, source: { kind: 'pairs', file: 'p.jsonl' } });
  expect(
    parse(
      'score r.json --mode chunked --format results --normalizer whisper-en --metric cer --by folder --language ko --top 0 --seed 7 --bootstrap 500',
    ),
  ).toEqual({
    command: 'score',
    source: { kind: 'pairs', file: 'r.json' },
    format: 'results',
    mode: 'chunked',
    normalizer: 'whisper-en',
    metric: 'cer',
    groupBy: 'folder',
    language: 'ko',
    top: 0,
    replicates: 500,
    seed: 7,
  });
});

test('normalize takes a rule', () => {
  expect(parse('normalize --normalizer korean')).toEqual({ command: 'normalize', normalizer: 'korean' });
});

test.each([
  ['score', 'score'],
  ['score --ref r.trn', 'score'],
  ['score --ref r --hyp h --pairs p', 'score'],
  ['score --pairs p q', 'score'],
  ['score --pairs p --normalizer whisper', '--normalizer'],
  ['score --pairs p --metric mer', '--metric'],
  ['score --pairs p --bootstrap 10', '--bootstrap'],
])('%s is refused', (line, field) => {
  expect(problemOf(line)).toMatchObject({ code: 'INPUT_INVALID', data: { field } });
});
