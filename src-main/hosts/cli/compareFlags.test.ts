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

test('two files, or modes of one', () => {
  expect(parse('compare a.json b.json --ref r.trn --by-speaker')).toEqual({
    command: 'compareFiles',
    files: ['a.json', 'b.json'],
    reference: 'r.trn',
    modes: [],
    format: null,
    normalizer: 'simple',
    replicates: null,
    seed: BOOTSTRAP_SEED,
    isClustered: true,
    top: 10,
  });
  expect(parse('compare a.json --modes chunked,original --bootstrap 500 --seed 7 --normalizer whisper-en')).toMatchObject({
    files: ['a.json'],
    modes: ['chunked', 'original'],
    reference: null,
    replicates: 500,
    seed: 7,
    normalizer: 'whisper-en',
  });
  expect(parse('compare a.json b.json --modes chunked,chunked')).toMatchObject({ modes: ['chunked', 'chunked'] });
  expect(parse('compare a.json b.json --modes chunked')).toMatchObject({ modes: ['chunked', 'chunked'] });
  expect(parse('compare ./12 14.json')).toMatchObject({ command: 'compareFiles', files: ['./12', '14.json'] });
});

test('runs, with a mode or without', () => {
  expect(parse('compare 12 #15')).toEqual({
    command: 'compareRuns',
    runs: [
      { runId: 12, mode: null },
      { runId: 15, mode: null },
    ],
    modes: [],
    normalizer: null,
    isClustered: false,
    top: 10,
  });
  expect(parse('compare 12:chunked 15:ORIGINAL 15 --normalizer korean --cluster-by speaker --top 0')).toMatchObject({
    runs: [
      { runId: 12, mode: 'chunked' },
      { runId: 15, mode: 'original' },
      { runId: 15, mode: null },
    ],
    normalizer: 'korean',
    isClustered: true,
    top: 0,
  });
  expect(parse('compare 12 --modes chunked,original')).toMatchObject({ runs: [{ runId: 12 }], modes: ['chunked', 'original'] });
});

test.each([
  ['compare a --modes chunked', '--modes'],
  ['compare a --modes chunked,chunked', '--modes'],
  ['compare a b --modes x,y,z', '--modes'],
  ['compare a b --modes x,', '--modes'],
  ['compare 12 --modes chunked', '--modes'],
  ['compare a b c', 'compare'],
  ['compare a 12', 'compare'],
  ['compare 12 12', 'compare'],
  ['compare 1 2 3 4 5 6 7', 'compare'],
  ['compare 12:fast 15', 'mode'],
  ['compare 0 15', 'run'],
  ['compare 12 --modes chunked,fast', '--modes'],
  ['compare 12 15 --modes chunked,original', '--modes'],
  ['compare 12:chunked --modes chunked,original', '--modes'],
  ['compare 12 15 --ref r.trn', '--ref'],
  ['compare 12 15 --seed 3', '--seed'],
  ['compare 12 15 --cluster-by folder', '--cluster-by'],
  ['compare a b --cluster-by none --by-speaker', '--cluster-by'],
])('%s is refused', (line, field) => {
  expect(problemOf(line)).toMatchObject({ code: 'INPUT_INVALID', data: { field } });
});
