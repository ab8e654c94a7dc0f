import { expect, test } from 'vitest';
import { runCrashes } from '#main/testing/crash/crashRun.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';

checkLeaks();

/** As `npm run bench:crash`, which kills 1,000 owners; a change is checked with fewer. */
const KILLS = Number(process.env['NIGHTSHIFT_KILLS'] ?? (process.env['CI'] === undefined ? 15 : 100));

test.skipIf(process.platform === 'win32')(
  'owners killed while they work through a queue that a user changes lose nothing and record nothing twice',
  async () => {
    const report = await runCrashes({ kills: KILLS, seed: 20_261_121, files: 60 });
    expect(report.problems).toEqual([]);
    // What the seed dealt must be worth the name.
    expect(report.announced).toBeGreaterThan(KILLS * 5);
    expect(report.facts).toMatchObject({ open: 0 });
  },
  60_000 + KILLS * 10_000,
);
