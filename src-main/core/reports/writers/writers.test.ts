import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { QcReportSchema, type ReportModel, type RunNotes } from '#shared/contract/reports.ts';
import type { Sample } from '#shared/contract/resources.ts';
import { parseGate } from '#main/core/quality/gate.ts';
import {
  answeredResult,
  failedResult,
  HOSTILE_NAMES,
  REPORT_AT_MS,
  reportFacts,
  reportItem,
  reportRun,
  smallNight,
} from '#main/testing/reportRows.ts';
import { ReportBuilder, type MeasuredResult } from '../reportBuilder.ts';
import { ticksTo } from './charts.ts';
import { csvLine, itemsCsvHeader, itemsCsvLine, wordsCsvHeader, wordsCsvLines } from './csv.ts';
import { readingOfSample } from '#main/core/resources/readings.ts';
import { briefHtml, reportHtml } from './html.ts';
import { reportMarkdown } from './markdown.ts';
import { fileStamp, toOrchestrationResults } from './orchestrationJson.ts';
import { jsonDocumentWithList } from './jsonDocument.ts';
import { toQcReport } from './qcJson.ts';
import { resourceSampleJson, toResourceUsage } from './resourceUsageJson.ts';

const NOTES: RunNotes = {
  author: 'Kim <kim@example.org>',
  agenda: ['first | second', '</style><script>alert(2)</script>'],
  risks: [{ risk: 'GPU is busy', mitigation: 'book it' }],
  links: [{ title: 'plan', url: 'javascript:alert(3)' }],
};
const SAMPLE: Sample = {
  atMs: REPORT_AT_MS,
  cpuPercent: 42,
  memoryUsedBytes: 8 * 1024 ** 3,
  memoryTotalBytes: 32 * 1024 ** 3,
  ownRssBytes: 256 * 1024 ** 2,
  diskFreeBytes: null,
  diskTotalBytes: null,
  gpus: [],
  servers: [],
};

function build(run = reportRun({ name: 'night <1> & "2"' }), items = smallNight()): { model: ReportModel; measured: MeasuredResult[] } {
  const builder = new ReportBuilder(reportFacts(run, { notes: NOTES }));
  const measured = items.flatMap((item) => builder.addItem(item));
  builder.addReading(readingOfSample(SAMPLE));
  const gate = parseGate(JSON.stringify({ version: 1, rules: [{ scope: 'run', metric: 'failed', max: 0 }] }), 'gate.json');
  return { model: builder.finish(gate), measured };
}

const { model, measured } = build();
const empty = new ReportBuilder(reportFacts()).finish();
const noReferences = build(reportRun(), [reportItem(1, 'a.wav', null, [answeredResult('streaming', null, 'hello')])]).model;

test('a file without reference words stands with its inserted words where rates stand', () => {
  const items = [reportItem(1, 'silent.wav', '', [answeredResult('streaming', '', 'nobody said this')])];
  const silent = build(reportRun(), items).model;
  expect(reportHtml(silent, 'en')).toContain('no reference words, 3 inserted');
  expect(reportMarkdown(silent, 'ko')).toContain('기준 단어 없음, 삽입 3개');
});

test('what the operating system said is in the language of the report', () => {
  const failed = {
    ...failedResult('streaming', null, 'FILE_UNREADABLE'),
    errorData: { detail: "EACCES: permission denied, open '/a.wav'" },
  };
  const { model: unread } = build(reportRun(), [reportItem(1, 'a.wav', null, [failed])]);
  expect(reportHtml(unread, 'ko')).toContain('권한이 없음 (/a.wav)');
  expect(reportHtml(unread, 'en')).not.toContain('EACCES');
});

/** Tags that are open at the end, or closed without having been opened. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  const isVoid = (name: string): boolean => ['meta', 'br', 'path', 'rect', 'circle', '!doctype'].includes(name);
  for (const [, slash, name = '', rest = ''] of html.matchAll(/<(\/?)([!a-z][a-z0-9]*)((?:"[^"]*"|[^">])*)>/gi)) {
    if (slash === '' && !isVoid(name.toLowerCase()) && !rest.endsWith('/')) open.push(name);
    else if (slash === '/' && open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open];
}

describe.each(['en', 'ko'] as const)('HTML in %s', (language) => {
  const html = reportHtml(model, language);

  test('needs nothing else and runs nothing', () => {
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toContain(`<html lang="${language}">`);
    expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|url\(/i);
    expect(html).not.toMatch(/\s(?:src|href|on[a-z]+)=/i);
    expect(html).toContain('default-src &#39;none&#39;');
    expect(html).toContain('prefers-color-scheme:dark');
    expect(html).toContain('@media print');
  });
  test('every text of others is escaped', () => {
    for (const name of HOSTILE_NAMES) {
      if (/[<>]/.test(name)) expect(html).not.toContain(name);
    }
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;.wav');
    expect(html).toContain('a &quot;quoted&quot;, name');
    expect(html).toContain('night &lt;1&gt; &amp; &quot;2&quot;');
    expect(html).toContain('&lt;/style&gt;&lt;script&gt;alert(2)');
  });
  test('is well-formed, the style is not', () => {
    expect(unbalanced(html)).toEqual([]);
    // Escaped quotes in a style sheet would undo its font names.
    expect(/<style>([^<]*)<\/style>/.exec(html)?.[1]).toContain('"Noto Sans"');
  });
  test('holds every part of the model', () => {
    for (const text of ['22.83', 'MEDIA_CORRUPT', 'DECODER_CRASHED', '103/1/103-1-0003.flac', 'tiny-en', 'GPU is busy', 'simple 1']) {
      expect(html).toContain(text);
    }
    expect(html.match(/<svg /g)?.length).toBeGreaterThanOrEqual(6);
  });
  test('an empty run and one without references are pages, too', () => {
    for (const other of [empty, noReferences]) {
      const page = reportHtml(other, language);
      expect(unbalanced(page)).toEqual([]);
      expect(page).not.toMatch(/NaN|undefined|Infinity/);
    }
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
  });
});

test('a Korean page is Korean: what is left of English are names, codes and what was said', () => {
  const loop = 'net '.repeat(12).trim();
  const item = reportItem(1, 'ko/가.wav', loop, [
    answeredResult('streaming', loop, '', { audioSec: 20 }),
    answeredResult('chunked', loop, 'thank you '.repeat(9).trim(), { audioSec: 60, confidence: 0.1 }),
  ]);
  const builder = new ReportBuilder(reportFacts(reportRun({ name: '밤' }, { language: 'ko' }), { notes: { author: '김' } }));
  builder.addItem(item);
  builder.addReading(readingOfSample(SAMPLE));
  const rules = [
    { scope: 'run', metric: 'failed', max: 0 },
    { scope: 'mode', metric: 'finalLatencyP50Ms', max: 10 },
    { scope: 'item', metric: 'rtf', max: 0, allowed: 0 },
  ];
  const doubtful = builder.finish(parseGate(JSON.stringify({ version: 1, rules }), 'gate.json'));
  expect(doubtful.warnings.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['emptyText', 'repetition', 'lowConfidence', 'endsEarly']),
  );
  const visible = reportHtml(doubtful, 'ko')
    .replaceAll(
      /<style>[^<]*<\/style>|<title>[^<]*<\/title>|<code[^>]*>[^<]*<\/code>|<p class="diff">.*?<\/p>|<span class="chip">.*?<\/span>/gs,
      ' ',
    )
    .replaceAll(/<[^>]*>/g, ' ');
  const english = new Set(visible.match(/[A-Za-z]{4,}/g) ?? []);
  // Of the machine, of the model, of people who found a test, of what was recognised, and of ids that are said as they are.
  const names = 'Nightshift Node linux Test tiny simple ffmpeg MAPSSWE McNemar Holm Gillick Bisani Hangul thank'.split(' ');
  expect([...english].filter((word) => !names.includes(word))).toEqual([]);
  const labels = [...reportHtml(doubtful, 'ko').matchAll(/aria-label="([^"]*)"/g)].map(([, label]) => label ?? '');
  for (const label of labels) expect(label).toMatch(/\p{Script=Hangul}|CPU/u);
});

test('the morning page has outcome, time, quality and causes, and nothing else', () => {
  for (const language of ['en', 'ko'] as const) {
    const brief = briefHtml(model, language);
    expect(unbalanced(brief)).toEqual([]);
    expect(brief.match(/<h2>/g)).toHaveLength(3);
    for (const text of ['91.7', '22.83', 'MEDIA_CORRUPT']) expect(brief).toContain(text);
    expect(brief).not.toContain('McNemar');
    expect(briefHtml(empty, language)).not.toMatch(/NaN|undefined/);
  }
});

test('stages say how many came through, how long it took, and where the time went', () => {
  const html = reportHtml(model, 'en');
  expect(html).toContain('Transcribing, streaming');
  expect(html).toMatch(/streaming: most of the time of a result goes into (server decoding|sending and waiting|reading and storing) \(\d+/);
  expect(reportMarkdown(model, 'ko')).toContain('## 단계별 처리와 병목');
  expect(reportHtml(empty, 'en')).not.toContain('Stages and bottlenecks');
});

test('one file is no “files”, and failed results are not set beside files as if they were', () => {
  const failed = reportItem(1, 'odd/a.wav', 'a b', [failedResult('streaming', 'a b'), failedResult('chunked', 'a b')]);
  const pages = build(reportRun({ itemCount: 1 }), [failed]).model;
  for (const page of [reportHtml(pages, 'en'), reportMarkdown(pages, 'en')]) {
    expect(page).toContain('1 file ');
    expect(page).not.toContain('1 files');
    expect(page).toContain('Failed results');
  }
});

test('the page of a paced run says that its figures are latencies', () => {
  const paced = build(reportRun({}, { pacing: 'realTime' })).model;
  expect(reportHtml(paced, 'en')).toContain('these are latencies');
  expect(reportHtml(model, 'en')).toContain('these are throughput figures');
  expect(reportMarkdown(paced, 'ko')).toContain('지연 시간입니다');
});

test('characters come first where they are the measure', () => {
  const reference = '안녕하세요 반갑습니다';
  const korean = build(reportRun(), [reportItem(1, 'a.wav', reference, [answeredResult('streaming', reference, '안녕하세요')])]).model;
  expect(reportHtml(korean, 'ko')).toContain('<th>CER</th><th>WER</th>');
  expect(reportHtml(model, 'ko')).toContain('<th>WER</th><th>CER</th>');
});

describe.each(['en', 'ko'] as const)('Markdown in %s', (language) => {
  const markdown = reportMarkdown(model, language);

  test('tables have as many cells in every row as in their head', () => {
    const cells = (line: string): number => line.replaceAll(String.raw`\|`, '').split('|').length;
    let columns = 0;
    for (const line of markdown.split('\n')) {
      if (!line.startsWith('|')) columns = 0;
      else if (columns === 0) columns = cells(line);
      else expect(cells(line), line).toBe(columns);
    }
  });
  test('texts of others are no markup', () => {
    expect(markdown).not.toMatch(/^\s*<script/m);
    expect(markdown).toContain('# night &lt;1&gt; &amp; "2"');
    expect(markdown).toContain('`odd/<script>alert(1)</script>.wav`');
    expect(markdown).not.toMatch(/NaN|undefined/);
  });
  test('an empty run is a page', () => {
    expect(reportMarkdown(empty, language)).not.toMatch(/NaN|undefined/);
  });
});

/** Cells of RFC 4180 text. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  let isQuoted = false;
  const body = text.replace(/^\uFEFF/, '');
  for (let i = 0; i < body.length; i++) {
    const character = body[i] ?? '';
    if (isQuoted) {
      if (character === '"' && body[i + 1] === '"') {
        cell += '"';
        i++;
      } else if (character === '"') isQuoted = false;
      else cell += character;
    } else if (character === '"') isQuoted = true;
    else if (character === ',') {
      rows.at(-1)?.push(cell);
      cell = '';
    } else if (character === '\r' && body[i + 1] === '\n') {
      rows.at(-1)?.push(cell);
      rows.push([]);
      cell = '';
      i++;
    } else cell += character;
  }
  return rows.slice(0, -1);
}

describe('CSV', () => {
  test('quotes, lines and formulas', () => {
    expect(csvLine(['a,b', 'c"d', 'e\nf', '=1+1', '+1', '-x', '@y', '\t=2', ' =3', 'plain', -1.5, null, true])).toBe(
      `"a,b","c""d","e\nf",'=1+1,'+1,'-x,'@y,'\t=2,' =3,plain,-1.5,,true\r\n`,
    );
  });
  test('one row for each result, and names come back as they were', () => {
    const rows = parseCsv(itemsCsvHeader() + measured.map((result) => itemsCsvLine(result, 'simple')).join(''));
    const [head = [], ...body] = rows;
    expect(body).toHaveLength(60);
    expect(new Set(body.map((row) => row.length))).toEqual(new Set([head.length]));
    const fileIds = new Set(body.map(([fileId]) => fileId));
    for (const name of HOSTILE_NAMES) expect(fileIds).toContain(`odd/${name}`);
    const hypotheses = body.map((row) => row[head.indexOf('hypothesis')]);
    expect(hypotheses).toContain("'=hello number 0");
    const failed = body.find((row) => row[head.indexOf('status')] === 'failed');
    expect(failed?.[head.indexOf('wer')]).toBe('1');
    expect(failed?.[head.indexOf('error_code')]).toBe('MEDIA_CORRUPT');
  });
  test('words have their times where the normaliser left them alone', () => {
    const [streaming] = measured;
    if (streaming === undefined) throw new Error('nothing measured');
    const [head = [], ...rows] = parseCsv(wordsCsvHeader() + wordsCsvLines(streaming, 'simple'));
    expect(head).toEqual(['file_id', 'mode', 'position', 'operation', 'reference', 'hypothesis', 'start', 'end', 'confidence']);
    expect(rows[1]).toEqual(['100/1/100-1-0000.flac', 'streaming', '2', 'substitution', 'quick', 'wrong', '0.3', '0.58', '0.9']);
    // whisper-en joins and splits words: no times rather than wrong ones.
    const joined = { ...streaming, steps: [{ op: 'insertion', hypothesis: 'other' } as const] };
    expect(parseCsv(wordsCsvLines(joined, 'simple'))[0]?.slice(6)).toEqual(['', '', '']);
  });
  test('without a reference the recognised words are listed', () => {
    const unscored = measured.find(({ item, result }) => item.reference === null && result.mode === 'streaming');
    if (unscored === undefined) throw new Error('nothing measured');
    expect(parseCsv(wordsCsvLines(unscored, 'simple')).map((row) => row.slice(3, 6))).toEqual([
      ['word', '', 'hello'],
      ['word', '', '<world>'],
      ['word', '', 'number'],
      ['word', '', '0'],
    ]);
  });
});

describe('QC report', () => {
  test('is what its schema says', () => {
    const report = toQcReport(model);
    expect(QcReportSchema.parse(report)).toEqual(report);
    expect(report).toMatchObject({
      verdict: 'failed',
      indicators: { total: 60, done: 55, failed: 5, recovered_by_retry: 1 },
      failures: [{ code: 'DECODER_CRASHED', results: 4 }, { code: 'MEDIA_CORRUPT' }],
    });
    expect(toQcReport(empty)).toMatchObject({ verdict: 'not_judged', gate: null, indicators: { success_rate: null } });
  });
  test('docs/qc-report.schema.json is that schema (vitest --update writes it anew)', async () => {
    const schema = { title: 'Nightshift QC report', ...z.toJSONSchema(QcReportSchema) };
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
      join(import.meta.dirname, '../../../../docs/qc-report.schema.json'),
    );
  });
});

test('orchestration results have the names that scripts read', () => {
  expect(toOrchestrationResults(model)).toMatchObject({
    execution_results: {
      job_statistics: { total_jobs: 60, completed_jobs: 55, success_rate: 55 / 60 },
      performance_summary: {
        word_error_rate: { mean: (42 / 184 + 8 / 184) / 3, min: 0, count: 3 },
        processing_time_streaming: { mean: expect.any(Number) as number },
      },
    },
    analysis_results: { resource_efficiency: { efficiency_score: 0.42 } },
  });
  const { execution_results: results } = toOrchestrationResults(empty) as { execution_results: { performance_summary: object } };
  expect(results.performance_summary).toEqual({});
  expect(fileStamp(new Date(2026, 0, 2, 3, 4, 5).getTime())).toBe('20260102_030405');
});

test('detailed resource usage has every reading, and null where nothing was measured', () => {
  const { before, after } = jsonDocumentWithList(toResourceUsage(model), 'samples');
  expect(JSON.parse(before + resourceSampleJson(readingOfSample(SAMPLE)) + after)).toMatchObject({
    sample_count: 1,
    cpu_usage: { mean: 42, max: 42 },
    memory_usage: { mean_gb: 8, max_gb: 8 },
    disk_usage: { min_free_gb: null },
    gpu_usage: [],
    samples: [
      { timestamp: '2026-11-21T04:00:00.000Z', cpu_percent: 42, memory_used_gb: 8, nightshift_memory_gb: 0.25, disk_free_gb: null },
    ],
  });
  const none = jsonDocumentWithList(toResourceUsage(empty), 'samples');
  expect(JSON.parse(none.before + none.after)).toMatchObject({ samples: [], cpu_usage: null });
});

test.each([0.001, 0.07, 0.11, 0.3, 1, 13, 250, 7_777])('a scale to %d has few round steps and covers it', (max) => {
  const ticks = ticksTo(max);
  expect(ticks[0]).toBe(0);
  expect(ticks.at(-1)).toBeGreaterThanOrEqual(max);
  expect(ticks.length).toBeLessThanOrEqual(7);
  const steps = ticks.slice(1).map((tick, index) => tick - (ticks[index] ?? 0));
  for (const step of steps) expect(step).toBeCloseTo(steps[0] ?? 0, 10);
});
