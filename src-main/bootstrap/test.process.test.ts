import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from './paths.mjs';
import { lockFingerprint, writeStamp } from './staleness.mjs';

/** A checkout whose tools only leave the reports they are told to leave. */
let root: string;

function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
  chmodSync(join(root, path), mode);
}

const ours = (counts: object, exitCode = 0): string =>
  `import { writeFileSync } from 'node:fs';
   writeFileSync(process.env.NIGHTSHIFT_TEST_REPORT, ${JSON.stringify(JSON.stringify(counts))});
   process.exit(${exitCode});`;

const vitestReport = (passed: number, failed: number, skipped: number): object => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: skipped,
  numTodoTests: 0,
  testResults: [],
});

function runTests(args: readonly string[] = []): { status: number | null; lines: string[]; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'src-main/bootstrap/test.mjs'), ...args], {
    cwd: root,
    env: { PATH: join(root, 'bin') },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, lines: stdout.trim().split('\n'), stderr };
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
  cpSync(join(ROOT, 'src-main/bootstrap'), join(root, 'src-main/bootstrap'), { recursive: true });
  put('package.json', '{"type":"module"}');
  put('package-lock.json', '{"packages":{}}');
  put('src-main/bootstrap/check.mjs', ours({ passed: 7, failed: 0, skipped: 0 }));
  put('src-main/bootstrap/build.mjs', '');
  put('src-main/bootstrap/packageCheck.mjs', ours({ passed: 8, failed: 0, skipped: 1 }));
  put('node_modules/vitest/package.json', '{"bin":{"vitest":"run.cjs"}}');
  put(
    'node_modules/vitest/run.cjs',
    `const path = process.argv.find((arg) => arg.startsWith('--outputFile.json=')).split('=')[1];
     const counts = process.argv.includes('unit') ? ${JSON.stringify(vitestReport(100, 0, 2))} : ${JSON.stringify(vitestReport(20, 0, 0))};
     require('node:fs').writeFileSync(path, JSON.stringify(counts));`,
  );
  put('node_modules/@playwright/test/package.json', '{"bin":{"playwright":"run.cjs"}}');
  put(
    'node_modules/@playwright/test/run.cjs',
    `const report = { stats: { expected: 5, flaky: 0, unexpected: 0, skipped: 4 }, errors: [] };
     require('node:fs').writeFileSync(process.env.PLAYWRIGHT_JSON_OUTPUT_FILE, JSON.stringify(report));`,
  );
  for (const name of ['chromium', 'ffmpeg']) put(`bin/${name}`, '', 0o755);
  put('bin/python3', '#!/bin/sh\n', 0o755);
  put('bin/fc-list', '#!/bin/sh\necho Noto Sans CJK KR\n', 0o755);
  writeStamp(join(root, 'node_modules/.nightshift-installed.json'), { lock: lockFingerprint(root), node: process.execPath });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe.skipIf(process.platform === 'win32')('npm test', () => {
  it('adds up what every step counted, and says it in the last line', () => {
    const { status, lines } = runTests();
    expect([status, lines.at(-1)]).toEqual([0, '141 passed, 0 failed, 7 skipped']);
    expect(lines.slice(0, -1).map((line) => line.trim().split(/\s+/)[0])).toEqual([
      'check',
      'build',
      'unit',
      'process',
      'package:check',
      'e2e',
    ]);
  });

  it('goes on after a failed step and ends with a failure', () => {
    put('src-main/bootstrap/check.mjs', ours({ passed: 6, failed: 1, skipped: 0 }, 1));
    const { status, lines } = runTests();
    expect([status, lines.at(-1)]).toEqual([1, '140 passed, 1 failed, 7 skipped']);
  });

  it('says above the sum which tests failed or needed a second try', () => {
    put(
      'node_modules/@playwright/test/run.cjs',
      `const suites = [{ specs: [{ title: 'opens', tests: [{ status: 'flaky', results: [{ error: { message: 'too late' } }, {}] }] }] }];
       const report = { stats: { expected: 4, flaky: 1, unexpected: 0, skipped: 4 }, errors: [], suites };
       require('node:fs').writeFileSync(process.env.PLAYWRIGHT_JSON_OUTPUT_FILE, JSON.stringify(report));`,
    );
    const { status, lines } = runTests();
    expect([status, ...lines.slice(-2)]).toEqual([
      0,
      '  e2e: passed on the second try: opens (too late)',
      '141 passed, 0 failed, 7 skipped',
    ]);
  });

  it('counts a step that crashed without a report', () => {
    put('node_modules/vitest/run.cjs', 'process.exit(134);');
    const { status, lines } = runTests();
    expect([status, lines.at(-1)]).toEqual([1, '21 passed, 2 failed, 5 skipped']);
  });

  it('names what the system lacks, runs the rest and fails', () => {
    rmSync(join(root, 'bin/chromium'));
    const { status, lines, stderr } = runTests();
    expect(stderr).toContain('missing Debian packages: chromium');
    expect([status, lines.at(-1)]).toEqual([1, '136 passed, 1 failed, 4 skipped']);
  });

  it('takes a Python without the packages for none at all', () => {
    put('bin/python3', '#!/bin/sh\nexit 1\n', 0o755);
    const { stderr } = runTests();
    expect(stderr).toContain('missing Debian packages: python3-websockets python3-pocketsphinx pocketsphinx-en-us');
  });

  it.skipIf(process.getuid?.() !== 0)('installs it as root when told to', () => {
    rmSync(join(root, 'bin/chromium'));
    put('bin/apt-get', `#!/bin/sh\necho "apt-get $*" >&2\n[ "$1" = install ] && echo > ${join(root, 'bin/chromium')}\nexit 0\n`, 0o755);
    const { status, lines, stderr } = runTests(['--install']);
    expect(stderr).toContain('apt-get install -y -q --no-install-recommends chromium');
    expect([status, lines.at(-1)]).toEqual([0, '141 passed, 0 failed, 7 skipped']);
  });
});
