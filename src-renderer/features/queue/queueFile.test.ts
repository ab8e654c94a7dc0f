import { describe, expect, it } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { readQueueFile } from './queueFile.ts';

const document = {
  format: 'nightshift-queue',
  version: 1,
  exportedAtMs: 5,
  runs: [{ name: 'night', sources: ['/data/night'], options: RunOptionsSchema.parse({}), items: [] }],
};

describe('a file with a queue', () => {
  it('is read, also with a mark of its encoding', () => {
    expect(readQueueFile(`\uFEFF${JSON.stringify(document)}`, 'en')).toEqual({ document });
  });

  it('is refused with the place of what is wrong', () => {
    expect(readQueueFile(JSON.stringify({ ...document, runs: [{ ...document.runs[0], sources: [] }] }), 'en')).toMatchObject({
      problem: { place: 'runs.0.sources' },
    });
    expect(readQueueFile(JSON.stringify({ ...document, format: 'other' }), 'ko')).toMatchObject({ problem: { place: 'format' } });
    expect(readQueueFile('{', 'en')).toMatchObject({ problem: { place: null } });
  });
});
