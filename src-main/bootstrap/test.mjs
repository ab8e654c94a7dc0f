import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { runForeground } from './child.mjs';
import { ensureReady, packageEnv } from './ensure.mjs';
import { ROOT, toolPath } from './paths.mjs';
import { findPython } from './python.mjs';
import { countsOf, readReport } from './report.mjs';
import { runMain, say } from './say.mjs';

function isOnPath(...names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.some((name) => folders.some((folder) => folder !== '' && existsSync(join(folder, name))));
}

function hasKoreanFont() {
  return (spawnSync('fc-list', [':lang=ko', 'family'], { encoding: 'utf8' }).stdout ?? '').trim() !== '';
}

/** What the tests need from the system, by Debian package. */
const DEBIAN_PACKAGES = [
  { name: 'chromium', isThere: () => isOnPath('chromium', 'chromium-browser', 'google-chrome') },
  { name: 'ffmpeg', isThere: () => isOnPath('ffmpeg') },
  { name: 'fontconfig', isThere: () => isOnPath('fc-list') },
  { name: 'fonts-noto-cjk', isThere: hasKoreanFont },
  { name: 'python3-websockets', isThere: () => findPython('import websockets') !== null },
  { name: 'python3-pocketsphinx', isThere: () => findPython('import pocketsphinx') !== null },
  {
    name: 'pocketsphinx-en-us',
    isThere: () => findPython(`from pocketsphinx import *; open(f'{get_model_path()}/cmudict-en-us.dict')`) !== null,
  },
];

const missingPackages = () => DEBIAN_PACKAGES.filter(({ isThere }) => !isThere()).map(({ name }) => name);

/** Installs what is missing where we may. @returns the names of what is still missing */
async function ensurePackages(mayInstall) {
  const missing = missingPackages();
  if (missing.length === 0) return [];
  const isRoot = process.getuid?.() === 0;
  if (!mayInstall || !isRoot || !isOnPath('apt-get')) {
    const hint = mayInstall && !isRoot ? ' (installing them needs root)' : '';
    say(`test: missing Debian packages: ${missing.join(' ')}${hint}. Install them with: apt-get install ${missing.join(' ')}`);
    return missing;
  }
  say(`test: installing Debian packages: ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runForeground('apt-get', ['update', '-q'], { env });
  await runForeground('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], { env });
  const still = missingPackages();
  if (still.length > 0) say(`test: could not install: ${still.join(' ')}`);
  return still;
}

function steps(reportPath) {
  const bootstrap = (name) => join(ROOT, 'src-main', 'bootstrap', name);
  const vitest = (project) => [
    toolPath(ROOT, 'vitest'),
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportPath}`,
  ];
  return [
    { name: 'check', kind: 'ours', args: [bootstrap('check.mjs')] },
    { name: 'build', kind: 'ours', args: [bootstrap('build.mjs')] },
    { name: 'unit', kind: 'vitest', args: vitest('unit') },
    { name: 'process', kind: 'vitest', args: vitest('process') },
    { name: 'package:check', kind: 'ours', args: [bootstrap('packageCheck.mjs')] },
    {
      name: 'e2e',
      kind: 'playwright',
      needs: 'chromium',
      args: [toolPath(ROOT, '@playwright/test', 'playwright'), 'test', '-c', 'e2e/playwright.config.ts', '--reporter=list,json'],
    },
  ];
}

await runMain(async () => {
  const mayInstall = Boolean(process.env.CI) || process.argv.includes('--install');
  const { node } = await ensureReady({ build: false });
  const missing = await ensurePackages(mayInstall);

  const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
  const lines = [];
  const remarks = [];
  const sum = { passed: 0, failed: 0, skipped: 0 };
  const add = (name, counts, note = '') => {
    for (const key of Object.keys(sum)) sum[key] += counts[key];
    remarks.push(...(counts.remarks ?? []).map((line) => `  ${name}: ${line}`));
    lines.push(`  ${name.padEnd(16)} ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped${note}`);
  };
  try {
    for (const name of missing) add(name, { passed: 0, failed: 1, skipped: 0 }, '  (Debian package missing)');
    for (const [index, step] of steps('').entries()) {
      if (step.needs !== undefined && missing.includes(step.needs)) {
        add(step.name, { passed: 0, failed: 0, skipped: 1 }, `  (${step.needs} is missing)`);
        continue;
      }
      const report = join(folder, `${index}.json`);
      say(`\n== ${step.name}`);
      const startedMs = performance.now();
      const { exitCode, signal } = await runForeground(node, steps(report)[index].args, {
        cwd: ROOT,
        env: { ...packageEnv(), NIGHTSHIFT_TEST_REPORT: report, PLAYWRIGHT_JSON_OUTPUT_FILE: report },
      });
      add(step.name, countsOf(step.kind, readReport(report), exitCode), `  (${Math.round((performance.now() - startedMs) / 1_000)} s)`);
      if (signal === 'SIGINT' || exitCode === 130) {
        add('interrupted', { passed: 0, failed: 1, skipped: 0 });
        break;
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`\n${[...lines, ...remarks].join('\n')}\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`);
  return sum.failed === 0 ? 0 : 1;
});
