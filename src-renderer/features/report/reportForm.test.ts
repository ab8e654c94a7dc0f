import { describe, expect, it } from 'vitest';
import { REPORT_FORMATS, reportRoutes } from '#shared/contract/reports.ts';
import { choiceProblem, downloadHref, existingFiles, exportInput, firstChoice, FORMAT_GROUPS, toggleFormat } from './reportForm.ts';

const first = firstChoice('ko');

describe('choice of a report', () => {
  it('offers every format of the contract once', () => {
    expect(Object.values(FORMAT_GROUPS).flat().toSorted()).toEqual(REPORT_FORMATS.toSorted());
  });

  it('begins with something that can be asked for', () => {
    expect(choiceProblem(first)).toBeNull();
    expect(exportInput(7, first, false)).toEqual({
      runId: 7,
      formats: ['html'],
      language: 'ko',
      clusterBySpeaker: false,
      normalizer: null,
      force: false,
      folder: null,
    });
  });

  it('names the template only where there are transcripts, and what the contract takes', () => {
    const choice = { ...toggleFormat(toggleFormat(first, 'html'), 'srt'), folder: ' /out ', naming: ' {name}.{mode}.{ext} ' };
    const input = exportInput(7, choice, true);
    expect(input).toMatchObject({ formats: ['srt'], folder: '/out', naming: '{name}.{mode}.{ext}', force: true });
    expect(reportRoutes['reports.export'].input.safeParse(input).success).toBe(true);
  });

  it.each([
    ['noFormat', { formats: [] }],
    ['folder', { folder: 'reports' }],
    ['naming', { formats: ['txt'], naming: '{mode}.{ext}' }],
    [null, { formats: ['html'], naming: '' }],
    [null, { folder: 'C:\\reports' }],
  ] as const)('%s', (problem, part) => {
    expect(choiceProblem({ ...first, ...part })).toBe(problem);
  });

  it('reads what is in the way from the error', () => {
    expect(existingFiles({ code: 'OUTPUT_EXISTS', data: { path: '/out/report.html', count: 3 } })).toEqual({
      path: '/out/report.html',
      count: 3,
    });
    expect(existingFiles({ code: 'DISK_FULL', data: {} })).toBeNull();
  });

  it('finds a file under its own name, whatever the system of the paths', () => {
    expect(downloadHref(7, '/data/runs/7/report/report.html')).toBe('/report/7/report.html');
    expect(downloadHref(7, 'C:\\data\\runs\\7\\report\\보고서 1.html')).toBe('/report/7/%EB%B3%B4%EA%B3%A0%EC%84%9C%201.html');
  });
});
