import { describe, expect, it } from 'vitest';
import type { Mode } from '#shared/domain/mode.ts';
import { comparisonTitle, namedSystems } from './systemNames.ts';

const upper = (mode: Mode): string => mode.toUpperCase();
const system = (runId: number, mode: Mode, runName = `run ${runId}`) => ({ runId, mode, runName });
const named = (...systems: ReturnType<typeof system>[]) => namedSystems(systems, upper);

describe('names of compared systems', () => {
  it('are the modes of one run', () => {
    const systems = named(system(7, 'streaming'), system(7, 'original'));
    expect(systems.map(({ name }) => name)).toEqual(['STREAMING', 'ORIGINAL']);
    expect(comparisonTitle(systems)).toBe('run 7: STREAMING, ORIGINAL');
  });

  it('are the runs where the mode is the same', () => {
    const systems = named(system(7, 'original'), system(8, 'original'));
    expect(systems.map(({ name, shade }) => [name, shade])).toEqual([
      ['run 7', 0],
      ['run 8', 1],
    ]);
    expect(comparisonTitle(systems)).toBe('run 7 · run 8');
  });

  it('are both where both differ, with the number of runs of the same name', () => {
    const systems = named(system(7, 'streaming', 'night'), system(8, 'original', 'night'), system(8, 'streaming', 'night'));
    expect(systems.map(({ name, shade }) => [name, shade])).toEqual([
      ['STREAMING · night #7', 0],
      ['ORIGINAL · night #8', 0],
      ['STREAMING · night #8', 1],
    ]);
  });
});
