import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findTree } from './processTable.ts';

const MARK = 'NIGHTSHIFT_INSTANCE=abc';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'processes-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A process as the kernel shows it (proc_pid_stat(5)), without its environment. */
async function show(pid: number, { parent = 1, session = pid, state = 'S' } = {}): Promise<void> {
  await mkdir(join(folder, String(pid)));
  const between = Array.from({ length: 15 }, () => '0').join(' ');
  await writeFile(join(folder, String(pid), 'stat'), `${pid} (a (b) c) ${state} ${parent} ${session} ${session} ${between} 10${pid} 0`);
}

async function showEnvironment(pid: number, ...variables: string[]): Promise<void> {
  await writeFile(join(folder, String(pid), 'environ'), variables.map((variable) => `${variable}\0`).join(''));
}

describe.skipIf(process.platform !== 'linux')('a tree', () => {
  test('is the session of its root, what carries its mark, and their descendants, but nobody who has ended', async () => {
    await show(10);
    await show(11, { parent: 10, session: 10 });
    await show(20);
    await showEnvironment(20, 'PATH=/bin', MARK);
    await show(21, { parent: 20 });
    await show(30);
    await showEnvironment(30, `${MARK}d`);
    await show(40, { parent: 20, state: 'Z' });
    const tree = await findTree({ pid: 10, mark: MARK }, folder);
    expect(tree.processes.map(({ pid, startId }) => [pid, startId]).toSorted()).toEqual([10, 11, 20, 21].map((pid) => [pid, `10${pid}`]));
    expect(tree.isWhole).toBe(true);
  });

  test('is found without those whose environment cannot be read in time, and says so; they are seen when it can', async () => {
    await show(10);
    await showEnvironment(10, MARK);
    await show(20);
    const stalled = join(folder, '20', 'environ');
    // Whoever opens it waits for somebody to write, as for a process that is stuck in the kernel.
    execFileSync('mkfifo', [stalled]);
    const looks = [findTree({ pid: null, mark: MARK }, folder), findTree({ pid: null, mark: MARK }, folder)];
    for (const { processes, isWhole } of await Promise.all(looks)) {
      expect([processes.map(({ pid }) => pid), isWhole]).toEqual([[10], false]);
    }
    await writeFile(stalled, `${MARK}\0`);
    await rm(stalled);
    await showEnvironment(20, MARK);
    await expect.poll(async () => (await findTree({ pid: null, mark: MARK }, folder)).processes.map(({ pid }) => pid)).toEqual([10, 20]);
  });
});
