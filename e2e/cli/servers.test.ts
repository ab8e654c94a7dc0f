import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '#main/testing/freePorts.ts';
import { type InstantServer, startInstantServer } from '#main/testing/instantServer.ts';
import { createWorkplace, jsonLines, readResults, SAMPLES, type Workplace } from './nightshiftProcess.ts';

const CLIPS = join(SAMPLES, 'test-tiny', '1001');

let place: Workplace;
let server: InstantServer;

beforeEach(async () => {
  place = await createWorkplace();
  server = await startInstantServer({ mode: 'original', text: 'words of my own server' });
});

afterEach(async () => {
  await server.close();
  await place.close();
});

async function add(...args: string[]): Promise<void> {
  const port = ['--port', String(server.port)];
  const ended = await place.run('servers', 'add', '--name', 'My own', '--mode', 'original', '--protocol', 'nightshift', ...port, ...args);
  expect(ended).toMatchObject({ exitCode: 0, stdout: `Saved: my-own (original, nightshift, port ${server.port})\n` });
}

test('a server is added, tested, used by a batch, and removed', async () => {
  await add();
  const tested = await place.run('servers', 'test', 'my-own');
  expect(tested.exitCode).toBe(0);
  expect(tested.stdout.split('\n').map((line) => line.slice(0, 2))).toEqual([
    '✓ ',
    '- ',
    '✓ ',
    '✓ ',
    '✓ ',
    '✓ ',
    '✓ ',
    '✓ ',
    '✓ ',
    'my',
    '',
  ]);
  expect(tested.stdout).toContain('words of my own server');

  expect(await place.run('servers', 'use', 'original', 'my-own')).toMatchObject({ exitCode: 0, stdout: 'original: my-own\n' });
  expect((await place.run('servers', 'list', 'my-own')).stdout).toContain('serves the mode');
  const batch = await place.run('batch', CLIPS, '--mode', 'original', '--output', 'results.json');
  expect(batch).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`Connecting to: ${server.url}`) as string });
  const rows = (await readResults(join(place.folder, 'results.json')))['original']?.raw_results ?? [];
  expect(rows.map(({ hypothesis }) => hypothesis)).toEqual(Array(3).fill('words of my own server'));

  expect(await place.run('servers', 'remove', 'my-own')).toMatchObject({ exitCode: 0 });
  expect((await place.run('servers')).stdout).not.toContain('my-own');
  expect(await place.run('servers', 'test', 'my-own')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('PROFILE_NOT_FOUND') as string,
  });
});

test('a server for one run is named on its command line; one of another mode is refused', async () => {
  await add();
  const batch = await place.run('batch', CLIPS, '--mode', 'original', '--server', 'my-own', '--output', 'results.json');
  expect(batch.exitCode).toBe(0);
  expect(server.received.files).toBe(3);
  const refused = await place.run('batch', CLIPS, '--mode', 'streaming', '--server', 'my-own');
  expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('serves the original mode') as string });
});

test('what is exported goes in again, without secrets, all of it or nothing', async () => {
  await add('--env', 'A=1', '--command', 'serve', '--set', 'options.apiKey="sk-secret"', '--set', 'timeouts.connectMs=60000');
  const file = join(place.folder, 'servers.json');
  expect(await place.run('servers', 'export', '--output', 'servers.json')).toMatchObject({ exitCode: 0 });
  const text = await readFile(file, 'utf8');
  expect(text).not.toContain('sk-secret');
  expect(await place.run('servers', 'export', '--output', 'servers.json')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('OUTPUT_EXISTS') as string,
  });
  expect(await place.run('servers', 'export', '--output', 'servers.json', '--force')).toMatchObject({ exitCode: 0 });

  expect((await place.run('servers', 'import', file)).stderr).toContain('PROFILE_EXISTS');
  expect(await place.run('servers', 'import', file, '--replace')).toMatchObject({ exitCode: 0 });
  const [shown] = jsonLines((await place.run('servers', 'show', 'my-own', '--json')).stdout);
  expect(shown).toMatchObject({
    profile: { timeouts: { connectMs: 60_000 }, start: { env: { A: '1' } }, options: { apiKey: '********' } },
  });

  const document = JSON.parse(text) as { profiles: object[] };
  const broken = { ...document, profiles: [{ ...document.profiles[0], id: 'second' }, { name: 'third' }] };
  await writeFile(file, JSON.stringify(broken));
  expect(await place.run('servers', 'import', file)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('profiles.1.mode') as string,
  });
  expect((await place.run('servers')).stdout).not.toContain('second');
});

test('a preset says what has still to be filled in', async () => {
  const ended = await place.run('servers', 'add', '--preset', 'vosk');
  expect(ended).toMatchObject({
    exitCode: 0,
    stdout: 'Saved: vosk (streaming, vosk, port 2700)\n',
    stderr: expect.stringContaining('Still to be filled in: start.cwd, options.model') as string,
  });
  expect((await place.run('servers', 'add', '--preset', 'nobody')).exitCode).toBe(2);
  const edited = await place.run('servers', 'edit', 'vosk', '--cwd', 'here', '--model', 'small');
  expect(edited.stderr).not.toContain('Still to be filled in');
});

test('a held port is told with the commands that settle it, and they do', async () => {
  expect((await place.run('servers', 'port', 'original', '--to', String(server.port))).exitCode).toBe(0);
  const refused = await place.run('servers', 'start', 'original');
  expect(refused.exitCode).toBe(3);
  expect(refused.stdout).toMatch(
    new RegExp(
      `^Port ${server.port} is held by a server of another Nightshift \\(process ${process.pid}\\)\\.\n` +
        '.*nightshift servers port original --use-external\n.*nightshift servers port original --to \\d+\n',
    ),
  );
  expect(refused.stderr).toContain('PORT_IN_USE');
  const settled = await place.run('servers', 'port', 'original', '--use-external');
  expect(settled).toMatchObject({ exitCode: 0, stdout: `original: original-external uses what listens on port ${server.port}\n` });
  expect((await place.run('servers', 'test', 'original-external')).exitCode).toBe(0);
});

test('a log is followed until somebody has seen enough', async () => {
  const ports = await freePort();
  await place.run('servers', 'port', 'streaming', '--to', String(ports));
  const owner = place.start('servers', 'start', 'streaming');
  await owner.untilText('The server runs until Ctrl-C.');
  const following = place.start('servers', 'logs', 'streaming', '--follow');
  await following.untilText('server-streaming.log');
  await place.run('servers', 'stop', 'streaming');
  await following.untilText(/-- process \d+ ended/);
  following.child.kill('SIGINT');
  expect((await following.ended).exitCode).toBe(0);
  owner.child.kill('SIGINT');
  await owner.ended;
});
