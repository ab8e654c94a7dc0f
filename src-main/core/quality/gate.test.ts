import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ITEM_METRICS, MODE_METRICS, RUN_METRICS, type GateRule, type GateVerdict } from '#shared/contract/gate.ts';
import { QUALITY_KINDS } from '#shared/contract/reports.ts';
import { ReportBuilder } from '#main/core/reports/reportBuilder.ts';
import { reportFacts, reportRun, smallNight } from '#main/testing/reportRows.ts';
import { parseGate } from './gate.ts';

/** WER of the small night: streaming 42/184, chunked 8/184, original 0; 55 of 60 done. */
function verdict(...rules: readonly unknown[]): GateVerdict {
  const builder = new ReportBuilder(reportFacts(reportRun()));
  for (const item of smallNight()) builder.addItem(item);
  const { gate } = builder.finish(parseGate(JSON.stringify({ version: 1, name: 'weekly', rules }), 'gate.json'));
  if (gate === null) throw new Error('not judged');
  return gate;
}

test('rules that hold pass without a warning', () => {
  const passed = verdict(
    { scope: 'run', metric: 'successRatio', min: 0.9 },
    { scope: 'mode', metric: 'werRatio', max: 0.05, modes: ['chunked', 'original'] },
    { scope: 'run', metric: 'total', expected: 60 },
  );
  expect(passed).toMatchObject({ name: 'weekly', valid: true, warnings: [] });
  expect(passed.checks.map(({ mode }) => mode)).toEqual([null, 'chunked', 'original', null]);
});

test('a rule is applied to each mode of the run unless it names modes', () => {
  const failed = verdict({ scope: 'mode', metric: 'werRatio', max: 0.05 });
  expect(failed.valid).toBe(false);
  expect(failed.warnings).toEqual(['werRatio at most 0.05 [streaming]: werRatio is 0.228261, wanted at most 0.05']);
  expect(failed.checks.map(({ passed }) => passed)).toEqual([false, true, true]);
});

test('an expected value has a tolerance on both sides', () => {
  const rule = { scope: 'mode', metric: 'werRatio', modes: ['chunked'], expected: 0.04 };
  expect(verdict({ ...rule, tolerance: 0.004 }).valid).toBe(true);
  expect(verdict({ ...rule, tolerance: 0.003 }).valid).toBe(false);
  expect(verdict({ ...rule, expected: 8 / 184 }).valid).toBe(true);
});

test('a broken warning is told and passes', () => {
  expect(verdict({ scope: 'run', metric: 'failed', max: 0, severity: 'warning', name: 'nothing fails' })).toMatchObject({
    valid: true,
    warnings: ['nothing fails: failed is 5, wanted at most 0'],
  });
});

describe('what was not measured', () => {
  test('does not pass', () => {
    expect(verdict({ scope: 'mode', metric: 'finalLatencyP50Ms', max: 5_000, modes: ['streaming'] })).toMatchObject({
      valid: false,
      warnings: ['finalLatencyP50Ms at most 5000 [streaming]: finalLatencyP50Ms was not measured'],
    });
  });
  test('passes where the rule says so, and is told all the same', () => {
    expect(verdict({ scope: 'mode', metric: 'finalLatencyP50Ms', max: 5_000, modes: ['streaming'], optional: true })).toMatchObject({
      valid: true,
      warnings: [expect.stringContaining('was not measured') as string],
    });
  });
  test('a mode that did not run is not measured', () => {
    const builder = new ReportBuilder(reportFacts(reportRun({}, { modes: ['streaming'] })));
    const gate = parseGate(
      JSON.stringify({ version: 1, rules: [{ scope: 'mode', metric: 'werRatio', modes: ['original'], max: 1 }] }),
      'gate.json',
    );
    expect(builder.finish(gate).gate).toMatchObject({ valid: false, checks: [{ mode: 'original', value: null }] });
  });
});

test('rules for files count the files that break them', () => {
  // Fifteen answered streaming files err by more than a tenth; the four without a reference have no rate.
  const rule = { scope: 'item', metric: 'werRatio', max: 0.1, modes: ['streaming'], optional: true };
  expect(verdict(rule).checks[0]).toMatchObject({ value: 15, passed: false });
  expect(verdict({ ...rule, allowed: 15 }).checks[0]).toMatchObject({ value: 15, passed: true });
  expect(verdict({ ...rule, allowed: 15, optional: false }).checks[0]).toMatchObject({
    passed: false,
    detail: '15 of 15 files break it, 15 allowed, first 100/1/100-1-0000.flac, 4 not measured',
  });
  expect(verdict({ scope: 'item', metric: 'firstTokenMs', max: 300, modes: ['streaming'] }).valid).toBe(true);
});

describe('a gate file', () => {
  const parse = (value: unknown): unknown => parseGate(typeof value === 'string' ? value : JSON.stringify(value), '/g.json');
  const rule: GateRule = { scope: 'run', metric: 'failed', max: 0, tolerance: 0, severity: 'error', optional: false };

  test('may begin with a byte order mark', () => {
    expect(parse(`\uFEFF${JSON.stringify({ version: 1, rules: [rule] })}`)).toEqual({ version: 1, name: '', rules: [rule] });
  });
  test.each([
    ['no JSON', '{', 'JSON'],
    ['another version', { version: 2, rules: [rule] }, 'version'],
    ['no rules', { version: 1, rules: [] }, 'rules'],
    ['a metric of another scope', { version: 1, rules: [{ scope: 'run', metric: 'werRatio', max: 1 }] }, 'rules.0.metric'],
    ['no bound', { version: 1, rules: [{ scope: 'run', metric: 'failed' }] }, 'at least one of min, max and expected'],
    ['a misspelt field', { version: 1, rules: [{ ...rule, maximum: 3 }] }, 'maximum'],
    ['code', { version: 1, rules: [{ ...rule, check: '() => true' }] }, 'check'],
  ])('with %s is refused and says where', (_, value, where) => {
    expect(() => parse(value)).toThrowError(
      expect.objectContaining({
        code: 'INPUT_INVALID',
        data: { field: '/g.json', detail: expect.stringContaining(where) as string },
      }) as Error,
    );
  });
});

test('every metric that docs/reports.md names exists, and every one is named there', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../docs/reports.md'), 'utf8');
  for (const [scope, metrics] of [
    ['run', RUN_METRICS],
    ['mode', MODE_METRICS],
    ['item', ITEM_METRICS],
  ] as const) {
    const line = page.split('\n').find((row) => row.startsWith(`| \`${scope}\` |`)) ?? '';
    const named = [...line.matchAll(/`(\w+)`/g)].map(([, name]) => name).filter((name) => name !== scope && name !== 'allowed');
    expect(named.toSorted()).toEqual(metrics.toSorted());
  }
  const kinds = [...page.matchAll(/^\| `(\w+)` \| (?!`)/gm)].map(([, kind]) => kind);
  expect(kinds).toEqual(expect.arrayContaining([...QUALITY_KINDS]));
  const example = /```json\n(\{\n {2}"version"[\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(parseGate(example, 'docs/reports.md').rules).toHaveLength(4);
});
