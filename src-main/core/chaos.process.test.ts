import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runChaos } from '#main/testing/chaosRun.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { tone, wavBytes } from '#main/testing/wavBytes.ts';

checkLeaks();

/** As `npm run bench:chaos`, which strikes 200 files; here each kind of fault strikes about once. */
test.skipIf(process.platform === 'win32')(
  'servers that misbehave in every way leave one outcome for each file, and no process',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chaos-media-'));
    const media = Array.from({ length: 16 }, (_, index) => join(folder, `${index}.wav`));
    await Promise.all(media.map((path, index) => writeFile(path, wavBytes(tone(0.5, 16_000, 200 + index)))));
    const report = await runChaos({
      media,
      seed: 'test',
      serviceMs: 2,
      starts: { slowLoad: 0.3, ignoresSigterm: 0.3, leavesGrandchild: 0.4 },
      files: {
        diesMidFile: 0.04,
        hangsMidFile: 0.03,
        busy: 0.06,
        error: 0.06,
        garbage: 0.06,
        truncatedFrame: 0.06,
        hugeFrame: 0.03,
        closesEarly: 0.06,
        floodsStderr: 0.06,
        slow: 0.06,
      },
    });
    await rm(folder, { recursive: true, force: true });
    // What the seed dealt must be worth the name.
    expect(report.rows.filter(({ injected }) => injected > 0).length).toBeGreaterThan(8);
    const { run, outcomes, recordedTwice, wrongTexts, emptyTexts, unknownAudio, orphans } = report;
    const found = { status: run.status, outcomes, recordedTwice, wrongTexts, emptyTexts, unknownAudio, orphans };
    expect(found).toEqual({
      status: 'finished',
      outcomes: { done: media.length * 3 },
      recordedTwice: 0,
      wrongTexts: 0,
      emptyTexts: 0,
      unknownAudio: 0,
      orphans: [],
    });
  },
);
