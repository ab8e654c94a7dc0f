import { describe, expect, it } from 'vitest';
import { buildMode } from '../testing/builders.ts';
import { folderLines, headline, percentTicks, werBars } from './werSeries.ts';

const scored = (mode: 'streaming' | 'chunked' | 'original', substitutions: number, deletions: number, insertions: number) =>
  buildMode({
    mode,
    counts: { substitutions, deletions, insertions, hits: 100 - substitutions - deletions, referenceWords: 100 },
    werRatio: (substitutions + deletions + insertions) / 100,
  });

describe('error rates by mode', () => {
  it('splits each rate by kind of error', () => {
    const [bar] = werBars([scored('streaming', 3, 2, 1), buildMode({ mode: 'chunked' })]);
    expect(bar).toMatchObject({ mode: 'streaming', werRatio: 0.06, substitutionShare: 0.03, deletionShare: 0.02, insertionShare: 0.01 });
    expect(werBars([buildMode()])).toEqual([]);
  });

  it('names the best mode and the worst', () => {
    const bars = werBars([scored('streaming', 5, 0, 0), scored('chunked', 2, 0, 0), scored('original', 2, 0, 0)]);
    expect(headline(bars)).toEqual({
      best: ['chunked', 'original'],
      worst: 'streaming',
      bestRatio: 0.02,
    });
    expect(headline(bars.slice(0, 1))).toMatchObject({ best: ['streaming'], worst: null });
    expect(headline([])).toBeNull();
  });

  it.each([
    [0, [0, 0.2, 0.4]],
    [0.05, [0, 2, 4, 6]],
    [0.1, [0, 5, 10]],
    [0.08, [0, 5, 10]],
    [0.34, [0, 20, 40]],
    [1.2, [0, 50, 100, 150]],
  ])('has round ticks up to %s', (ratio, ticks) => {
    expect(percentTicks(ratio)).toEqual(ticks);
  });

  it('puts the modes of a folder in one line, in natural order', () => {
    const counts = { substitutions: 0, deletions: 0, insertions: 0, hits: 1, referenceWords: 1 };
    const folders = [
      { folder: '10', mode: 'streaming', files: 3, counts, werRatio: 0.5 },
      { folder: '9', mode: 'streaming', files: 2, counts, werRatio: 0 },
      { folder: '9', mode: 'chunked', files: 2, counts, werRatio: null },
      { folder: '9', mode: 'other', files: 2, counts, werRatio: 1 },
    ];
    expect(folderLines(folders, ['streaming', 'chunked'])).toEqual([
      { folder: '9', files: 2, werByMode: { streaming: 0, chunked: null } },
      { folder: '10', files: 3, werByMode: { streaming: 0.5 } },
    ]);
  });
});
