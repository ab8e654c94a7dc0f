import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '#shared/testing/eventually.ts';
import { ROOT } from './paths.mjs';
import { electronPath, fetchElectron } from './electronRuntime.mjs';
import { removeLock, withLock } from './lock.mjs';

let root: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nightshift-bootstrap-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
    }
  }
  rmSync(root, { recursive: true, force: true });
});

function put(path: string, text: string): string {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
  return join(root, path);
}

/** A script that uses a module of the bootstrap. */
function script(name: string, moduleName: string, body: string): string {
  return put(name, `import * as it from ${JSON.stringify(pathToFileURL(join(ROOT, 'src-main/bootstrap', moduleName)).href)};\n${body}\n`);
}

function start(
  file: string,
  args: string[] = [],
): { child: ChildProcess; output: () => string; exited: Promise<[number | null, string | null]> } {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let text = '';
  child.stdout?.on('data', (piece: Buffer) => (text += piece.toString()));
  child.stderr?.on('data', (piece: Buffer) => (text += piece.toString()));
  const exited = new Promise<[number | null, string | null]>((resolve) => child.once('close', (code, signal) => resolve([code, signal])));
  return { child, output: () => text, exited };
}

describe('runForeground', () => {
  const parentOf = (childBody: string): string => {
    const inner = put('inner.mjs', childBody);
    return script(
      'outer.mjs',
      'child.mjs',
      `process.exitCode = (await it.runForeground(process.execPath, [${JSON.stringify(inner)}])).exitCode;`,
    );
  };

  it.each([0, 1, 4, 70])('ends with the exit code of the program: %i', async (code) => {
    expect(await start(parentOf(`process.exit(${code});`)).exited).toEqual([code, null]);
  });

  it('reports a signal the way a shell does', async () => {
    expect(await start(parentOf(`process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`)).exited).toEqual([137, null]);
  });

  it('leaves Ctrl-C to the program and waits for what it makes of it', async () => {
    const run = start(
      parentOf(
        `process.on('SIGINT', () => {}); setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit(130)); console.log('up');`,
      ),
    );
    await eventually(() => expect(run.output()).toContain('up'));
    run.child.kill('SIGINT');
    // Still there: the SIGTERM after it is what gets through.
    run.child.kill('SIGTERM');
    expect(await run.exited).toEqual([130, null]);
  });

  it('hands SIGTERM and SIGHUP on', async () => {
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      const run = start(parentOf(`process.on('${signal}', () => process.exit(${code})); setInterval(() => {}, 1000); console.log('up');`));
      await eventually(() => expect(run.output()).toContain('up'));
      run.child.kill(signal);
      expect(await run.exited).toEqual([code, null]);
    }
  });
});

describe('withLock', () => {
  it('lets one work at a time and tells the other whom it waits for', async () => {
    const lock = join(root, 'out/lock');
    const body = `
      import { appendFileSync, existsSync } from 'node:fs';
      const [lock, log, gate, name] = process.argv.slice(2);
      await it.withLock(lock, async () => {
        appendFileSync(log, name + ' in\\n');
        while (!existsSync(gate)) await new Promise((resolve) => setTimeout(resolve, 10));
        appendFileSync(log, name + ' out\\n');
      }, { pollMs: 10, onWait: (pid) => console.log('waits for ' + pid) });`;
    const file = script('locker.mjs', 'lock.mjs', body);
    const log = join(root, 'log');
    const gate = join(root, 'gate');
    const first = start(file, [lock, log, gate, 'first']);
    await eventually(() => expect(readFileSync(log, 'utf8')).toBe('first in\n'));
    const second = start(file, [lock, log, gate, 'second']);
    await eventually(() => expect(second.output()).toContain(`waits for ${first.child.pid}`));
    writeFileSync(gate, '');
    await Promise.all([first.exited, second.exited]);
    expect(readFileSync(log, 'utf8')).toBe('first in\nfirst out\nsecond in\nsecond out\n');
    expect(existsSync(lock)).toBe(false);
  });

  it('takes over from a process that was killed', async () => {
    const lock = join(root, 'lock');
    const dead = spawnSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' });
    writeFileSync(lock, dead.stdout.trim());
    expect(await withLock(lock, async () => 'worked', { pollMs: 5 })).toBe('worked');
  });

  it('takes over when the holder is silent, because its process id may belong to somebody else by now', async () => {
    const lock = join(root, 'lock');
    writeFileSync(lock, String(process.pid));
    expect(await withLock(lock, async () => 'worked', { pollMs: 5, silentMs: 50 })).toBe('worked');
  });

  it('never removes a lock that another one has taken in the meantime', async () => {
    const lock = join(root, 'lock');
    writeFileSync(lock, '4711 fresh');
    removeLock(lock, '4711 stale');
    expect(readFileSync(lock, 'utf8')).toBe('4711 fresh');
    // Its own neither, when another process thought it silent and took over while it worked.
    await withLock(lock, async () => writeFileSync(lock, '4712 successor'), { pollMs: 5, silentMs: 50 });
    expect(readFileSync(lock, 'utf8')).toBe('4712 successor');
    await withLock(join(root, 'mine'), async () => writeFileSync(join(root, 'mine'), String(process.pid)));
    expect(readFileSync(join(root, 'mine'), 'utf8')).toBe(String(process.pid));
    expect(readdirSync(root).toSorted()).toEqual(['lock', 'mine']);
  });

  it('lets many who find a dead lock at the same moment in one by one', async () => {
    const lock = join(root, 'lock');
    const inside = join(root, 'inside');
    const dead = spawnSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' });
    const body = `
      import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
      const [lock, inside, dead] = process.argv.slice(2);
      for (let round = 0; round < 500; round += 1) {
        await it.withLock(lock, async () => {
          closeSync(openSync(inside, 'wx'));
          await new Promise((resolve) => setImmediate(resolve));
          rmSync(inside);
          if (round % 2 === 0) writeFileSync(lock, dead);
        }, { pollMs: 0 });
      }`;
    const file = script('crowd.mjs', 'lock.mjs', body);
    const crowd = [1, 2, 3].map(() => start(file, [lock, inside, dead.stdout.trim()]));
    const ends = await Promise.all(crowd.map(({ exited }) => exited));
    expect({ ends, said: crowd.map((one) => one.output()).join('') }).toEqual({ ends: Array(3).fill([0, null]), said: '' });
  });

  it('is free again after a failure', async () => {
    const lock = join(root, 'lock');
    await expect(withLock(lock, async () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(existsSync(lock)).toBe(false);
  });
});

describe('fetchElectron', () => {
  const install = (body: string): string => put('node_modules/electron/install.js', body);
  const fetches = (): number => (existsSync(join(root, 'fetches')) ? readFileSync(join(root, 'fetches'), 'utf8').length : 0);
  const counting = `require('node:fs').appendFileSync(${'`${__dirname}/../../fetches`'}, 'x');`;

  it('is content when the package installs its runtime', async () => {
    install(`const fs = require('node:fs'); ${counting}
      fs.mkdirSync(__dirname + '/dist'); fs.writeFileSync(__dirname + '/dist/electron', ''); fs.writeFileSync(__dirname + '/path.txt', 'electron');`);
    expect(await fetchElectron(root, process.execPath)).toBeNull();
    expect(electronPath(root, {})).toBe(join(root, 'node_modules/electron/dist/electron'));
    expect(await fetchElectron(root, process.execPath)).toBeNull();
    expect(fetches()).toBe(1);
  });

  it('says why not, and tries again only after a day or when asked', async () => {
    install(`${counting} process.exit(1);`);
    const nowMs = 1_800_000_000_000;
    expect(await fetchElectron(root, process.execPath, { nowMs })).toContain('install.js ended with code 1');
    expect(await fetchElectron(root, process.execPath, { nowMs: nowMs + 3_600_000 })).toContain('earlier today');
    expect(fetches()).toBe(1);
    expect(await fetchElectron(root, process.execPath, { nowMs: nowMs + 3_600_000, force: true })).toContain('code 1');
    expect(await fetchElectron(root, process.execPath, { nowMs: nowMs + 26 * 3_600_000 })).toContain('code 1');
    expect(fetches()).toBe(3);
  });

  it('ends a fetch that hangs, and what it started', async () => {
    const pidFile = join(root, 'grandchild');
    install(`const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));
      setInterval(() => {}, 1000);`);
    expect(await fetchElectron(root, process.execPath, { limitMs: 3_000 })).toBe('fetching the Electron runtime took longer than 3 s');
    const grandchild = Number(readFileSync(pidFile, 'utf8'));
    await eventually(() => expect(() => process.kill(grandchild, 0)).toThrow('ESRCH'));
  });
});

describe('the programs', () => {
  it('write nothing of their own to stdout and keep the folder of the user', () => {
    const answer = spawnSync(process.execPath, [join(ROOT, 'src-main/bootstrap/bench.mjs'), 'no such bench'], {
      encoding: 'utf8',
      cwd: root,
    });
    expect(answer).toMatchObject({ status: 2, stdout: '' });
    expect(answer.stderr).toContain('There is no benchmark');
  });

  it.skipIf(process.platform === 'win32')('stop with a sentence and exit 3 when npm cannot install', () => {
    // A checkout of its own with a lock file that is not installed, and an npm that fails.
    for (const name of ['ensure.mjs', 'child.mjs', 'lock.mjs', 'paths.mjs', 'say.mjs', 'staleness.mjs', 'build.mjs']) {
      put(`src-main/bootstrap/${name}`, readFileSync(join(ROOT, 'src-main/bootstrap', name), 'utf8'));
    }
    put('package.json', '{"type":"module"}');
    put('package-lock.json', '{"packages":{"node_modules/a":{"version":"1.0.0"}}}');
    chmodSync(put('bin/npm', '#!/bin/sh\necho "npm on stdout: $*"\nexit 7\n'), 0o755);
    const { npm_execpath: _npm, ...env } = process.env;
    const answer = spawnSync(process.execPath, [join(root, 'src-main/bootstrap/build.mjs')], {
      encoding: 'utf8',
      cwd: root,
      env: { ...env, PATH: `${join(root, 'bin')}:${process.env['PATH']}` },
    });
    expect(answer).toMatchObject({ status: 3, stdout: '' });
    expect(answer.stderr).toContain('about 860 MB');
    expect(answer.stderr).toContain('npm on stdout: ci --ignore-scripts');
    expect(answer.stderr).toContain('nightshift: npm ci ended with code 7');
    expect(existsSync(join(root, 'out/.nightshift-bootstrap.lock'))).toBe(false);
  });
});
