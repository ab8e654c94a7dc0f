import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { SAMPLE_MODEL, startSpeechServer } from '#main/testing/speechServerProcess.ts';
import { createSpawner } from './spawner.ts';

checkLeaks();
const onPosix = describe.skipIf(process.platform === 'win32');
const onLinux = test.skipIf(process.platform !== 'linux');
const root = new URL('../../', import.meta.url);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A program of its own that owns a server, says its process id and that of the server, and does `then`. */
async function ownerThat(
  then: string,
): Promise<{ owner: ReturnType<typeof spawn>; serverPid: number; heard: (text: string) => Promise<void> }> {
  const script = `
    const { createSpawner } = await import('./src-main/platform/spawner.ts');
    const args = ['--mode', 'original', '--port', '0', '--model', ${JSON.stringify(SAMPLE_MODEL)}];
    const server = await createSpawner().spawnProgram('asrServer', { args, env: { NIGHTSHIFT_INSTANCE: 'owned' } });
    server.stdout.resume();
    let log = '';
    server.stderr.on('data', (part) => {
      log += part;
      if (/ready after/.test(log) && !globalThis.told) console.log((globalThis.told = 'server ' + server.pid));
    });
    ${then}`;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  owner.stdout.setEncoding('utf8');
  owner.stdout.on('data', (part: string) => {
    text += part;
  });
  const heard = async (wanted: string): Promise<void> => {
    while (!text.includes(wanted)) await once(owner.stdout, 'data');
  };
  await heard('server ');
  await heard('\n');
  return { owner, serverPid: Number(/server (\d+)/.exec(text)?.[1]), heard };
}

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
}

onPosix('process groups', () => {
  test('Ctrl-C in a terminal reaches the owner and not its server', async () => {
    const { owner, serverPid, heard } = await ownerThat(`process.on('SIGINT', () => console.log('interrupted'));`);
    if (owner.pid === undefined) throw new Error('not started');
    // What a terminal does: a signal to the whole foreground group.
    process.kill(-owner.pid, 'SIGINT');
    await heard('interrupted');
    expect(isAlive(serverPid)).toBe(true);
    owner.kill('SIGKILL');
    // Nobody ended the server: it notices that its owner is gone.
    await gone(serverPid);
  });

  test('an owner that exits takes its servers along, also one that cannot listen', async () => {
    const { owner, serverPid } = await ownerThat(`
      process.stdin.once('data', () => { process.kill(server.pid, 'SIGSTOP'); process.exit(0); });`);
    owner.stdin?.write('now\n');
    await gone(serverPid);
    expect(isAlive(serverPid)).toBe(false);
  });

  test('a child that ignores every polite request is ended by force', async () => {
    const server = await startSpeechServer('original');
    // A stopped process reacts to nothing but SIGKILL.
    process.kill(server.child.pid, 'SIGSTOP');
    expect(await server.child.terminate(200)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(isAlive(server.child.pid)).toBe(false);
  });
});

test('a polite end is enough for a healthy child; ending it twice, or after its end, is the same end', async () => {
  const server = await startSpeechServer('original');
  const [first, second] = await Promise.all([server.child.terminate(5_000), server.child.terminate(1)]);
  expect(first).toEqual({ code: 0, signal: null });
  expect(second).toEqual(first);
  expect(await server.child.terminate(1)).toEqual(first);
});

test('writing to a child that is gone does no harm', async () => {
  const server = await startSpeechServer('original');
  process.kill(server.child.pid, 'SIGKILL');
  await server.child.exited;
  await new Promise((resolve) => server.child.stdin.write('hello?\n', resolve));
  expect(await server.child.exited).toEqual({ code: null, signal: 'SIGKILL' });
});

test('a folder that is not there is a failure with a code', async () => {
  const start = createSpawner().spawnProgram('asrServer', { args: [], cwd: '/no/such/folder' });
  await expect(start).rejects.toMatchObject({ code: 'SERVER_EXITED' });
});

test('a start time tells a process from another that got its number', async () => {
  const spawner = createSpawner();
  const own = await spawner.processStartId(process.pid);
  expect(own).not.toBeNull();
  expect(await spawner.processStartId(process.pid)).toBe(own);
  const server = await startSpeechServer('original');
  expect(await spawner.processStartId(server.child.pid)).not.toBe(own);
  await server.stop();
  expect(await spawner.processStartId(server.child.pid)).toBeNull();
});

onLinux('memory of a tree is that of its root and everything below', async () => {
  const spawner = createSpawner();
  const alone = await spawner.treeRssBytes(process.pid);
  const server = await startSpeechServer('original');
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1]);
  const server1 = await spawner.treeRssBytes(server.child.pid);
  expect((server1 ?? 0) / 1024 / kilobytes).toBeCloseTo(1, 0);
  expect(await spawner.treeRssBytes(process.pid)).toBeGreaterThan((alone ?? 0) * 0.5 + (server1 ?? 0) * 0.5);
  await server.stop();
  expect(await spawner.treeRssBytes(server.child.pid)).toBeNull();
});
