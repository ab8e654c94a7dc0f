import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Night, NightBench } from '#main/testing/night.ts';

let bench: NightBench;
let night: Night;

beforeEach(async () => {
  bench = await NightBench.open();
  night = bench.begin('boot-1');
});

afterEach(() => bench.close());

function lateResults(): unknown {
  const connection = new BetterSqlite(join(bench.folder, 'nightshift.db'), { readonly: true });
  try {
    return connection.prepare('SELECT count(*) FROM late_results').pluck().get();
  } finally {
    connection.close();
  }
}

test.each(['ok', 'hold'] as const)(
  'a file that the user holds back at the moment in which it begins (%s) is left alone, and nothing comes late',
  async (script) => {
    night.capacity = 1;
    night.scripts.set('streaming:a.wav', ['hold']);
    night.scripts.set('streaming:b.wav', [script, 'ok']);
    const runId = await night.started();
    await bench.clock.advanceUntil(() => night.held === 1);
    // Committed, and the scheduler has not heard of it.
    const changeId = await bench.database.write('beginQueueChange', { change: 'itemsHeld', runId, nowMs: bench.clock.nowMs() });
    const changed = await bench.database.write('holdTasks', { changeId, runId, taskIds: [2], isHeld: true });
    expect(changed).toBe(1);
    night.release();
    const run = await night.until(runId, ({ totals }) => totals.done === 2);
    expect(run.totals).toMatchObject({ done: 2, queued: 1, active: 0 });
    expect(lateResults()).toBe(0);
    await bench.database.write('holdTasks', { changeId, runId, taskIds: [2], isHeld: false });
  },
);
