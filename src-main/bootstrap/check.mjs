import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureReady, packageEnv } from './ensure.mjs';
import { exitCodeOf } from './child.mjs';
import { ROOT, toolPath } from './paths.mjs';
import { looksCruised, writeReport } from './report.mjs';
import { runMain, say } from './say.mjs';

const AT_ONCE = 2;
const CRUISED_FOLDERS = ['src-main', 'src-shared', 'src-renderer', 'e2e', 'bench'];

function checks(root) {
  const tool = (packageName, args, command) => [toolPath(root, packageName, command), ...args];
  return [
    { name: 'types: main', args: tool('typescript', ['-p', 'tsconfig.main.json'], 'tsc') },
    { name: 'lint (oxlint)', args: tool('oxlint', ['--deny-warnings']) },
    { name: 'types: renderer', args: tool('typescript', ['-p', 'tsconfig.renderer.json'], 'tsc') },
    { name: 'types: shared', args: tool('typescript', ['-p', 'tsconfig.shared.json'], 'tsc') },
    {
      name: 'layers (dependency-cruiser)',
      args: tool(
        'dependency-cruiser',
        ['--output-type', 'err-long', ...CRUISED_FOLDERS.filter((name) => existsSync(join(root, name)))],
        'depcruise',
      ),
      isPlausible: looksCruised,
    },
    { name: 'unused code (knip)', args: tool('knip', ['--no-progress']) },
    { name: 'format (oxfmt)', args: tool('oxfmt', ['--check', '.']) },
  ];
}

function capture(node, args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(node, args, { cwd, env: { ...packageEnv(), NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
    const pieces = [];
    child.stdout.on('data', (piece) => pieces.push(piece));
    child.stderr.on('data', (piece) => pieces.push(piece));
    child.once('error', (error) => resolve({ exitCode: 127, output: error.message }));
    child.once('close', (code, signal) => resolve({ exitCode: exitCodeOf(code, signal), output: Buffer.concat(pieces).toString('utf8') }));
  });
}

await runMain(async () => {
  const { node } = await ensureReady({ build: false });
  const waiting = checks(ROOT);
  const failed = [];
  let passed = 0;
  const worker = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const { exitCode, output } = await capture(node, check.args, ROOT);
      const isPlausible = check.isPlausible?.(output) ?? true;
      if (exitCode === 0 && isPlausible) {
        passed++;
        say(`ok      ${check.name}`);
      } else {
        failed.push(check.name);
        say(`FAILED  ${check.name}`);
        say(isPlausible ? output.trimEnd() : `${output.trimEnd()}\nIt looked at no module at all.`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  writeReport({ passed, failed: failed.length, skipped: 0 });
  say(
    failed.length === 0
      ? `check: all ${passed} passed`
      : `check: ${failed.length} of ${passed + failed.length} failed: ${failed.join(', ')}`,
  );
  return failed.length === 0 ? 0 : 1;
});
