import { expect, test } from 'vitest';
import type { Rescoring } from '#shared/contract/rescoring.ts';
import { werRatio } from '#shared/domain/scores.ts';
import { parseCommandLine, type CliCommand } from './commandLine.ts';
import { rescoringLines } from './rescoreCommand.ts';

function parse(...argv: string[]): CliCommand {
  const parsed = parseCommandLine(argv, { cwd: '/home/user', env: {}, version: '1' });
  if (parsed.kind === 'text') throw new Error(parsed.text);
  return parsed.command;
}

test('a run and a rule', () => {
  expect(parse('rescore', '#7', '--normalizer', 'whisper-en')).toEqual({
    command: 'rescore',
    runId: 7,
    normalizer: 'whisper-en',
    isListingFiles: false,
  });
  expect(parse('rescore', '7', '--normalizer', 'None', '--files')).toMatchObject({ normalizer: 'none', isListingFiles: true });
});

test('without a rule, with an unknown one, or without a run nothing is done', () => {
  for (const argv of [['7'], ['7', '--normalizer', 'best'], ['seven', '--normalizer', 'none'], ['--normalizer', 'none']]) {
    expect(() => parse('rescore', ...argv)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }) as Error);
  }
});

test('both figures stand in a line, each under the name of its rule', () => {
  const figures = (normalizer: 'simple' | 'none', substitutions: number, changed: number | null): Rescoring => {
    const counts = { substitutions, deletions: 0, insertions: 0, hits: 40 - substitutions, referenceWords: 40 };
    return {
      id: changed === null ? null : 3,
      normalizer,
      normalizerVersion: 1,
      normalizerLabel: `${normalizer} 1`,
      scoredAtMs: 0,
      isCurrent: true,
      modes: [
        { mode: 'streaming', scored: 4, counts, werRatio: werRatio(counts), cerRatio: 0.0125, cerNoSpacesRatio: null, changed },
        { mode: 'original', scored: 0, counts: null, werRatio: null, cerRatio: null, cerNoSpacesRatio: null, changed: null },
      ],
    };
  };
  expect(rescoringLines(7, figures('simple', 1, null), figures('none', 4, 1))).toEqual([
    'Run 7: simple 1 → none 1',
    '  streaming  WER 2.50 % → 10.00 %, CER 1.25 % → 1.25 %, 4 files scored, 1 file changed',
    '  original   WER – → –, CER – → –, 0 files scored',
  ]);
});
