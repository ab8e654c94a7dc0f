import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type InstantServer, startInstantServer } from '#main/testing/instantServer.ts';
import { wavBytes } from '#main/testing/wavBytes.ts';
import { createWorkplace, jsonLines, type Workplace } from './nightshiftProcess.ts';

let place: Workplace;
let server: InstantServer | null = null;

beforeEach(async () => {
  place = await createWorkplace();
});

afterEach(async () => {
  await server?.close();
  server = null;
  await place.close();
});

/** Short files, each with a content of its own. */
async function files(count: number): Promise<string> {
  const folder = join(place.folder, 'in');
  await mkdir(folder);
  for (let file = 0; file < count; file++) {
    const tone = Float32Array.from({ length: 1_600 }, (_, index) => 0.2 * Math.sin((index * (file + 1)) / 50));
    await writeFile(join(folder, `${file}.wav`), wavBytes(tone));
  }
  return folder;
}

function flags(to: InstantServer): string[] {
  return ['--mode', 'original', '--ports', `1,2,${to.port}`, '--use-running-servers', '--output', 'results.json', '--json'];
}

function summaryOf(stdout: string): {
  exitCode: number;
  run: { id: number; status: string; pausedBy: string | null; totals: Record<string, number> };
} {
  return jsonLines(stdout).findLast((line) => line['type'] === 'summary') as never;
}

test('a server that fails every file pauses the run, ends the batch with 4, and what is left goes on later', async () => {
  server = await startInstantServer({ mode: 'original', failEvery: 1, capacity: 1 });
  const ended = await place.run('batch', await files(60), ...flags(server), '--max-retries', '0');
  const { exitCode, run } = summaryOf(ended.stdout);
  expect(run).toMatchObject({ status: 'paused', pausedBy: 'failureRate' });
  expect([exitCode, ended.exitCode]).toEqual([4, 4]);
  expect(run.totals['failed']).toBeGreaterThanOrEqual(20);
  expect(run.totals['queued']).toBeGreaterThan(0);
  expect(ended.stderr).toContain('Too many files failed');
  const { port } = server;
  await server.close();
  server = await startInstantServer({ mode: 'original', text: 'well', port });
  const resumed = await place.run('resume', String(run.id), '--json');
  expect(summaryOf(resumed.stdout).run).toMatchObject({ status: 'finished', totals: { failed: run.totals['failed'], queued: 0 } });
});

test('a run pauses when its time is over', async () => {
  server = await startInstantServer({ mode: 'original', delayMs: 200, capacity: 1 });
  const ended = await place.run('batch', await files(60), ...flags(server), '--max-duration', '2s');
  expect(ended.exitCode).toBe(4);
  const { run } = summaryOf(ended.stdout);
  expect(run).toMatchObject({ status: 'paused', pausedBy: 'duration' });
  expect(run.totals['done']).toBeGreaterThan(0);
  expect(run.totals['queued']).toBeGreaterThan(0);
});

test('what would happen at the end is announced, and Ctrl-C calls it off', async () => {
  server = await startInstantServer({ mode: 'original' });
  const mark = join(place.folder, 'mark');
  const command = `"${process.execPath}" -e "require('node:fs').writeFileSync(process.argv[1], '')" "${mark}"`;
  const batch = place.start('batch', await files(2), ...flags(server), '--when-done-command', command);
  await batch.untilText('"type":"whenDone"');
  batch.child.kill('SIGINT');
  const { exitCode, stdout } = await batch.ended;
  expect(exitCode).toBe(0);
  expect(jsonLines(stdout).flatMap((line) => (line['type'] === 'event' ? [line['code']] : []))).toEqual(['whenDoneCancelled']);
  await expect(readFile(mark)).rejects.toThrow('ENOENT');
});

test('alerts can be asked for', async () => {
  const ended = await place.run('alerts', '--json');
  expect(ended.exitCode).toBe(0);
  expect(jsonLines(ended.stdout)).toEqual([{ type: 'summary', exitCode: 0, active: 0 }]);
});
