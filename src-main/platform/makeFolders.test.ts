import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolders } from './makeFolders.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-folders-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('creates what is missing, with the mode, and leaves what is there', async () => {
  await makeFolders(join(folder, 'a', 'b'), 0o700);
  await makeFolders(join(folder, 'a', 'b'));
  const info = await stat(join(folder, 'a', 'b'));
  expect([info.isDirectory(), info.mode & 0o777]).toEqual([true, 0o700]);
});

test('several at once make the same folder', async () => {
  const path = join(folder, 'x', 'y', 'z');
  await Promise.all([makeFolders(path), makeFolders(path), makeFolders(path)]);
  expect((await stat(path)).isDirectory()).toBe(true);
});

test('a file in the way is an error', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(makeFolders(join(folder, 'file', 'below'))).rejects.toMatchObject({ code: expect.stringMatching(/ENOTDIR|EEXIST/) });
});

test.runIf(process.platform === 'linux')(
  'where no folder can be made it ends with an error (mkdir -p in Node does not end below /proc)',
  async () => {
    await expect(makeFolders('/proc/nightshift/data')).rejects.toMatchObject({ code: 'ENOENT' });
  },
);
