import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeFileStore } from '../testing/fileStore.suite.ts';
import { createMemoryFileStore } from '../testing/memoryFileStore.ts';
import { createFileStore, toWriteFailure } from './fileStore.ts';

/** Runs a command with mounts of its own (util-linux). */
const UNSHARE = 'unshare';

async function temporaryFolder(): Promise<string> {
  return await realpath(await mkdtemp(join(tmpdir(), 'nightshift-files-')));
}

describeFileStore('of the system', async () => {
  const folder = await temporaryFolder();
  return { files: createFileStore(), folder, dispose: () => rm(folder, { recursive: true }) };
});
describeFileStore('in memory', async () => ({
  files: createMemoryFileStore({ folders: ['/work'] }),
  folder: '/work',
  dispose: () => Promise.resolve(),
}));

describe('on a real disk', () => {
  let folder: string;
  const files = createFileStore();
  const at = (name: string): string => join(folder, name);
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => await rm(folder, { recursive: true }));

  it.skipIf(process.platform === 'win32')('keeps the mode of a replaced file', async () => {
    await writeFile(at('a.json'), 'old');
    await chmod(at('a.json'), 0o640);
    await files.writeTextAtomic(at('a.json'), 'new');
    expect((await stat(at('a.json'))).mode & 0o7777).toBe(0o640);
  });

  it.skipIf(process.platform === 'win32')('replaces what a link points to, not the link', async () => {
    await writeFile(at('real.json'), 'old');
    await symlink('real.json', at('link.json'));
    await files.writeTextAtomic(at('link.json'), 'new');
    expect(await readFile(at('real.json'), 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['link.json', 'real.json']);
  });

  it.skipIf(process.platform === 'win32')('lists a link to a folder as a folder and a dangling one as none', async () => {
    await symlink('.', at('loop'));
    await symlink('nowhere', at('dangling'));
    expect(await files.listFolder(folder)).toEqual([
      { name: 'dangling', isFolder: false },
      { name: 'loop', isFolder: true },
    ]);
  });

  it.skipIf(process.platform === 'win32')('never replaces a device', async () => {
    await expect(files.writeTextAtomic('/dev/null', 'x')).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('leaves a read-only file and folder as they are', async () => {
    await writeFile(at('kept.json'), 'old', { mode: 0o400 });
    await expect(files.writeTextAtomic(at('kept.json'), 'new')).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    await chmod(folder, 0o500);
    await expect(files.writeTextAtomic(at('new.json'), 'new')).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
    await chmod(folder, 0o700);
    expect(await readFile(at('kept.json'), 'utf8')).toBe('old');
  });

  const canMount = process.platform === 'linux' && tryMount();
  it.skipIf(!canMount)(
    `keeps the old content on a full disk and leaves nothing beside it${canMount ? '' : ' (skipped: may not mount)'}`,
    async () => {
      const script = `
      import { createFileStore } from ${JSON.stringify(join(import.meta.dirname, 'fileStore.ts'))};
      import { readFileSync, readdirSync } from 'node:fs';
      const files = createFileStore();
      const path = process.argv[1] + '/a.json';
      await files.writeTextAtomic(path, 'old');
      const log = files.openLog(process.argv[1] + '/x.log', 1 << 20, 2);
      const error = await files.writeTextAtomic(path, 'x'.repeat(2_000_000)).catch((thrown) => thrown);
      log.write('y'.repeat(1_000_000));
      log.write('z');
      await log.close();
      console.log(JSON.stringify({ code: error.code, path: error.data.path === path, text: readFileSync(path, 'utf8'), names: readdirSync(process.argv[1]) }));`;
      await writeFile(at('full.mjs'), script);
      const mounted = at('mounted');
      await files.ensureFolder(mounted);
      const answer = execFileSync(
        UNSHARE,
        [
          '-m',
          'sh',
          '-c',
          'mount -t tmpfs -o size=256k none "$1" && exec "$2" --input-type=module -e "$(cat "$3")" "$1"',
          'sh',
          mounted,
          process.execPath,
          at('full.mjs'),
        ],
        { encoding: 'utf8' },
      );
      expect(JSON.parse(answer)).toEqual({ code: 'DISK_FULL', path: true, text: 'old', names: ['a.json', 'x.log'] });
    },
  );

  it('says DISK_FULL for no room and no quota, OUTPUT_UNWRITABLE for the rest', () => {
    const codeOf = (name: string): string => toWriteFailure('/p', Object.assign(new Error(name), { code: name })).code;
    expect(['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EISDIR', 'ENOENT', 'EIO'].map(codeOf)).toEqual([
      'DISK_FULL',
      'DISK_FULL',
      ...Array.from({ length: 5 }, () => 'OUTPUT_UNWRITABLE'),
    ]);
  });

  it('reads only the end of a big file and never half a character', async () => {
    // 3-byte characters and an odd block size: most block borders fall inside one.
    const line = `${'한'.repeat(30)}-`;
    const text = Array.from({ length: 20_000 }, (_, index) => `${line}${index}`).join('\n');
    await writeFile(at('big.log'), text);
    const last = await files.tailLines(at('big.log'), 3_000);
    expect(last).toEqual(Array.from({ length: 3_000 }, (_, index) => `${line}${17_000 + index}`));
    await writeFile(at('one-line.log'), '한'.repeat(2_000_000));
    const [cut] = await files.tailLines(at('one-line.log'), 1);
    expect(cut).toMatch(/^한{1000000,1400000}$/);
  });

  it('cuts a log entry that is longer than a file between two characters', async () => {
    const log = files.openLog(at('x.log'), 10, 9);
    log.write('가나다라마바사');
    await log.close();
    const names = (await readdir(folder)).toSorted().toReversed();
    const texts = await Promise.all(names.map((name) => readFile(at(name), 'utf8')));
    expect(texts).toEqual(['가나다', '라마바', '사']);
  });

  it('loses no line when the process ends without closing the log', async () => {
    const script = `
      import { createFileStore } from ${JSON.stringify(join(import.meta.dirname, 'fileStore.ts'))};
      const log = createFileStore().openLog(process.argv[1], 1 << 20, 2);
      for (let line = 0; line < 1000; line += 1) log.write(line + '\\n');
      if (process.argv[2] === 'later') { await new Promise(setImmediate); for (let line = 1000; line < 1100; line += 1) log.write(line + '\\n'); }
      process.exit(0);`;
    for (const when of ['now', 'later']) {
      execFileSync(process.execPath, ['--input-type=module', '-e', script, at(`${when}.log`), when]);
      const lines = (await readFile(at(`${when}.log`), 'utf8')).trimEnd().split('\n');
      expect(lines).toEqual(Array.from({ length: when === 'now' ? 1_000 : 1_100 }, (_, line) => String(line)));
    }
  });

  it('goes on logging after its folder was away', async () => {
    const log = files.openLog(at('later/x.log'), 1_000, 2);
    log.write('lost\n');
    await expect
      .poll(async () => {
        await files.ensureFolder(at('later'));
        log.write('kept\n');
        return (await files.tailLines(at('later/x.log'), 1))[0];
      })
      .toBe('kept');
    await log.close();
  });
});

function tryMount(): boolean {
  try {
    execFileSync(UNSHARE, ['-m', 'sh', '-c', 'mount -t tmpfs none /mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
