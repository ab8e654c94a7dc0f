import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createStandIn, type StandIn } from '../testing/standIn.ts';
import { createDiskSpace } from './diskSpace.ts';
import { createPowerActions, powerCommands } from './powerActions.ts';

describe.skipIf(process.platform === 'win32')('power actions', () => {
  let standIn: StandIn | null = null;
  afterEach(async () => {
    await standIn?.remove();
    standIn = null;
  });
  const calls = async (): Promise<string> => await readFile(join(standIn?.folder ?? '', 'calls'), 'utf8');

  test.each([
    ['linux', 'systemctl', '--no-ask-password suspend', '--no-ask-password poweroff'],
    ['darwin', 'pmset', 'sleepnow', null],
    ['darwin', 'osascript', null, '-e tell application "System Events" to shut down'],
    ['win32', 'rundll32.exe', 'powrprof.dll,SetSuspendState 0,1,0', null],
    ['win32', 'shutdown.exe', null, '/s /t 0'],
  ] as const)('on %s through %s', async (platform, tool, sleep, shutDown) => {
    standIn = await createStandIn(tool, 'echo "$@" >> "$HERE/calls"');
    const actions = createPowerActions({ platform, env: standIn.env });
    if (sleep !== null) await actions.sleep();
    if (shutDown !== null) await actions.shutDown();
    expect(await calls()).toBe([sleep, shutDown].flatMap((call) => (call === null ? [] : [`${call}\n`])).join(''));
  });

  test('another tool is tried, and the refusal of the system is told', async () => {
    standIn = await createStandIn('loginctl', 'echo "Access denied" >&2; exit 1');
    // Nothing but the stand-in may be found: a real tool would be obeyed.
    const refused = createPowerActions({ platform: 'linux', env: { PATH: standIn.folder } }).sleep();
    await expect(refused).rejects.toMatchObject({
      code: 'POWER_ACTION_FAILED',
      data: { detail: expect.stringContaining('denied') as string },
    });
    await expect(createPowerActions({ platform: 'aix' }).shutDown()).rejects.toMatchObject({ code: 'POWER_ACTION_FAILED' });
    expect(powerCommands('aix', 'sleep')).toEqual([]);
  });

  test('a command gets its arguments as they are, and its output and exit are told', async () => {
    const actions = createPowerActions();
    const script = 'console.log(process.argv.slice(1).join("|")); console.error("on the side"); process.exitCode = 7';
    const ended = await actions.runCommand(process.execPath, ['-e', script, 'a b', '$HOME', '*']);
    expect(ended.code).toBe(7);
    expect(ended.output).toContain('a b|$HOME|*');
    expect(ended.output).toContain('on the side');
    await expect(actions.runCommand('no-such-program-here', [])).rejects.toMatchObject({ code: 'POWER_ACTION_FAILED' });
  });
});

test('the space of a disk is told also for a folder that is still to be made', async () => {
  const disks = createDiskSpace();
  const [here, later] = await Promise.all([disks.space(import.meta.dirname), disks.space(join(import.meta.dirname, 'not/yet'))]);
  expect(later?.volume).toBe(here?.volume);
  expect(here?.volume).toBe(String((await stat(import.meta.dirname)).dev));
  expect(here?.totalBytes).toBeGreaterThan(here?.freeBytes ?? Infinity);
});
