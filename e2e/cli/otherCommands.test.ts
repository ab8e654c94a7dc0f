import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorkplace, jsonLines, type Workplace } from './nightshiftProcess.ts';

let place: Workplace;

beforeEach(async () => {
  place = await createWorkplace();
});

afterEach(async () => {
  await place.close();
});

test('doctor names decoder, model, data folder and ports', async () => {
  const ended = await place.run('doctor', '--json');
  const checks = jsonLines(ended.stdout).filter((line) => line.type === 'check');
  const whats = checks.map((check) => check['what']);
  expect(whats).toEqual(expect.arrayContaining(['nightshift', 'node', 'data folder', 'decoder', 'model', 'samples', 'disk']));
  expect(checks.find((check) => check['what'] === 'data folder')).toMatchObject({ dataDir: place.dataDir });
  expect(whats.filter((what) => String(what).startsWith('port '))).toHaveLength(3);
});

test('servers are listed in the order of the modes', async () => {
  const list = await place.run('servers');
  expect(list).toMatchObject({ exitCode: 0 });
  expect(list.stdout).toMatch(/^STREAMING .*stopped\nCHUNKED .*stopped\nORIGINAL .*stopped\n$/);
});

test('a run that does not exist is said so', async () => {
  const ended = await place.run('resume', '99');
  expect(ended).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('RUN_NOT_FOUND: There is no run with the number 99.') as string,
  });
  expect((await place.run('resume', '99', '--lang', 'ko')).stderr).toContain('실행을 찾을 수 없습니다');
});

test('without a served panel there is no link', async () => {
  expect(await place.run('serve', '--link')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('NOT_AVAILABLE_HERE') as string,
  });
});

/** Nodes that came with the system; the oldest supported one is 22. */
const OLD_NODE = ['/usr/bin/node', '/usr/local/bin/node'].find(
  (path) => existsSync(path) && Number(/^v(\d+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1]) < 22,
);
const cli = join(fileURLToPath(new URL('../..', import.meta.url)), 'out', 'main', 'cli.js');

test.skipIf(OLD_NODE === undefined)('a Node that is too old is refused with a sentence', () => {
  try {
    execFileSync(OLD_NODE ?? 'node', [cli, 'doctor', '--data-dir', place.dataDir], { encoding: 'utf8', stdio: 'pipe' });
    throw new Error('was not refused');
  } catch (error) {
    expect(error).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/^NODE_TOO_OLD: Nightshift needs Node\.js 22 or newer/) as string,
    });
  }
});
