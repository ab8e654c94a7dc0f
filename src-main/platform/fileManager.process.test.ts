import { chmod, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '#shared/testing/eventually.ts';
import { hasFileManager, openInFileManager, placeToOpen, type FileManagerOptions } from './fileManager.ts';

let folder: string;
let options: FileManagerOptions;
let calls: () => Promise<string>;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'nightshift-open-')));
  const log = join(folder, 'calls');
  const program = join(folder, 'bin', 'xdg-open');
  await mkdir(join(folder, 'bin'));
  // Written whole and renamed into place, so that a reader never sees half.
  await writeFile(program, `#!/bin/sh\nprintf '%s|' "$#" "$@" > "${log}.partial" && /bin/mv "${log}.partial" "${log}"\n`);
  await chmod(program, 0o755);
  options = { platform: 'linux', env: { PATH: join(folder, 'bin'), DISPLAY: ':7' } };
  calls = () => readFile(log, 'utf8');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('hasFileManager', () => {
  it('needs xdg-open and a display on Linux', () => {
    const { env } = options;
    expect(hasFileManager(options)).toBe(true);
    expect(hasFileManager({ platform: 'linux', env: { PATH: env['PATH'], WAYLAND_DISPLAY: 'wayland-0' } })).toBe(true);
    expect(hasFileManager({ platform: 'linux', env: { PATH: env['PATH'], DISPLAY: '' } })).toBe(false);
    expect(hasFileManager({ platform: 'linux', env: { PATH: folder, DISPLAY: ':7' } })).toBe(false);
    expect(hasFileManager({ platform: 'linux', env: {} })).toBe(false);
  });
});

describe.skipIf(process.platform === 'win32')('placeToOpen', () => {
  it('opens folders and nothing that could be a program, whatever it is called or linked as', async () => {
    await mkdir(join(folder, 'Night.prefPane'));
    await writeFile(join(folder, 'run'), '');
    await symlink(join(folder, 'Night.prefPane'), join(folder, 'recordings'));
    const place = (name: string, platform: NodeJS.Platform): Promise<unknown> => placeToOpen(join(folder, name), platform);
    expect(await place('', 'darwin')).toEqual({ path: folder, isOpenable: true });
    expect(await place('recordings', 'darwin')).toEqual({ path: join(folder, 'Night.prefPane'), isOpenable: false });
    expect(await place('recordings', 'linux')).toEqual({ path: join(folder, 'Night.prefPane'), isOpenable: true });
    expect(await place('run', 'linux')).toEqual({ path: join(folder, 'run'), isOpenable: false });
  });
});

describe.skipIf(process.platform === 'win32')('openInFileManager', () => {
  it('opens a folder as one argument, whatever its name', async () => {
    const path = join(folder, '$(touch pwned) "밤" --x');
    await mkdir(path);
    await openInFileManager(path, options);
    await eventually(async () => expect(await calls()).toBe(`1|${path}|`));
  });

  it('shows a file in its folder and does not start it', async () => {
    const path = join(folder, 'recording.desktop');
    await writeFile(path, 'x');
    await openInFileManager(path, options);
    await eventually(async () => expect(await calls()).toBe(`1|${folder}|`));
  });

  it('refuses what is not there, relative paths, and machines without a display', async () => {
    await expect(openInFileManager(join(folder, 'gone'), options)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(openInFileManager('results', options)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(openInFileManager(folder, { ...options, env: {} })).rejects.toMatchObject({ code: 'NOT_AVAILABLE_HERE' });
  });

  it('says so when the program cannot be started', async () => {
    await chmod(join(folder, 'bin', 'xdg-open'), 0o755);
    await writeFile(join(folder, 'bin', 'xdg-open'), '#!/no/such/shell\n');
    await expect(openInFileManager(folder, options)).rejects.toMatchObject({ code: 'NOT_AVAILABLE_HERE' });
  });
});
