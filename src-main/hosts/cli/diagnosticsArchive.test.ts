import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeBundle } from './diagnosticsArchive.ts';

const FILES = [
  { name: 'a.json', text: '{"x":1}\n' },
  { name: 'empty.jsonl', text: '' },
  { name: 'b.log', text: 'ü '.repeat(5_000) },
];
/** Reads an archive with a reader that is not ours. */
const PYTHON = `
import sys, zipfile, tarfile
path = sys.argv[1]
if path.endswith('.zip'):
    archive = zipfile.ZipFile(path); assert archive.testzip() is None
    for name in archive.namelist(): print(name, len(archive.read(name).decode()))
else:
    archive = tarfile.open(path)
    for entry in archive: print(entry.name, len(archive.extractfile(entry).read().decode()))
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-bundle-'));
});
afterEach(() => rm(folder, { recursive: true }));

test.each(['b.zip', 'b.tar.gz'])('%s is read by others', async (name) => {
  const path = join(folder, name);
  await writeBundle(path, FILES);
  const read = execFileSync('python3', ['-c', PYTHON, path], { encoding: 'utf8' });
  expect(read.trim().split('\n')).toEqual(['a.json 8', 'empty.jsonl 0', 'b.log 10000']);
  expect((await stat(path)).mode & 0o077).toBe(0);
});

test('a name without a known ending is a new folder', async () => {
  await writeBundle(join(folder, 'bundle'), FILES);
  expect(await readFile(join(folder, 'bundle', 'a.json'), 'utf8')).toBe('{"x":1}\n');
});

test('what is there is not touched', async () => {
  await writeBundle(join(folder, 'b.zip'), FILES);
  await expect(writeBundle(join(folder, 'b.zip'), [])).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
  await expect(writeBundle(folder, [])).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
  await expect(writeBundle(join(folder, 'none', 'b.zip'), [])).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
});
