import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileStore } from '../core/ports.ts';

export interface FileStoreUnderTest {
  readonly files: FileStore;
  /** An empty folder. */
  readonly folder: string;
  dispose(): Promise<void>;
}

/** What every FileStore does; run against the system's files and those in memory. */
export function describeFileStore(name: string, create: () => Promise<FileStoreUnderTest>): void {
  describe(`FileStore: ${name}`, () => {
    let under: FileStoreUnderTest;
    const at = (...parts: string[]): string => join(under.folder, ...parts);
    beforeEach(async () => {
      under = await create();
    });
    afterEach(async () => await under.dispose());

    it('reads back what was written, whole and replaced', async () => {
      const { files } = under;
      await files.writeTextAtomic(at('a.json'), 'one');
      await files.writeTextAtomic(at('a.json'), 'zwölf 열둘 🌙');
      expect(await files.readText(at('a.json'))).toBe('zwölf 열둘 🌙');
      expect(await files.listFolder(under.folder)).toEqual([{ name: 'a.json', isFolder: false }]);
    });

    it('keeps the last of several writes to one path that were not waited for', async () => {
      const { files } = under;
      await Promise.all(Array.from({ length: 20 }, (_, index) => files.writeTextAtomic(at('a.txt'), String(index))));
      expect(await files.readText(at('a.txt'))).toBe('19');
    });

    it('tells files, folders and nothing apart', async () => {
      const { files } = under;
      await files.ensureFolder(at('sub', 'deep'));
      await files.ensureFolder(at('sub', 'deep'));
      await files.writeTextAtomic(at('sub', 'é.txt'), 'é');
      expect(await files.stat(at('sub', 'é.txt'))).toMatchObject({ sizeBytes: 2, isFile: true, isFolder: false });
      expect(await files.stat(at('sub'))).toMatchObject({ isFile: false, isFolder: true });
      expect(await files.stat(at('nothing'))).toBeNull();
      expect(await files.stat(at('sub', 'é.txt', 'below a file'))).toBeNull();
      expect(await files.listFolder(at('sub'))).toEqual([
        { name: 'deep', isFolder: true },
        { name: 'é.txt', isFolder: false },
      ]);
      expect(await files.realPath(at('sub', '..', 'sub', 'deep'))).toBe(await files.realPath(at('sub', 'deep')));
    });

    it('names what is wrong by code', async () => {
      const { files } = under;
      await files.ensureFolder(at('folder'));
      await files.writeTextAtomic(at('file'), 'x');
      await expect(files.readText(at('nothing'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
      await expect(files.readText(at('folder'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
      await expect(files.listFolder(at('nothing'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
      await expect(files.listFolder(at('file'))).rejects.toMatchObject({ code: 'FOLDER_UNREADABLE' });
      await expect(files.realPath(at('nothing'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
      await expect(files.ensureFolder(at('file', 'below'))).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    });

    it('refuses a folder, and a file in a folder that is not there, as a place to write', async () => {
      const { files } = under;
      await files.ensureFolder(at('folder'));
      await expect(files.writeTextAtomic(at('folder'), 'x')).rejects.toMatchObject({
        code: 'OUTPUT_UNWRITABLE',
        data: { path: at('folder'), detail: expect.any(String) },
      });
      await expect(files.writeTextAtomic(at('missing', 'a.json'), 'x')).rejects.toMatchObject({
        code: 'OUTPUT_UNWRITABLE',
        data: { path: at('missing', 'a.json') },
      });
      expect(await files.listFolder(under.folder)).toEqual([{ name: 'folder', isFolder: true }]);
    });

    it('gives the last lines, without their ends', async () => {
      const { files } = under;
      await files.writeTextAtomic(at('log'), 'one\r\ntwo\n\nvier 넷\n');
      expect(await files.tailLines(at('log'), 2)).toEqual(['', 'vier 넷']);
      expect(await files.tailLines(at('log'), 99)).toEqual(['one', 'two', '', 'vier 넷']);
      expect(await files.tailLines(at('log'), 0)).toEqual([]);
      expect(await files.tailLines(at('nothing'), 5)).toEqual([]);
      await files.writeTextAtomic(at('log'), 'no end');
      expect(await files.tailLines(at('log'), 5)).toEqual(['no end']);
    });

    it('rotates a log: whole lines in order, at most so many files of so many bytes, the oldest lines gone', async () => {
      const { files } = under;
      const log = files.openLog(at('x.log'), 100, 3);
      for (let line = 100; line < 200; line += 1) log.write(`line ${line}\n`);
      await log.close();
      log.write('after the end\n');
      const names = ['x.log', 'x.log.1', 'x.log.2'];
      expect((await files.listFolder(under.folder)).map((entry) => entry.name)).toEqual(names);
      const texts = await Promise.all(names.map((file) => files.readText(at(file))));
      for (const text of texts) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(100);
      const lines = texts.toReversed().join('').trimEnd().split('\n');
      expect(lines).toEqual(Array.from({ length: lines.length }, (_, index) => `line ${200 - lines.length + index}`));
      expect(lines.length).toBeGreaterThanOrEqual(20);
    });

    it('goes on with a log that is there already', async () => {
      const { files } = under;
      for (const line of ['first\n', 'second\n']) {
        const log = files.openLog(at('x.log'), 1_000, 2);
        log.write(line);
        await log.close();
      }
      expect(await files.readText(at('x.log'))).toBe('first\nsecond\n');
    });
  });
}
