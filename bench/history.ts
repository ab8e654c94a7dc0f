import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { openWriter } from '#main/core/persistence/connection.ts';
import { openDatabase } from '#main/core/persistence/database.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { answeredResult, reportItem } from '#main/testing/reportRows.ts';
import { machineFacts } from './machine.ts';
import { median } from './median.ts';

/** How long the history takes over many results, asked through the reader thread as the panel asks. First argument: results. */
const RESULTS = Number(process.argv[2] ?? 100_000);
const RESULTS_OF_RUN = 7_860;
const REPEATS = 5;
const DAY_MS = 86_400_000;
const MODES = ['streaming', 'chunked', 'original'] as const;
const REFERENCE = 'one two three four five six seven eight nine ten';

const folder = await mkdtemp(join(tmpdir(), 'nightshift-bench-'));
try {
  const path = join(folder, 'nightshift.db');
  console.log(await machineFacts(folder));
  const runs = plant(path);
  const database = await openDatabase(path);
  try {
    for (const [name, by, isLastWeek] of [
      ['mode, model', ['mode', 'model'], false],
      ['day', ['day'], false],
      ['folder, mode', ['folder', 'mode'], false],
      ['host', ['host'], false],
      ['option.windowSec, data.scenario', ['option.windowSec', 'data.scenario'], false],
      ['mode, model of the last 7 days', ['mode', 'model'], true],
    ] as const) {
      const times: number[] = [];
      let groups = 0;
      for (let index = 0; index <= REPEATS; index++) {
        const startMs = performance.now();
        const sinceMs = isLastWeek ? Date.now() - 7 * DAY_MS : null;
        ({ groupCount: groups } = await database.read('history', { by, sinceMs, untilMs: null, count: 1_000 }));
        if (index > 0) times.push(performance.now() - startMs);
      }
      console.log(`by ${name}: ${groups} groups in ${median(times).toFixed(0)} ms (${RESULTS} results of ${runs} runs)`);
    }
  } finally {
    await database.close();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** One run a night up to now. @returns how many */
function plant(path: string): number {
  const writer = openWriter(path);
  // Planting is not what is measured.
  writer.pragma('synchronous = OFF');
  const count = Math.ceil(RESULTS / RESULTS_OF_RUN);
  const items = Array.from({ length: Math.ceil(RESULTS / count / MODES.length) }, (_, index) =>
    reportItem(
      index + 1,
      `${index % 40}/${index % 7}/${index}.flac`,
      REFERENCE,
      MODES.map((mode) => answeredResult(mode, REFERENCE, REFERENCE)),
    ),
  );
  for (let index = 0; index < count; index++) {
    const runId = plantRun(writer, items, RunOptionsSchema.parse({ modes: [...MODES] }));
    const endedAtMs = Date.now() - index * DAY_MS;
    writer.prepare('UPDATE tasks SET ended_at_ms = ? WHERE run_id = ?').run(endedAtMs, runId);
    writer.prepare('UPDATE runs SET created_at_ms = ?, ended_at_ms = ? WHERE id = ?').run(endedAtMs - DAY_MS / 3, endedAtMs, runId);
  }
  writer.close();
  return count;
}
