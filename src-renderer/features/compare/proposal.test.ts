import { describe, expect, it } from 'vitest';
import { buildMode, buildRun } from '../../testing/builders.ts';
import { proposedSystems, systemsOf, toggledSystem } from './proposal.ts';

const scored = (mode: 'streaming' | 'original') => buildMode({ mode, done: 24, queued: 0 });

describe('what is compared when nobody chose', () => {
  it('is the newest finished run with two modes that have outcomes', () => {
    const runs = [
      buildRun({ id: 4, status: 'finished', modes: [scored('streaming'), scored('original')] }),
      buildRun({ id: 5, status: 'finished', modes: [scored('streaming'), scored('original')] }),
      buildRun({ id: 6, status: 'finished', modes: [scored('streaming'), buildMode({ mode: 'original' })] }),
      buildRun({ id: 7, status: 'running', modes: [scored('streaming'), scored('original')] }),
    ];
    expect(proposedSystems(runs)).toEqual([
      { runId: 5, mode: 'streaming' },
      { runId: 5, mode: 'original' },
    ]);
    expect(proposedSystems(runs.slice(2))).toEqual([]);
  });

  it('counts files done earlier, and nothing where there is no reference', () => {
    const modes = [buildMode({ mode: 'chunked', skipped: 24, queued: 0 }), buildMode({ mode: 'original' })];
    expect(systemsOf(buildRun({ id: 3, modes }))).toEqual([{ runId: 3, mode: 'chunked' }]);
    expect(systemsOf(buildRun({ id: 3, modes, withReferenceCount: 0 }))).toEqual([]);
  });
});

it('a chosen system is taken out, another is added at the end', () => {
  const systems = [
    { runId: 1, mode: 'streaming' },
    { runId: 2, mode: 'streaming' },
  ] as const;
  expect(toggledSystem(systems, { runId: 1, mode: 'streaming' })).toEqual([systems[1]]);
  expect(toggledSystem(systems, { runId: 1, mode: 'original' })).toEqual([...systems, { runId: 1, mode: 'original' }]);
});
