import { describe, expect, it } from 'vitest';
import { buildServer } from '../../testing/builders.ts';
import { serversIn, serversOf, withServer } from './serverChoice.ts';

const known = [
  buildServer(),
  buildServer({ id: 'vosk', isServing: false }),
  buildServer({ mode: 'original', isServing: false }),
  buildServer({ id: 'gpu-0', mode: 'original' }),
  buildServer({ id: 'gpu-1', mode: 'original' }),
];
const usual = { serverIds: [], servers: 'own' } as const;

describe('the servers of a run', () => {
  it('are the usual ones of a mode until others are chosen', () => {
    expect(serversOf(usual, known, 'original')).toEqual(['gpu-0', 'gpu-1']);
    expect(serversOf({ ...usual, serverIds: ['vosk', 'original'] }, known, 'original')).toEqual(['original']);
    expect(serversOf({ ...usual, servers: 'running' }, known, 'original')).toEqual([]);
  });

  it('are chosen by mode, and not chosen where they are the usual ones', () => {
    const chosen = withServer(usual, known, 'original', 'gpu-1');
    expect(chosen).toEqual(['gpu-0']);
    const both = withServer({ ...usual, serverIds: chosen }, known, 'streaming', 'vosk');
    expect(both).toEqual(['gpu-0', 'streaming', 'vosk']);
    expect(withServer({ ...usual, serverIds: both }, known, 'original', 'gpu-1')).toEqual(['streaming', 'vosk']);
  });

  it('leave with their mode, or when they are known no more', () => {
    expect(serversIn(['vosk', 'gpu-0', 'gone'], known, ['original'])).toEqual(['gpu-0']);
  });
});
