import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '#shared/testing/eventually.ts';
import { ROOT } from './paths.mjs';
import { lockFingerprint, sourceFingerprint, writeStamp } from './staleness.mjs';

/** A checkout that is installed and built, with programs that only say how they were started. */
let root: string;
let home: string;

const SAY = `console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd() }));`;

function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
  chmodSync(join(root, path), mode);
}

/** Without a terminal, a display or npm's variables. */
function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: home, npm_lifecycle_event: 'start', INIT_CWD: home, ...extra };
}

function bootstrap(program: string, args: readonly string[] = [], extra: Readonly<Record<string, string>> = {}): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [join(root, 'src-main/bootstrap', program), ...args], {
    cwd: root,
    env: environment(extra),
    encoding: 'utf8',
    timeout: 60_000,
  });
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nightshift-start-'));
  home = mkdtempSync(join(tmpdir(), 'nightshift-home-'));
  cpSync(join(ROOT, 'src-main/bootstrap'), join(root, 'src-main/bootstrap'), { recursive: true });
  for (const folder of ['src-shared', 'src-renderer']) mkdirSync(join(root, folder));
  put('package.json', '{"type":"module"}');
  put('package-lock.json', '{"packages":{}}');
  put('out/main/cli.js', SAY);
  writeStamp(join(root, 'node_modules/.nightshift-installed.json'), { lock: lockFingerprint(root), node: process.execPath });
  writeStamp(join(root, 'out/.nightshift-built.json'), { source: sourceFingerprint(root) });
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
});

describe('npm run nightshift', () => {
  it('runs the built command line from the folder of the user and says nothing of its own', () => {
    const { status, stdout, stderr } = bootstrap('nightshift.mjs', ['batch', './clips', '--json', 'a b']);
    expect([status, stderr, JSON.parse(stdout)]).toEqual([0, '', { args: ['batch', './clips', '--json', 'a b'], cwd: home }]);
  });

  it('ends with the exit code of the command line', () => {
    put('out/main/cli.js', 'process.exit(4);');
    expect(bootstrap('nightshift.mjs').status).toBe(4);
  });

  it('survives Ctrl-C in the terminal until the command line has saved', async () => {
    put(
      'out/main/cli.js',
      `process.on('SIGINT', () => setTimeout(() => { console.log('saved'); process.exit(130); }, 200)); console.log('up'); setInterval(() => {}, 1000);`,
    );
    const child = spawn(process.execPath, [join(root, 'src-main/bootstrap/nightshift.mjs')], {
      cwd: root,
      env: environment(),
      detached: true,
    });
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
    let output = '';
    child.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
    await eventually(() => expect(output).toContain('up'));
    // A terminal sends it to the whole foreground group.
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect([await exited, output]).toEqual([130, 'up\nsaved\n']);
  });
});

describe.skipIf(process.platform !== 'linux')('npm start', () => {
  const electron = (body: string): void => {
    put('node_modules/electron/path.txt', 'electron');
    put('node_modules/electron/dist/electron', `#!/bin/sh\n${body}\n`, 0o755);
  };
  const served = (stdout: string): unknown => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  const display = { DISPLAY: ':0' };

  it('serves without a display, says why in one line, and fetches nothing', () => {
    put('node_modules/electron/install.js', `require('node:fs').writeFileSync(${JSON.stringify(join(root, 'fetched'))}, '');`);
    const { status, stdout, stderr } = bootstrap('start.mjs', ['--port', '5600']);
    expect(status).toBe(0);
    expect(served(stdout)).toEqual({ args: ['serve', '--port', '5600'], cwd: home });
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining('no window, because this session has no display')]);
    expect(() => readFileSync(join(root, 'fetched'))).toThrow('ENOENT');
  });

  it('opens the window where there is a runtime and a display', () => {
    electron('touch "$NIGHTSHIFT_READY_FILE"; echo "$@"; pwd');
    const { status, stdout, stderr } = bootstrap('start.mjs', ['--data-dir', '/x'], display);
    expect([status, stdout.trim().split('\n'), stderr]).toEqual([0, [`${root} --data-dir /x`, home], '']);
  });

  it('ends as the app ended, once its window was there', () => {
    electron('touch "$NIGHTSHIFT_READY_FILE"; exit 70');
    expect(bootstrap('start.mjs', [], display)).toMatchObject({ status: 70, stdout: '' });
  });

  it('does not hide an error that serving would meet as well', () => {
    electron('exit 3');
    expect(bootstrap('start.mjs', [], display)).toMatchObject({ status: 3, stdout: '' });
  });

  it.each([
    ['exit 1', 'code 1'],
    ['kill -TRAP $$', 'SIGTRAP'],
  ])('serves when the runtime dies before its window opens (%s)', (body, how) => {
    electron(body);
    const { status, stdout, stderr } = bootstrap('start.mjs', [], display);
    expect([status, served(stdout)]).toEqual([0, { args: ['serve'], cwd: home }]);
    expect(stderr).toContain(`the Electron runtime ended before its window opened (${how})`);
  });

  it('serves when the runtime cannot be fetched, and does not try again the same day', () => {
    put('node_modules/electron/install.js', `console.log('fetching'); process.exit(1);`);
    const first = bootstrap('start.mjs', [], display);
    expect(served(first.stdout)).toEqual({ args: ['serve'], cwd: home });
    expect(first.stdout).not.toContain('fetching');
    expect(first.stderr).toContain('fetching the Electron runtime once');
    expect(first.stderr).toContain('could not be fetched');
    const second = bootstrap('start.mjs', [], display);
    expect(second.stderr.trim().split('\n')).toEqual([expect.stringContaining('earlier today')]);
    expect(bootstrap('start.mjs', ['--fetch-electron'], display).stderr).toContain('fetching the Electron runtime once');
  });

  it('fetches the runtime once and then opens the window', () => {
    put(
      'node_modules/electron/install.js',
      `const fs = require('node:fs');
       fs.mkdirSync(__dirname + '/dist');
       fs.writeFileSync(__dirname + '/dist/electron', '#!/bin/sh\\ntouch "$NIGHTSHIFT_READY_FILE"; echo window', { mode: 0o755 });
       fs.writeFileSync(__dirname + '/path.txt', 'electron');`,
    );
    expect(bootstrap('start.mjs', [], display)).toMatchObject({ status: 0, stdout: 'window\n' });
    expect(bootstrap('start.mjs', [], display)).toMatchObject({ status: 0, stdout: 'window\n', stderr: '' });
  });

  it('serves when told to', () => {
    electron('echo window');
    const { stdout, stderr } = bootstrap('start.mjs', ['--serve'], display);
    expect([served(stdout), stderr]).toEqual([{ args: ['serve'], cwd: home }, expect.stringContaining('--serve was given')]);
  });
});
