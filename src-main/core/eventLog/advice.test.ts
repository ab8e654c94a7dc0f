import { expect, test } from 'vitest';
import type { Troubles } from '../persistence/operations/advice.ts';
import { adviceOf } from './advice.ts';

const NONE: Troubles = { counts: [], paces: [], memoryPeakMb: 0, options: '{}' };

test('a run in which nothing went wrong needs no advice', () => {
  expect(adviceOf({ ...NONE, paces: [{ mode: 'chunked', audioSec: 10, processingSec: 9 }] })).toEqual([]);
});

test('codes with one cause are counted together, the most frequent cause comes first', () => {
  const counts: Troubles['counts'] = [
    { code: 'SERVER_BUSY', mode: 'streaming', count: 1, itemCount: 1 },
    { code: 'MEDIA_CORRUPT', mode: 'original', count: 2, itemCount: 2 },
    { code: 'FILE_EMPTY', mode: 'streaming', count: 3, itemCount: 3 },
    { code: 'CANCELLED', mode: 'streaming', count: 9, itemCount: 9 },
  ];
  expect(adviceOf({ ...NONE, counts })).toEqual([
    { cause: 'filesUnusable', count: 5, itemCount: 5, modes: ['streaming', 'original'], codes: ['FILE_EMPTY', 'MEDIA_CORRUPT'] },
    { cause: 'serverBusy', count: 1, itemCount: 1, modes: ['streaming'], codes: ['SERVER_BUSY'] },
  ]);
});

test('memory at its limit and recognition slower than the audio are told, but not slowness that was asked for', () => {
  const paces: Troubles['paces'] = [{ mode: 'chunked', audioSec: 10, processingSec: 11 }];
  const options = JSON.stringify({ memoryLimitMb: 1_000 });
  expect(adviceOf({ ...NONE, paces, options, memoryPeakMb: 960 }).map(({ cause }) => cause)).toEqual(['memory', 'slow']);
  expect(adviceOf({ ...NONE, paces, options: JSON.stringify({ pacing: 'realTime' }) })).toEqual([]);
});
