import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { createDispatcher } from './router.ts';

const table = {
  'sum.add': { input: z.object({ a: z.number(), b: z.number().default(1) }), output: z.object({ sum: z.number() }) },
  'deep.check': { input: z.object({ list: z.array(z.object({ size: z.int() })) }), output: z.object({}) },
  'not.handled': { input: z.object({}), output: z.object({}) },
};

function dispatcher(answer: unknown, validateOutput: boolean): ReturnType<typeof createDispatcher> {
  return createDispatcher(
    table,
    {
      'sum.add': async ({ a, b }: { a: number; b: number }) => answer ?? { sum: a + b },
      'deep.check': async () => ({}),
      valueOf: async () => ({}),
    },
    { validateOutput },
  );
}

describe('createDispatcher', () => {
  it('fills in defaults and answers', async () => {
    expect(await dispatcher(null, true).dispatch('sum.add', { a: 2 })).toEqual({ ok: true, data: { sum: 3 } });
  });

  it('names every wrong field with its path', async () => {
    const result = await dispatcher(null, true).dispatch('deep.check', { list: [{ size: 1 }, { size: 'x' }, {}] });
    expect(result).toMatchObject({ ok: false, error: { code: 'INPUT_INVALID', data: { route: 'deep.check', field: 'list.1.size' } } });
    expect(JSON.stringify(result)).toContain('list.2.size');
  });

  it('calls the whole input `input`', async () => {
    const result = await dispatcher(null, true).dispatch('sum.add', 'text');
    expect(result).toMatchObject({ ok: false, error: { code: 'INPUT_INVALID', data: { field: 'input' } } });
  });

  it.each(['not.handled', 'valueOf', 'hasOwnProperty'])('knows no route %s', async (route) => {
    expect(await dispatcher(null, true).dispatch(route, {})).toEqual({
      ok: false,
      error: { code: 'ROUTE_NOT_FOUND', data: { route } },
    });
  });

  it('checks answers only when told to', async () => {
    const wrong = { sum: 'three' };
    expect(await dispatcher(wrong, false).dispatch('sum.add', { a: 2 })).toEqual({ ok: true, data: wrong });
    expect(await dispatcher(wrong, true).dispatch('sum.add', { a: 2 })).toMatchObject({
      ok: false,
      error: { code: 'INTERNAL', data: { field: 'sum' } },
    });
  });

  it('recognises our errors by code, also from another copy of the class', async () => {
    const foreign = Object.assign(new Error('x'), { code: 'DISK_FULL', data: { path: '/d' } });
    const own = new NightshiftError('RUN_STATE_CONFLICT', { runId: 1 });
    for (const [thrown, code, data] of [
      [foreign, 'DISK_FULL', { path: '/d' }],
      [own, 'RUN_STATE_CONFLICT', { runId: 1 }],
    ] as const) {
      const failing = createDispatcher(table, { 'sum.add': () => Promise.reject(thrown) });
      expect(await failing.dispatch('sum.add', { a: 1 })).toEqual({ ok: false, error: { code, data } });
    }
  });
});
