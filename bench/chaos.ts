import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChaos } from '#main/testing/chaosRun.ts';
import { machineFacts } from './machine.ts';
import { writeWav } from './wav.ts';

/** Files in each of the three modes, and the seed of the faults. */
const FILES = Number(process.argv[2] ?? 200);
const SEED = process.argv[3] ?? '1';

const folder = await mkdtemp(join(tmpdir(), 'nightshift-bench-'));
try {
  console.log(await machineFacts(folder));
  const media: string[] = [];
  for (let seed = 0; seed < FILES; seed += 1) {
    const path = join(folder, `${seed}.wav`);
    await writeWav(path, { seed, durationSec: 6, rateHz: 16_000, isSpoken: true });
    media.push(path);
  }
  const report = await runChaos({
    media,
    seed: SEED,
    serviceMs: 5,
    starts: { diesLoading: 0.1, slowLoad: 0.3, ignoresSigterm: 0.2, leavesGrandchild: 0.4 },
    files: {
      diesMidFile: 0.007,
      hangsMidFile: 0.007,
      busy: 0.03,
      refusesAudio: 0.01,
      error: 0.02,
      garbage: 0.02,
      truncatedFrame: 0.02,
      hugeFrame: 0.005,
      closesEarly: 0.02,
      emptyText: 0.02,
      floodsStderr: 0.02,
      leaksMemory: 0.03,
      slow: 0.05,
    },
  });
  console.log(
    `chaos: ${FILES} files in 3 modes, seed ${SEED}, ${report.serverStarts} server starts; the run ended as ${report.run.status}`,
  );
  console.log(`${'fault'.padEnd(18)}${'injected'.padStart(9)}${'done'.padStart(7)}${'doubtful'.padStart(10)}  failed`);
  for (const { fault, injected, done, doubtful, failed } of report.rows) {
    const codes = Object.entries(failed).map(([code, count]) => `${code} ${count}`);
    const line = `${fault.padEnd(18)}${String(injected).padStart(9)}${String(done).padStart(7)}${String(doubtful).padStart(10)}  ${codes.join(', ')}`;
    console.log(line.trimEnd());
  }
  const sum = Object.values(report.outcomes).reduce((total, count) => total + count, 0);
  console.log(`outcomes: ${JSON.stringify(report.outcomes)}, together ${sum} of ${report.tasks}`);
  console.log(
    `recorded twice: ${report.recordedTwice}; texts of another file: ${report.wrongTexts}; texts wrongly empty: ${report.emptyTexts}; changed audio: ${report.unknownAudio}; orphans: ${report.orphans.length}`,
  );
  for (const orphan of report.orphans) console.log(`  ${orphan}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
