import { expect, it } from 'vitest';
import type { Rescoring } from '#shared/contract/rescoring.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { rescoringTable } from './rescoringTable.ts';

function rescoring(id: number | null, rates: Partial<Record<Mode, number>>): Rescoring {
  const modes = Object.entries(rates).map(([mode, werRatio]) => ({
    mode: mode as Mode,
    scored: 1,
    counts: null,
    werRatio,
    cerRatio: null,
    cerNoSpacesRatio: null,
    changed: null,
  }));
  return { id, normalizer: 'simple', normalizerVersion: 1, normalizerLabel: 'simple 1', scoredAtMs: null, isCurrent: true, modes };
}

it('puts all figures of a mode in one row, in the order of the rescorings', () => {
  const table = rescoringTable([rescoring(null, { original: 0.1, streaming: 0.2 }), rescoring(4, { streaming: 0.15 })]);
  expect(table.map(({ mode, cells }) => [mode, cells.map(({ key, figures }) => [key, figures?.werRatio ?? null])])).toEqual([
    [
      'streaming',
      [
        ['own', 0.2],
        ['4', 0.15],
      ],
    ],
    [
      'original',
      [
        ['own', 0.1],
        ['4', null],
      ],
    ],
  ]);
});
