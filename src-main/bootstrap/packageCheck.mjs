import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { exitCodeOf, runQuietly } from './child.mjs';
import { ensureReady, packageEnv } from './ensure.mjs';
import { ROOT, toolPath } from './paths.mjs';
import { writeReport } from './report.mjs';
import { BootstrapError, runMain, say } from './say.mjs';

/**
 * Packs the app as an installer would, around a stand-in for the Electron runtime, and proves with plain Node that what was packed runs: far
 * from this checkout, without its node_modules.
 */

const ANSWER_LIMIT_MS = 60_000;

/** What electron-builder.yml decides (DECISIONS.md). */
const FUSES = {
  RunAsNode: 'Enabled',
  EnableCookieEncryption: 'Enabled',
  EnableNodeOptionsEnvironmentVariable: 'Disabled',
  EnableNodeCliInspectArguments: 'Disabled',
  EnableEmbeddedAsarIntegrityValidation: 'Enabled',
  OnlyLoadAppFromAsar: 'Enabled',
  GrantFileProtocolExtraPrivileges: 'Disabled',
};

/** A file that carries a fuse wire as the real program does: sentinel, version 1, number of fuses, one character each. */
function plantStandIn(folder) {
  const constants = readFileSync(join(ROOT, 'node_modules/@electron/fuses/dist/constants.js'), 'utf8');
  const sentinel = /SENTINEL = '(.{32})'/.exec(constants)?.[1];
  if (sentinel === undefined) throw new BootstrapError('The fuse sentinel is not where @electron/fuses had it.', 70);
  const wire = '101100101';
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'electron');
  writeFileSync(
    program,
    Buffer.concat([Buffer.from(`stand-in\n${sentinel}`), Buffer.from([1, wire.length]), Buffer.from(`${wire}\nend\n`)]),
  );
  chmodSync(program, 0o755);
}

function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

function run(node, args, { cwd, env = process.env, limitMs = ANSWER_LIMIT_MS } = {}) {
  return new Promise((resolve) => {
    const child = spawn(node, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs, killSignal: 'SIGKILL' });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (piece) => (output.stdout += piece));
    child.stderr.on('data', (piece) => (output.stderr += piece));
    child.once('error', (error) => resolve({ ...output, exitCode: 127, stderr: error.message }));
    child.once('close', (code, signal) => resolve({ ...output, exitCode: exitCodeOf(code, signal) }));
  });
}

/** Ports that were free a moment ago. */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Starts the packed speech server and waits until it answers that it is ready. */
async function healthOfPackedServer(node, app, env) {
  const args = [join(app, 'out/main/asrServer.js'), '--mode', 'streaming', '--port', '0', '--model', join(app, 'assets/models/tiny-en')];
  const child = spawn(node, args, { cwd: tmpdir(), env, stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let log = '';
  child.stderr.on('data', (piece) => (log += piece));
  try {
    const deadlineMs = performance.now() + ANSWER_LIMIT_MS;
    while (performance.now() < deadlineMs && child.exitCode === null) {
      const port = /listening on port (\d+)/.exec(log)?.[1];
      const response = port === undefined ? null : await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
      const health = response === null ? null : await response.json();
      if (health?.state === 'ready') return health;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the packed server was not ready:\n${log}`);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

function jsonLines(text) {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

function expect(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

async function pack(node, folder) {
  plantStandIn(join(folder, 'runtime'));
  const args = ['--linux', '--dir', `--${process.arch}`, '--publish', 'never', '-c.electronDist', join(folder, 'runtime')];
  const packed = await runQuietly(node, [toolPath(ROOT, 'electron-builder'), ...args, '-c.directories.output', join(folder, 'dist')], {
    cwd: ROOT,
    env: packageEnv(),
  });
  expect(packed.exitCode === 0, `electron-builder ended with code ${packed.exitCode}`);
  const unpackedFolder = readdirSync(join(folder, 'dist')).find((name) => name.endsWith('unpacked'));
  expect(unpackedFolder !== undefined, 'electron-builder left no unpacked folder');
  return join(folder, 'dist', unpackedFolder);
}

function proofs(node, folder) {
  const context = { installed: '', app: join(folder, 'app'), files: [] };
  // Nothing of this checkout: no NODE_PATH, and a data folder of its own.
  const { NODE_PATH: _nodePath, NODE_OPTIONS: _nodeOptions, ...inherited } = process.env;
  const env = { ...inherited, NIGHTSHIFT_DATA_DIR: join(folder, 'data') };
  const cli = (...args) => run(node, [join(context.app, 'out/main/cli.js'), ...args], { cwd: folder, env, limitMs: 180_000 });

  return [
    [
      'electron-builder packs',
      async () => {
        context.installed = await pack(node, folder);
        const asar = join(context.installed, 'resources/app.asar');
        const extracted = await run(node, [toolPath(ROOT, '@electron/asar', 'asar'), 'extract', asar, context.app]);
        expect(extracted.exitCode === 0, `asar extract: ${extracted.stderr}`);
        context.files = [...filesBelow(context.app)].map((path) => relative(context.app, path));
        say(`        app.asar ${(statSync(asar).size / 2 ** 20).toFixed(1)} MB, ${context.files.length} files`);
      },
    ],
    [
      'the fuses are set as decided',
      async () => {
        const { stdout, stderr } = await run(node, [
          toolPath(ROOT, '@electron/fuses', 'electron-fuses'),
          'read',
          '--app',
          join(context.installed, 'nightshift'),
        ]);
        // eslint-disable-next-line no-control-regex -- the tool colours its answer
        const plain = `${stdout}${stderr}`.replace(/\u001b\[\d+m/g, '');
        for (const [name, state] of Object.entries(FUSES)) {
          expect(new RegExp(`${name} is ${state}`).test(plain), `fuse ${name} is not ${state}:\n${plain}`);
        }
      },
    ],
    [
      'nothing with the GPL decoder is inside',
      async () => {
        const named = context.files.filter((path) => /node-av|@seydx|ffmpeg|libav/i.test(path) && !path.startsWith('out/'));
        expect(named.length === 0, `packed: ${named.join(', ')}`);
        const configured = context.files.filter((path) => readFileSync(join(context.app, path)).includes('--enable-gpl'));
        expect(configured.length === 0, `built with --enable-gpl: ${configured.join(', ')}`);
      },
    ],
    [
      'native code is for this system only, and lies outside the archive',
      async () => {
        const native = context.files.filter((path) => path.endsWith('.node'));
        expect(native.length === 2, `expected two native modules, found: ${native.join(', ')}`);
        const outside = join(context.installed, 'resources/app.asar.unpacked');
        for (const path of [...native, 'assets/models/tiny-en/README.md', 'assets/icons/tray.png']) {
          expect(existsSync(join(outside, path)), `${path} is not outside the archive`);
        }
        const sources = context.files.filter((path) => /better-sqlite3\/(deps|src)\//.test(path));
        expect(sources.length === 0, `sources of better-sqlite3 are packed: ${sources.length} files`);
      },
    ],
    [
      'the panel, its preload and every program are inside, and no sources',
      async () => {
        const strays = context.files.filter((path) => !/^(out|assets|node_modules)\/|^package\.json$/.test(path));
        expect(strays.length === 0, `packed without need: ${strays.slice(0, 10).join(', ')}`);
        const entries = [
          'electron',
          'cli',
          'asrServer',
          'asrDecodeThread',
          'decoder',
          'guard',
          'databaseThread',
          'scanThread',
          'scoreThread',
          'reportThread',
          'compareThread',
          'backupThread',
        ];
        const wanted = ['out/renderer/index.html', 'out/preload/preload.cjs', ...entries.map((name) => `out/main/${name}.js`)];
        const missing = wanted.filter((path) => !context.files.includes(path));
        expect(missing.length === 0, `missing: ${missing.join(', ')}`);
      },
    ],
    [
      'the packed command line says its version',
      async () => {
        const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
        const { stdout, stderr, exitCode } = await cli('--version');
        expect(exitCode === 0 && stdout.trim().endsWith(version), `exit ${exitCode}: ${stdout}${stderr}`);
      },
    ],
    [
      'the packed command line finds its database, model and samples (doctor)',
      async () => {
        const { stdout, stderr } = await cli('doctor', '--json');
        const checks = new Map(jsonLines(stdout).map((line) => [line.what, line]));
        const said = `${stdout}${stderr}`;
        expect(checks.get('model')?.model?.path === join(context.app, 'assets/models/tiny-en'), said);
        expect(checks.get('samples')?.sample?.fileCount > 0, said);
        expect(checks.get('decoder')?.route !== 'node-av', `node-av was found from the packed app:\n${said}`);
      },
    ],
    [
      'the packed speech server becomes ready',
      async () => {
        const health = await healthOfPackedServer(node, context.app, env);
        expect(health.mode === 'streaming', JSON.stringify(health));
      },
    ],
    [
      'the packed command line transcribes a sample (needs ffmpeg)',
      async () => {
        const hasFfmpeg = (await run('ffmpeg', ['-version'])).exitCode === 0;
        if (!hasFfmpeg) return 'there is no ffmpeg on the PATH';
        const ports = await freePorts(3);
        const output = join(folder, 'results.json');
        const args = [
          'batch',
          join(context.app, 'assets/samples'),
          '--limit',
          '2',
          '--calculate-wer',
          '--ports',
          ports.join(','),
          '--output',
          output,
        ];
        const { stdout, stderr, exitCode } = await cli(...args);
        expect(exitCode === 0, `exit ${exitCode}:\n${stdout}${stderr}`);
        const done = JSON.parse(readFileSync(output, 'utf8')).streaming.raw_results.filter(({ status }) => status === 'done');
        expect(done.length === 2 && done.every(({ hypothesis }) => hypothesis.trim() !== ''), JSON.stringify(done));
        return null;
      },
    ],
  ];
}

await runMain(async () => {
  if (process.platform !== 'linux') {
    say('package:check: skipped, the stand-in runtime is laid out as on Linux');
    writeReport({ passed: 0, failed: 0, skipped: 1 });
    return 0;
  }
  const { node } = await ensureReady();
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-package-'));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    for (const [name, prove] of proofs(node, folder)) {
      try {
        const why = (await prove()) ?? null;
        counts[why === null ? 'passed' : 'skipped']++;
        say(why === null ? `ok      ${name}` : `skipped ${name}: ${why}`);
      } catch (error) {
        counts.failed++;
        say(`FAILED  ${name}\n        ${error.message}`);
        // Nothing was packed: the other proofs would only repeat that.
        if (counts.passed === 0) break;
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  writeReport(counts);
  say(`package:check: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0 ? 0 : 1;
});
