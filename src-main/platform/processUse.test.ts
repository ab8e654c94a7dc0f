import { afterEach, expect, test } from 'vitest';
import { createFileTree, type FileTree } from '../testing/fileTree.ts';
import { parseProcessStat } from './procFiles.ts';
import { ProcessUse } from './processUse.ts';

let tree: FileTree | null = null;
afterEach(async () => {
  await tree?.remove();
  tree = null;
});

interface Process {
  readonly children?: readonly number[];
  /** Children of another thread. */
  readonly others?: readonly number[];
  readonly ticks: number;
  readonly pages: number;
  readonly start?: number;
  readonly commandLine?: string;
}

const stat = (pid: number, { ticks, pages, start = 1 }: Process): string =>
  `${pid} (a (b) c) S 1 ${pid} ${pid} 0 -1 4194304 0 0 0 0 ${ticks} 0 0 0 20 0 1 0 ${start} 1000 ${pages} 184 0`;
const files = (processes: Readonly<Record<number, Process>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(processes).flatMap(([pid, process]) => [
      [`${pid}/stat`, stat(Number(pid), process)],
      [`${pid}/task/${pid}/children`, (process.children ?? []).join(' ')],
      [`${pid}/task/9${pid}/children`, (process.others ?? []).join(' ')],
      [`${pid}/cmdline`, process.commandLine ?? 'node'],
    ]),
  );
const open = async (processes: Readonly<Record<number, Process>>): Promise<ProcessUse> => {
  tree = await createFileTree(files(processes));
  const isForeign = (commandLine: readonly string[]): boolean => commandLine.some((word) => word.startsWith('speech'));
  return new ProcessUse({ procFolder: tree.folder, pageBytes: 4_096, ownPid: 1, isForeign });
};

test('a tree is its root and all below, also what other threads started', async () => {
  const use = await open({
    20: { children: [21], others: [22], ticks: 0, pages: 100 },
    21: { children: [23], ticks: 0, pages: 10 },
    22: { ticks: 0, pages: 1 },
    23: { ticks: 0, pages: 1_000 },
    30: { ticks: 0, pages: 7 },
  });
  const servers = [
    { id: 'a', pid: 20 },
    { id: 'b', pid: 30 },
  ];
  expect(use.read(servers, 0)).toEqual(
    new Map([
      [20, { rssBytes: 1_111 * 4_096, corePercent: null }],
      [30, { rssBytes: 7 * 4_096, corePercent: null }],
    ]),
  );
});

test('CPU is what the processes used since the reading before; a new one begins with nothing', async () => {
  const use = await open({ 20: { ticks: 500, pages: 1 } });
  const servers = [{ id: 'a', pid: 20 }];
  use.read(servers, 1_000);
  await tree?.write(files({ 20: { children: [21], ticks: 650, pages: 1 }, 21: { ticks: 9_000, pages: 1 } }));
  // 1.5 s of processor time in 2 s.
  expect(use.read(servers, 3_000).get(20)).toEqual({ rssBytes: 2 * 4_096, corePercent: 75 });
  await tree?.write(files({ 20: { children: [21], ticks: 650, pages: 1 }, 21: { ticks: 9_100, pages: 1 } }));
  expect(use.read(servers, 4_000).get(20)?.corePercent).toBe(100);
});

test('a server that has ended has no figures, and another with its number begins anew', async () => {
  const use = await open({ 20: { ticks: 500, pages: 1 } });
  const servers = [{ id: 'a', pid: 20 }];
  use.read(servers, 0);
  await tree?.remove('20');
  expect(use.read(servers, 1_000)).toEqual(new Map());
  await tree?.write(files({ 20: { ticks: 900, pages: 2, start: 77 } }));
  expect(use.read(servers, 2_000).get(20)).toEqual({ rssBytes: 2 * 4_096, corePercent: null });
});

test('what is ours is everything below us but servers, known ones and such as only look like one', async () => {
  const use = await open({
    1: { children: [2, 3, 5], ticks: 0, pages: 1 },
    2: { ticks: 0, pages: 10 },
    3: { children: [4], ticks: 0, pages: 100, commandLine: 'guard' },
    4: { ticks: 0, pages: 1_000 },
    5: { children: [6], ticks: 0, pages: 10_000, commandLine: 'node\0speech.js' },
    6: { ticks: 0, pages: 100_000 },
  });
  expect(use.ownChildrenRssBytes([{ id: 'a', pid: 4 }], 0)).toBe(110 * 4_096);
});

test('a process that is a corpse, or whose name looks like fields, is told right', () => {
  expect(parseProcessStat('7 (x) Z 1 7 7 0 -1 0 0 0 0 0 5 5 0 0 20 0 1 0 9 0 3')).toBeNull();
  expect(parseProcessStat('7 (a) S 9) R 1 7 7 0 -1 0 0 0 0 0 5 6 0 0 20 0 1 0 9 0 3')).toEqual({
    ...{ pid: 7, cpuTicks: 11, startTicks: 9, rssPages: 3 },
  });
  expect(parseProcessStat('')).toBeNull();
  expect(parseProcessStat('7 (x) S 1')).toBeNull();
});
