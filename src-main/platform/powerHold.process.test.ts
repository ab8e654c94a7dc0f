import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Logger } from '../core/ports.ts';
import { checkLeaks } from '../testing/leakCheck.ts';
import { silentLogger } from '../testing/silentLogger.ts';
import { createStandIn, type StandIn } from '../testing/standIn.ts';
import { createPowerHold, powerHoldCommands } from './powerHold.ts';

checkLeaks();

/** Like systemd-inhibit: runs the command after its own options and ends with it. Leaves a file with its process id while it runs. */
const INHIBIT = `
echo "$@" >> "$HERE/calls"
while case "$1" in --*) true;; *) false;; esac; do shift; done
touch "$HERE/running-$$"
trap 'rm -f "$HERE/running-$$"; exit 0' TERM
"$@"
rm -f "$HERE/running-$$"`;

describe.skipIf(process.platform !== 'linux')('createPowerHold', () => {
  let standIn: StandIn | null = null;
  afterEach(async () => {
    await standIn?.remove();
    standIn = null;
  });
  const running = async (): Promise<number> => (await readdir(standIn?.folder ?? '')).filter((name) => name.startsWith('running-')).length;

  it('runs one child from the first hold to the last, and again for the next', async () => {
    standIn = await createStandIn('systemd-inhibit', INHIBIT);
    const power = createPowerHold({ logger: silentLogger, env: standIn.env });
    const first = power.acquire('run 1 is working');
    const second = power.acquire('run 2 is working');
    await expect.poll(running).toBe(1);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(await running()).toBe(1);
    second[Symbol.dispose]();
    await expect.poll(running).toBe(0);
    using _third = power.acquire('run 3 is working');
    await expect.poll(running).toBe(1);
    const calls = (await readFile(join(standIn.folder, 'calls'), 'utf8')).trimEnd().split('\n');
    expect(calls).toEqual([1, 3].map((run) => `--what=idle:sleep --who=Nightshift --why=run ${run} is working --mode=block cat`));
    _third[Symbol.dispose]();
    await expect.poll(running).toBe(0);
  });

  it('ends with its owner even when that is killed', async () => {
    standIn = await createStandIn('systemd-inhibit', INHIBIT);
    const script = `
      import { createPowerHold } from ${JSON.stringify(join(import.meta.dirname, 'powerHold.ts'))};
      const logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
      createPowerHold({ logger }).acquire('test');
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], { env: standIn.env, stdio: 'ignore' });
    await expect.poll(running).toBe(1);
    owner.kill('SIGKILL');
    await expect.poll(running).toBe(0);
  });

  it('asks for less where sleep may not be inhibited', async () => {
    standIn = await createStandIn('systemd-inhibit', `case "$1" in *sleep*) exit 1;; esac\n${INHIBIT}`);
    const power = createPowerHold({ logger: silentLogger, env: standIn.env });
    const hold = power.acquire('test');
    await expect.poll(running).toBe(1);
    expect(await readFile(join(standIn.folder, 'calls'), 'utf8')).toMatch(/^--what=idle --who/);
    hold[Symbol.dispose]();
    await expect.poll(running).toBe(0);
  });

  it.each([
    ['is missing', null],
    ['refuses', 'exit 1'],
  ])('says once that the tool %s and goes on', async (_name, script) => {
    standIn = await createStandIn(script === null ? 'something-else' : 'systemd-inhibit', script ?? 'exit 0');
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
    // Absolute shell in the stand-in's first line, so a PATH of nothing else is enough.
    const power = createPowerHold({ logger, env: { ...process.env, PATH: standIn.folder } });
    const hold = power.acquire('test');
    await expect.poll(() => warnings.length).toBe(1);
    hold[Symbol.dispose]();
    let debugs = 0;
    const again = createPowerHold({ logger: { ...logger, debug: () => (debugs += 1) }, env: { ...process.env, PATH: standIn.folder } });
    again.acquire('a')[Symbol.dispose]();
    using _hold = again.acquire('b');
    await expect.poll(() => warnings.length).toBe(2);
    _hold[Symbol.dispose]();
    const third = again.acquire('c');
    await expect.poll(() => debugs).toBeGreaterThanOrEqual(4);
    expect(warnings.length).toBe(2);
    third[Symbol.dispose]();
  });
});

it('has a command for each system that ends with its owner, and none elsewhere', () => {
  expect(powerHoldCommands('darwin', 42, 'x')).toEqual([['caffeinate', '-i', '-w', '42']]);
  expect(powerHoldCommands('win32', 42, 'x')[0]?.[0]).toBe('powershell.exe');
  expect(powerHoldCommands('linux', 42, 'x').map((command) => command.at(-1))).toEqual(['cat', 'cat']);
  expect(powerHoldCommands('freebsd', 42, 'x')).toEqual([]);
});
