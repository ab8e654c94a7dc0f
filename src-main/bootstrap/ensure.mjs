import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runQuietly } from './child.mjs';
import { withLock } from './lock.mjs';
import { ROOT, toolPath } from './paths.mjs';
import { BootstrapError, say } from './say.mjs';
import { isInstalledOnDisk, lockFingerprint, readStamp, sourceFingerprint, writeStamp } from './staleness.mjs';

const OLDEST_NODE = 20;
const OWN_NODE = 24;

export function majorOf(version) {
  return Number(/^v?(\d+)/.exec(version)?.[1] ?? 0);
}

/** @throws BootstrapError on a Node that cannot even install the rest. */
export function checkNode(version = process.versions.node) {
  if (majorOf(version) >= OLDEST_NODE) return;
  throw new BootstrapError(
    `Node ${version} is too old: Nightshift needs Node ${OLDEST_NODE} or newer to start (it then brings its own Node ${OWN_NODE}).`,
  );
}

/** Environment in which a program called by name is first looked for among our packages, as in npm scripts. */
export function packageEnv(root = ROOT, env = process.env) {
  const pathKey = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...env, [pathKey]: `${join(root, 'node_modules', '.bin')}${delimiter}${env[pathKey] ?? ''}` };
}

/** The Node that `node` means inside our npm scripts; null when there is none. */
export function findNode(root = ROOT) {
  const answer = spawnSync('node', ['-p', 'JSON.stringify({version: process.version, path: process.execPath})'], {
    env: packageEnv(root),
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  try {
    return JSON.parse(answer.stdout);
  } catch {
    return null;
  }
}

/** npm, run by the Node that runs npm now: ours may be about to be replaced. */
function npmCommand() {
  const { npm_execpath: npmPath, npm_node_execpath: nodePath } = process.env;
  if (npmPath !== undefined && /\.c?js$/.test(npmPath)) return { command: nodePath ?? process.execPath, before: [npmPath] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', before: [] };
}

async function npm(root, args, doing) {
  const { command, before } = npmCommand();
  const { exitCode } = await runQuietly(command, [...before, ...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env: process.env,
    onTick: (sec) => say(`  … ${doing}, ${sec} s`),
    onEnded: () => say(`Nightshift: stopped while ${doing}. The next start goes on with it.`),
  }).catch((error) => {
    throw new BootstrapError(`npm could not be started (${error.message}). Nightshift needs npm on the PATH.`);
  });
  if (exitCode !== 0)
    throw new BootstrapError(
      `npm ${args[0]} ended with code ${exitCode}; its message is above. A network connection to the npm registry is needed once.`,
    );
}

const installStampPath = (root) => join(root, 'node_modules', '.nightshift-installed.json');
const buildStampPath = (root) => join(root, 'out', '.nightshift-built.json');

/** @returns what is installed, or null when the packages are missing or from another lock file */
function installedNode(root) {
  const stamp = readStamp(installStampPath(root));
  return stamp !== null && stamp.lock === lockFingerprint(root) && existsSync(stamp.node) ? stamp.node : null;
}

async function install(root) {
  if (!isInstalledOnDisk(root)) {
    say('Nightshift: installing its packages from npm (about 860 MB unpacked; once, usually under two minutes).');
    // No install scripts: node-av would download a program, better-sqlite3 would ask for a compiler. Development packages are part of it
    // whatever NODE_ENV says: they are what builds the panel.
    await npm(root, ['ci', '--ignore-scripts', '--include=dev', '--include=optional'], 'installing packages');
  }
  let node = findNode(root);
  if (node === null || majorOf(node.version) < OWN_NODE || !node.path.startsWith(root)) {
    say(`Nightshift: fetching its own Node ${OWN_NODE} (about 120 MB).`);
    try {
      await npm(root, ['rebuild', 'node', '--ignore-scripts=false'], `fetching Node ${OWN_NODE}`);
    } catch (error) {
      if (node === null || majorOf(node.version) < OWN_NODE) throw error;
      say(`Nightshift: that failed; using the Node ${node.version} of this system.`);
    }
    node = findNode(root);
  }
  if (node === null || majorOf(node.version) < OWN_NODE) {
    throw new BootstrapError(
      `The command node inside npm scripts is ${node?.version ?? 'missing'}, but Nightshift needs ${OWN_NODE}. Run "npm rebuild node --ignore-scripts=false", or put Node ${OWN_NODE} on the PATH.`,
    );
  }
  writeStamp(installStampPath(root), { lock: lockFingerprint(root), node: node.path });
  return node.path;
}

function isBuilt(root) {
  return readStamp(buildStampPath(root))?.source === sourceFingerprint(root) && existsSync(join(root, 'out', 'main', 'cli.js'));
}

async function build(root, node) {
  const source = sourceFingerprint(root);
  say('Nightshift: building (a few seconds; only after the source changed).');
  const { exitCode, elapsedSec } = await runQuietly(node, [toolPath(root, 'electron-vite'), 'build', '--logLevel', 'warn'], {
    cwd: root,
    env: packageEnv(root),
    onTick: (sec) => say(`  … building, ${sec} s`),
    onEnded: () => say('Nightshift: stopped while building. The next start builds again.'),
  });
  if (exitCode !== 0) throw new BootstrapError(`The build ended with code ${exitCode}; its message is above.`);
  writeStamp(buildStampPath(root), { source });
  say(`Nightshift: built in ${elapsedSec.toFixed(1)} s.`);
}

/**
 * Installs and builds what is missing or stale, with every word on stderr. Quick when nothing is to do. Two starts at once wait for
 * each other.
 * @returns the path of the Node 24 to run everything with
 * @throws BootstrapError with a sentence
 */
export async function ensureReady({ root = ROOT, build: wantsBuild = true } = {}) {
  checkNode();
  const ready = installedNode(root);
  if (ready !== null && (!wantsBuild || isBuilt(root))) return { node: ready };
  return await withLock(
    join(root, 'out', '.nightshift-bootstrap.lock'),
    async () => {
      const node = installedNode(root) ?? (await install(root));
      if (wantsBuild && !isBuilt(root)) await build(root, node);
      return { node };
    },
    { onWait: (pid) => say(`Nightshift: another start (process ${pid ?? 'unknown'}) is installing or building here; waiting for it.`) },
  );
}
