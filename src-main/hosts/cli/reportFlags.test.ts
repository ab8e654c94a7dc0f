import { expect, test } from 'vitest';
import { parseCommandLine, type CliCommand } from './commandLine.ts';

function parse(...argv: string[]): CliCommand {
  const parsed = parseCommandLine(argv, { cwd: '/home/user', env: {}, version: '1' });
  if (parsed.kind === 'text') throw new Error(parsed.text);
  return parsed.command;
}

test('a report is HTML beside the caller unless said otherwise', () => {
  expect(parse('report', '7')).toEqual({
    command: 'report',
    runId: 7,
    formats: ['html'],
    folder: '/home/user/report-7',
    force: false,
    naming: null,
    clusterBySpeaker: false,
    normalizer: null,
    gateFile: null,
    notesFile: null,
  });
});

test('every flag', () => {
  expect(
    parse(
      'report',
      '#7',
      '--format',
      'MD, csv,md',
      '--output',
      'out',
      '--force',
      '--naming',
      '{name}.{ext}',
      '--by-speaker',
      '--gate',
      'g.json',
      '--notes',
      '/n.json',
    ),
  ).toEqual({
    command: 'report',
    runId: 7,
    formats: ['md', 'csv'],
    folder: '/home/user/out',
    force: true,
    naming: '{name}.{ext}',
    clusterBySpeaker: true,
    normalizer: null,
    gateFile: '/home/user/g.json',
    notesFile: '/n.json',
  });
});

test('a gate or notes alone write nothing', () => {
  expect(parse('report', '7', '--gate', 'g.json')).toMatchObject({ formats: [] });
  expect(parse('report', '7', '--notes', 'n.json', '--format', 'qc')).toMatchObject({ formats: ['qc'] });
});

test('a batch takes a gate, too', () => {
  expect(parse('batch', 'in', '--gate', 'g.json')).toMatchObject({ gateFile: '/home/user/g.json' });
});

test.each([
  [['report', 'seven'], 'run'],
  [['report', '7', '--format', 'html,docx'], '--format'],
  [['report', '7', '--format', ''], '--format'],
  [['report', '7', '--gate', ' '], '--gate'],
  [['report', '7', '--output', ''], '--output'],
])('%j is refused', (argv, field) => {
  expect(() => parse(...argv)).toThrowError(
    expect.objectContaining({ code: 'INPUT_INVALID', data: expect.objectContaining({ field }) as unknown }) as Error,
  );
});

test('a report under another normaliser is not judged: a gate is about the figures of the run', () => {
  expect(parse('report', '7', '--normalizer', 'Korean')).toMatchObject({ normalizer: 'korean' });
  expect(() => parse('report', '7', '--normalizer', 'korean', '--gate', 'g.json')).toThrow(
    expect.objectContaining({ code: 'INPUT_INVALID', data: expect.objectContaining({ field: '--normalizer' }) as object }) as Error,
  );
  expect(() => parse('report', '7', '--normalizer', 'best')).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }) as Error);
});
