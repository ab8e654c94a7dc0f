import { chmod, mkdtemp, readdir, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultDataDir, networkFileSystemAt, prepareDataDir } from './paths.ts';

describe('defaultDataDir', () => {
  const cases: [NodeJS.Platform, Record<string, string>, string, string][] = [
    ['linux', {}, '/home/mia', '/home/mia/.local/share/nightshift'],
    ['linux', { XDG_DATA_HOME: '/data/mia' }, '/home/mia', '/data/mia/nightshift'],
    ['linux', { XDG_DATA_HOME: 'relative' }, '/home/mia', '/home/mia/.local/share/nightshift'],
    ['linux', { XDG_DATA_HOME: '' }, '/home/mia', '/home/mia/.local/share/nightshift'],
    ['freebsd', {}, '/home/mia', '/home/mia/.local/share/nightshift'],
    ['darwin', { XDG_DATA_HOME: '/data' }, '/Users/mia', '/Users/mia/Library/Application Support/Nightshift'],
    ['win32', { APPDATA: 'C:\\Users\\mia\\AppData\\Roaming' }, 'C:\\Users\\mia', 'C:\\Users\\mia\\AppData\\Roaming\\Nightshift'],
    ['win32', {}, 'C:\\Users\\mia', 'C:\\Users\\mia\\AppData\\Roaming\\Nightshift'],
    ['linux', { NIGHTSHIFT_DATA_DIR: '/mnt/night', XDG_DATA_HOME: '/data' }, '/home/mia', '/mnt/night'],
    ['win32', { NIGHTSHIFT_DATA_DIR: 'D:\\night' }, 'C:\\Users\\mia', 'D:\\night'],
    ['linux', { NIGHTSHIFT_DATA_DIR: '' }, '/home/mia', '/home/mia/.local/share/nightshift'],
  ];
  it.each(cases)('%s %j %s → %s', (platform, env, home, expected) => {
    expect(defaultDataDir(platform, env, home)).toBe(expected);
  });
});

describe('networkFileSystemAt', () => {
  const mounts = [
    '/dev/sda1 / ext4 rw,relatime 0 0',
    'server:/export /home nfs4 rw,vers=4.2 0 0',
    '/dev/sdb1 /home/mia/local ext4 rw 0 0',
    '//nas/My\\040Files /mnt/My\\040Files cifs rw 0 0',
    'sshfs /mnt/far fuse.sshfs rw 0 0',
    'server:/old /over nfs rw 0 0',
    '/dev/sdc1 /over xfs rw 0 0',
    '',
  ].join('\n');
  it.each([
    ['/var/lib/x', null],
    ['/home/mia/.local/share/nightshift', 'nfs4'],
    ['/home', 'nfs4'],
    ['/homestead', null],
    ['/home/mia/local/nightshift', null],
    ['/mnt/My Files/night', 'cifs'],
    ['/mnt/far/night', 'fuse.sshfs'],
    ['/over/night', null],
  ])('%s → %s', (path, expected) => {
    expect(networkFileSystemAt(mounts, path)).toBe(expected);
  });
});

describe('prepareDataDir', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'nightshift-paths-')));
  });
  afterEach(async () => {
    await chmod(folder, 0o700);
    await rm(folder, { recursive: true });
  });

  it('creates missing folders for this user only, leaves nothing in it, and takes it again', async () => {
    const path = join(folder, 'deep', '데이터');
    expect(await prepareDataDir(path)).toBe(path);
    expect(await prepareDataDir(path)).toBe(path);
    expect(await readdir(path)).toEqual([]);
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it.skipIf(process.platform === 'win32')('gives the real path of a linked folder', async () => {
    await symlink(folder, join(folder, 'link'));
    expect(await prepareDataDir(join(folder, 'link'))).toBe(folder);
  });

  it('refuses a file, and a folder below a file', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(prepareDataDir(file)).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
      data: { path: file, reason: 'notFolder' },
    });
    await expect(prepareDataDir(join(file, 'below'))).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
  });

  it.skipIf(process.platform !== 'linux')('refuses a folder that cannot be written, even by root', async () => {
    await expect(prepareDataDir('/proc/self')).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
      data: { path: '/proc/self', reason: 'notWritable' },
    });
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('refuses a read-only folder', async () => {
    await chmod(folder, 0o500);
    await expect(prepareDataDir(folder)).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
  });
});
