import { describe, expect, test } from 'vitest';
import type { HistoryFigures, HistoryGroup } from '#shared/contract/history.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { parseCommandLine } from './commandLine.ts';
import { csvLines, tableLines } from './historyCommand.ts';
import type { HistoryCommand } from './historyFlags.ts';
import { pointInTime } from './period.ts';

const CONTEXT = { cwd: '/work', env: {}, version: '1' };
const NOW_MS = Date.UTC(2026, 10, 21, 4);

function figures(changes: Partial<HistoryFigures> = {}): HistoryFigures {
  return {
    runs: 2,
    done: 9,
    failed: 1,
    cancelled: 0,
    reused: 3,
    successRatio: 0.9,
    audioSec: 5_400,
    scored: 10,
    counts: { substitutions: 2, deletions: 3, insertions: 0, hits: 95, referenceWords: 100 },
    werRatio: 0.05,
    normalizers: ['simple'],
    processingSec: 540,
    rtf: 0.1,
    meanProcessingSec: 60,
    pacings: ['asFast'],
    ...changes,
  };
}

function group(key: (string | null)[], changes: Partial<HistoryFigures> = {}): HistoryGroup {
  return { key, ...figures(changes) };
}

function parse(...argv: string[]): HistoryCommand {
  const parsed = parseCommandLine(['history', ...argv], CONTEXT);
  if (parsed.kind !== 'command' || parsed.command.command !== 'history') throw new Error('another command');
  return parsed.command;
}

function refusal(work: () => unknown): NightshiftError {
  try {
    work();
  } catch (error) {
    if (error instanceof NightshiftError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('flags', () => {
  test('by day and mode from the first to the last, unless something else is asked', () => {
    expect(parse()).toEqual({ command: 'history', by: ['day', 'mode'], sinceMs: null, untilMs: null, count: 1_000, isCsv: false });
    expect(parse('--by', 'model, option.windowSec', '--csv', '--count', '5')).toMatchObject({
      by: ['model', 'option.windowSec'],
      isCsv: true,
      count: 5,
    });
  });

  test.each(['colour', 'mode,mode', 'mode,day,model', 'option.', "data.x'"])('--by %s is refused with the names there are', (by) => {
    const error = refusal(() => parse('--by', by));
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.data).toMatchObject({ field: '--by', detail: expect.stringContaining('dataSet') as string });
  });

  test('a period is a length before now, a local day or a time', () => {
    expect(pointInTime('--since', '24h', NOW_MS, false)).toBe(NOW_MS - 86_400_000);
    expect(pointInTime('--since', '2w', NOW_MS, false)).toBe(NOW_MS - 14 * 86_400_000);
    expect(pointInTime('--since', '2026-11-01', NOW_MS, false)).toBe(new Date(2026, 10, 1).getTime());
    expect(pointInTime('--until', '2026-11-01', NOW_MS, true)).toBe(new Date(2026, 10, 2).getTime());
    expect(pointInTime('--since', '2026-11-01T02:00Z', NOW_MS, false)).toBe(Date.UTC(2026, 10, 1, 2));
    for (const wrong of ['yesterday', '7', '2026-02-30', '2026-13-01', '7 d', '']) {
      expect(refusal(() => pointInTime('--since', wrong, NOW_MS, false)).data).toMatchObject({ field: '--since' });
    }
  });
});

describe('table', () => {
  test('figures stand to the right under their names, and the last line adds up', () => {
    const lines = tableLines(['mode'], {
      groups: [group(['streaming']), group([null], { werRatio: null, rtf: null })],
      groupCount: 2,
      total: figures(),
    });
    expect(lines).toEqual([
      'mode       runs  done  reused  failed  success   audio     WER    RTF  mean time',
      'streaming     2     9       3       1  90.00 %  1.50 h  5.00 %  0.100    60.00 s',
      '–             2     9       3       1  90.00 %  1.50 h       –      –    60.00 s',
      'all           2     9       3       1  90.00 %  1.50 h  5.00 %  0.100    60.00 s',
    ]);
  });

  test('Korean names take the room they need', () => {
    const lines = tableLines(['name'], { groups: [group(['한국어']), group(['abcdef'])], groupCount: 2, total: figures() });
    expect(lines.slice(1, 3).map((line) => line.slice(0, line.indexOf('2')))).toEqual(['한국어     ', 'abcdef     ']);
  });

  test('figures that must not be mixed say so', () => {
    const total = figures({
      normalizers: ['none', 'simple'],
      werRatio: null,
      pacings: ['asFast', 'realTime'],
      rtf: null,
      meanProcessingSec: null,
    });
    const lines = tableLines(['mode'], { groups: [group(['streaming'])], groupCount: 1, total });
    expect(lines.at(-2)?.match(/mixed/g)).toHaveLength(3);
    expect(lines.at(-1)).toContain('mixed: rates of different normalisers');
  });

  test('nothing is no table', () => {
    expect(tableLines(['mode'], { groups: [], groupCount: 0, total: figures() })).toEqual([]);
  });
});

test('CSV has fractions and seconds, empty cells where nothing is defined, and no formulas', () => {
  const lines = csvLines(['name', 'mode'], { groups: [group(['=cmd', 'streaming'], { werRatio: null })], groupCount: 1, total: figures() });
  expect(lines).toEqual([
    'name,mode,runs,done,failed,cancelled,reused,success_ratio,audio_seconds,scored,wer,substitutions,deletions,insertions,reference_words,normalizers,processing_seconds,rtf,mean_processing_seconds,pacings',
    `'=cmd,streaming,2,9,1,0,3,0.9,5400,10,,2,3,0,100,simple,540,0.1,60,asFast`,
  ]);
});
