import { describe, expect, it, vi } from 'vitest';
import { eventually } from '#shared/testing/eventually.ts';
import { createSaveQueue } from './saveQueue.ts';

interface Kept {
  readonly theme: string;
  readonly language: string;
}

describe('saving settings', () => {
  it('saves what was changed while another change was being saved', async () => {
    const first = Promise.withResolvers<void>();
    const saved: Partial<Kept>[] = [];
    const busy: boolean[] = [];
    const save = createSaveQueue<Kept>(
      async (part) => {
        saved.push(part);
        if (saved.length === 1) await first.promise;
      },
      (isBusy) => busy.push(isBusy),
      vi.fn(),
    );
    save({ theme: 'dark' });
    save({ language: 'ko' });
    save({ theme: 'light' });
    expect(saved).toEqual([{ theme: 'dark' }]);
    first.resolve();
    await eventually(() => expect(busy.at(-1)).toBe(false));
    expect(saved).toEqual([{ theme: 'dark' }, { language: 'ko', theme: 'light' }]);
    expect(busy).toEqual([true, false]);
  });

  it('goes on after an error', async () => {
    const onError = vi.fn();
    let calls = 0;
    const save = createSaveQueue<Kept>(
      async () => {
        calls += 1;
        if (calls === 1) throw new Error('no');
      },
      vi.fn(),
      onError,
    );
    save({ theme: 'dark' });
    save({ theme: 'light' });
    await eventually(() => expect(calls).toBe(2));
    expect(onError).toHaveBeenCalledTimes(1);
  });
});
