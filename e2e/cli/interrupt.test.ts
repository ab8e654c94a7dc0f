import { cp, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorkplace, jsonLines, readResults, SAMPLES, type Workplace } from './nightshiftProcess.ts';

let place: Workplace;
let folder: string;

beforeEach(async () => {
  place = await createWorkplace();
  folder = join(place.folder, 'some');
  for (const speaker of ['1001', '1002']) await cp(join(SAMPLES, 'test-tiny', speaker), join(folder, speaker), { recursive: true });
});

afterEach(async () => {
  await place.close();
});

/** Paced as real time, six files one after another take some 20 s: time enough to interrupt. */
function slowBatch(...more: string[]): string[] {
  return ['batch', folder, '--mode', 'original', '--workers', '1', '--pacing', 'real-time', '--ports', place.ports, ...more];
}

async function statusCounts(): Promise<Record<string, number>> {
  const results = await readResults(join(place.folder, 'results.json'));
  const counts: Record<string, number> = {};
  for (const { status } of results['original']?.raw_results ?? []) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

test.skipIf(process.platform === 'win32')('Ctrl-C finishes the current file, saves, and the same command goes on', async () => {
  const first = place.start(...slowBatch('--log-level', 'DEBUG'));
  await first.untilText('done: ');
  first.child.kill('SIGINT');
  const ended = await first.ended;
  expect(ended.exitCode).toBe(130);
  expect(ended.stdout).toContain('Interrupted by user');
  expect(ended.stdout).toContain('Partial results saved to: results.json');
  expect(ended.stdout.trimEnd().split('\n').at(-1)).toMatch(
    /^To go on, run the same command again or: npm run --silent nightshift -- resume 1 --data-dir \S+$/,
  );
  const saved = await statusCounts();
  const done = saved['done'] ?? 0;
  expect(done).toBeGreaterThanOrEqual(2);
  expect(saved).toEqual({ done, pending: 6 - done });

  const second = await place.run(...slowBatch());
  expect(second).toMatchObject({ exitCode: 0 });
  expect(second.stdout).toContain(`Found ${done} already processed files for original mode`);
  expect(await statusCounts()).toEqual({ done: 6 });
});

test.skipIf(process.platform === 'win32')('Ctrl-C twice stops now, and nightshift resume goes on with what is left', async () => {
  const first = place.start(...slowBatch('--log-level', 'DEBUG'));
  await first.untilText('done: ');
  first.child.kill('SIGINT');
  await first.untilText('Interrupted by user');
  first.child.kill('SIGINT');
  expect((await first.ended).exitCode).toBe(130);
  const saved = await statusCounts();
  expect(saved['done']).toBeGreaterThanOrEqual(1);
  expect(saved['pending']).toBeGreaterThanOrEqual(1);

  const resumed = await place.run('resume', '1', '--json');
  expect(resumed).toMatchObject({ exitCode: 0 });
  expect(jsonLines(resumed.stdout).at(-1)).toMatchObject({ type: 'summary', run: { id: 1, status: 'finished' } });
  expect(await statusCounts()).toEqual({ done: 6 });
});

test.skipIf(process.platform === 'win32')('SIGTERM saves what is finished', async () => {
  const command = place.start(...slowBatch('--log-level', 'DEBUG'));
  await command.untilText('done: ');
  command.child.kill('SIGTERM');
  const ended = await command.ended;
  expect(ended.exitCode).toBe(143);
  expect(ended.stdout).toContain('Partial results saved to: results.json');
  expect((await statusCounts())['done']).toBeGreaterThanOrEqual(1);
});

test.skipIf(process.platform === 'win32')('a hang-up under nohup, where nothing is a terminal, does not end a night', async () => {
  const command = place.start('batch', folder, '--mode', 'original', '--ports', place.ports);
  await command.untilText('MODE 1/1');
  command.child.kill('SIGHUP');
  expect((await command.ended).exitCode).toBe(0);
});

test('a reader that goes away does not end the run', async () => {
  const command = place.start('batch', folder, '--mode', 'original', '--ports', place.ports);
  await command.untilText('Found 6 files');
  command.child.stdout?.destroy();
  expect((await command.ended).exitCode).toBe(0);
  expect(await statusCounts()).toEqual({ done: 6 });
});

test('while another process owns the data folder a batch attaches to it', async () => {
  const owner = place.start('serve', '--no-open', '--port', '45555', '--json');
  await owner.untilText('"type":"serving"');
  const ended = await place.run('batch', folder, '--mode', 'original', '--calculate-wer', '--ports', place.ports);
  expect(ended).toMatchObject({ exitCode: 0 });
  expect(ended.stderr).toContain('Using the Nightshift that is already running on this data folder.');
  expect(ended.stdout).toContain('ALL MODES COMPLETED');
  expect(await statusCounts()).toEqual({ done: 6 });
  expect((await place.run('runs')).stdout).toMatch(/ {4}1 .* finished .* original {2}6\/6 done, 0 failed/);
  const link = await place.run('serve', '--link');
  expect(link.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/enter#token=\S+\n$/);
  owner.child.kill('SIGTERM');
  expect((await owner.ended).exitCode).toBe(0);
  expect((await stat(place.dataDir)).isDirectory()).toBe(true);
});
