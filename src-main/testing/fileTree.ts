import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder with files of these contents, in the way the kernel shows its own: a line end behind each value. */
export interface FileTree {
  readonly folder: string;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  remove(path?: string): Promise<void>;
}

export async function createFileTree(files: Readonly<Record<string, string>>): Promise<FileTree> {
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-tree-'));
  const write = async (contents: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, text] of Object.entries(contents)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), `${text}\n`);
    }
  };
  await write(files);
  return { folder, write, remove: (path = '') => rm(join(folder, path), { recursive: true }) };
}
