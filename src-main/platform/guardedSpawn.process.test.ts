import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { createFakeRandom } from '#main/testing/fakeRandom.ts';
import { findTree } from './processTable.ts';
import { createSpawner } from './spawner.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';

checkLeaks(20_000);
const onLinux = describe.skipIf(process.platform !== 'linux');
const STUBBORN = fileURLToPath(new URL('../testing/stubbornServer.ts', import.meta.url));
const ROOT = new URL('../../', import.meta.url);
const spawner = createSpawner();

/** `200` for the long run; a change is checked with 20. */
const KILLS = Number(process.env['NIGHTSHIFT_KILLS'] ?? 20);

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
}

async function allGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await delay(10);
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input: stream });
  const [line] = (await once(lines, 'line')) as [string];
  lines.close();
  stream.resume();
  return line;
}

/** Everything below the guard of an instance, and the guard itself. */
async function marked(instance: string): Promise<{ guard: number | null; all: number[] }> {
  const { processes } = await findTree({ pid: null, mark: `NIGHTSHIFT_INSTANCE=${instance}` });
  const all = processes.map(({ pid }) => pid);
  const isGuard = (pid: number): boolean => {
    try {
      return /programs\/guard\/main/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
    } catch {
      return false;
    }
  };
  return { guard: all.find(isGuard) ?? null, all };
}

/** An owner in a process of its own, with one server; prints what the server printed. */
function startOwner(instance: string, serverArgs: readonly string[]): ChildProcess & { stdout: NodeJS.ReadableStream } {
  const script = `
    const { createSpawner } = await import('./src-main/platform/spawner.ts');
    const server = await createSpawner().spawnServer({
      run: { command: process.execPath }, args: ${JSON.stringify([STUBBORN, ...serverArgs])}, instance: ${JSON.stringify(instance)} });
    server.stdout.on('data', (part) => process.stdout.write(part));
    console.error(JSON.stringify(await server.exited));
    setInterval(() => undefined, 1_000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  return owner as ChildProcess & { stdout: NodeJS.ReadableStream };
}

async function killAndWait(owner: ChildProcess): Promise<void> {
  const gone = once(owner, 'exit');
  owner.kill('SIGKILL');
  await gone;
}

onLinux('a server that ignores everything, with a grandchild of its own session', () => {
  test('goes when its owner is killed', async () => {
    const owner = startOwner('orphan-1', []);
    const pids = JSON.parse(await firstLine(owner.stdout)) as number[];
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    await killAndWait(owner);
    await allGone(pids);
    while ((await marked('orphan-1')).all.length > 0) await delay(10);
  });

  test('goes when its guard is killed, and the owner is told', async () => {
    const owner = startOwner('orphan-2', []);
    const pids = JSON.parse(await firstLine(owner.stdout)) as number[];
    const { guard } = await marked('orphan-2');
    process.kill(guard ?? 0, 'SIGKILL');
    if (owner.stderr === null) throw new Error('not piped');
    expect(JSON.parse(await firstLine(owner.stderr))).toEqual({ code: null, signal: 'SIGKILL', isGuardLost: true });
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    await killAndWait(owner);
  });

  test('is found by its token at the next start when owner and guard were killed together, and nobody knew its pid', async () => {
    const owner = startOwner('orphan-3', []);
    const pids = JSON.parse(await firstLine(owner.stdout)) as number[];
    const { guard } = await marked('orphan-3');
    process.kill(guard ?? 0, 'SIGKILL');
    await killAndWait(owner);
    expect(isAlive(pids[2] ?? 0)).toBe(true);
    expect(await spawner.endLeftServer({ pid: null, processStartId: null, instance: 'orphan-3' })).toBe(true);
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    expect(await spawner.endLeftServer({ pid: null, processStartId: null, instance: 'orphan-3' })).toBe(false);
  });

  test('is ended by force when asked to stop, with everything it started', async () => {
    const server = await spawner.spawnServer({ run: { command: process.execPath }, args: [STUBBORN], instance: 'orphan-4' });
    const pids = JSON.parse(await firstLine(server.stdout)) as number[];
    expect(server.pid).toBe(pids[0]);
    expect(await server.terminate(100)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(pids.map(isAlive)).toEqual([false, false, false]);
  });

  test('is ended by its owner when the guard hangs', async () => {
    const server = await spawner.spawnServer({ run: { command: process.execPath }, args: [STUBBORN], instance: 'orphan-5' });
    const pids = JSON.parse(await firstLine(server.stdout)) as number[];
    const { guard } = await marked('orphan-5');
    process.kill(guard ?? 0, 'SIGSTOP');
    expect(await server.terminate(10)).toMatchObject({ signal: 'SIGKILL' });
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    expect((await marked('orphan-5')).all).toEqual([]);
  });

  test('is given up when its guard hangs before it has said that the server started', async () => {
    const abort = new AbortController();
    const starting = spawner.spawnServer({ run: { command: process.execPath }, args: [STUBBORN], instance: 'orphan-6' }, abort.signal);
    const failure = starting.catch((error: unknown) => error);
    let guard: number | null = null;
    while (guard === null) ({ guard } = await marked('orphan-6'));
    process.kill(guard, 'SIGSTOP');
    abort.abort(new NightshiftError('SERVER_START_TIMEOUT', {}));
    expect(await failure).toMatchObject({ code: 'SERVER_START_TIMEOUT' });
    expect((await marked('orphan-6')).all).toEqual([]);
  });

  test('a number that belongs to somebody else by now is left alone', async () => {
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1_000)'], { stdio: 'ignore', detached: true });
    const left = { pid: stranger.pid ?? 0, processStartId: 'another', instance: 'nobody' };
    expect(await spawner.endLeftServer(left)).toBe(false);
    expect(isAlive(left.pid)).toBe(true);
    await killAndWait(stranger);
  });
});

test('what a server leaves behind when it ends by itself is ended, and its exit code is told', async () => {
  const script = `const c = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
    process.stdout.write(c.pid + '\\n', () => process.exit(7));`;
  const server = await spawner.spawnServer({ run: { command: process.execPath }, args: ['-e', script], instance: 'leaver' });
  const child = Number(await firstLine(server.stdout));
  expect(await server.exited).toEqual({ code: 7, signal: null });
  expect(await server.terminate(100)).toEqual({ code: 7, signal: null });
  if (process.platform === 'linux') await allGone([child]);
});

test('a command or a folder that is not there is named', async () => {
  const missing = spawner.spawnServer({ run: { command: 'no-such-program' }, args: [], instance: 'x' });
  await expect(missing).rejects.toMatchObject({
    code: 'SERVER_COMMAND_MISSING',
    data: { detail: expect.stringContaining('no-such-program') },
  });
  const nowhere = spawner.spawnServer({ run: { command: process.execPath }, args: [], cwd: '/no/such/folder', instance: 'x' });
  await expect(nowhere).rejects.toMatchObject({
    code: 'SERVER_COMMAND_MISSING',
    data: { detail: expect.stringContaining('/no/such/folder') },
  });
});

test('a secret for the server is in its environment and not in that of the guard', async () => {
  const script =
    'process.stdout.write(process.env.MY_API_KEY + " " + (process.env.ELECTRON_RUN_AS_NODE ?? "none") + "\\n", () => setInterval(() => 0, 1000))';
  const server = await spawner.spawnServer({
    run: { command: process.execPath },
    args: ['-e', script],
    env: { MY_API_KEY: 'sesame' },
    instance: 'secretive',
  });
  expect(await firstLine(server.stdout)).toBe('sesame none');
  if (process.platform === 'linux') {
    const { guard } = await marked('secretive');
    expect(readFileSync(`/proc/${guard}/environ`, 'latin1')).not.toContain('sesame');
  }
  await server.terminate(1_000);
});

onLinux('a server that obeys, with a child that does not and has neither its session nor its environment', () => {
  test('takes that child with it', async () => {
    const child = "process.on('SIGTERM', () => 0); setInterval(() => 0, 1_000); console.log(process.pid)";
    const script = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { detached: true, env: {}, stdio: ['ignore', 'inherit', 'ignore'] });
      setInterval(() => 0, 1_000);`;
    const server = await spawner.spawnServer({ run: { command: process.execPath }, args: ['-e', script], instance: 'forgetful' });
    const pid = Number(await firstLine(server.stdout));
    expect(await server.terminate(500)).toEqual({ code: null, signal: 'SIGTERM' });
    expect(isAlive(pid)).toBe(false);
  });
});

onLinux(`${KILLS} random kills`, () => {
  test('leave no process, at once or after the next start', async () => {
    const random = createFakeRandom(5);
    let orphans = 0;
    const counts = { owner: 0, guard: 0, both: 0, beforeTheServerWasUp: 0, slowestNextStartMs: 0 };
    for (let kill = 0; kill < KILLS; kill += 1) {
      const instance = `chaos-${process.pid}-${kill}`;
      const victim = (['owner', 'guard', 'both'] as const)[Math.floor(random.ratio() * 3)] ?? 'both';
      const owner = startOwner(instance, random.ratio() < 0.5 ? ['--obeys'] : []);
      let isUp = false;
      const up = firstLine(owner.stdout).then(
        () => (isUp = true),
        () => false,
      );
      // Half of them while it is being started, half just after.
      await Promise.race([up, delay(random.ratio() < 0.5 ? random.ratio() * 800 : 20_000)]);
      if (!isUp) counts.beforeTheServerWasUp += 1;
      counts[victim] += 1;
      const { guard } = await marked(instance);
      if (victim !== 'owner' && guard !== null) process.kill(guard, 'SIGKILL');
      // Without a guard yet there is nothing but the owner to kill.
      if (victim !== 'guard' || guard === null) await killAndWait(owner);
      if (victim === 'guard' && guard !== null) {
        // The owner lives and must see to it.
        for (let look = 0; look < 500 && (await marked(instance)).all.length > 0; look += 1) await delay(10);
      } else {
        const sinceMs = performance.now();
        await spawner.endLeftServer({ pid: null, processStartId: null, instance });
        counts.slowestNextStartMs = Math.max(counts.slowestNextStartMs, Math.round(performance.now() - sinceMs));
      }
      orphans += (await marked(instance)).all.length;
      if (owner.exitCode === null && owner.signalCode === null) await killAndWait(owner);
    }
    process.stdout.write(`random kills: ${KILLS} ${JSON.stringify(counts)}, orphans: ${orphans}\n`);
    expect(orphans).toBe(0);
  }, 600_000);
});
