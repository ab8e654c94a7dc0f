import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { electronPath, whyNoDisplay } from './electronRuntime.mjs';
import { checkNode, packageEnv } from './ensure.mjs';
import { countsOf, looksCruised } from './report.mjs';
import { isInstalledAsLocked, lockFingerprint, readStamp, sourceFingerprint, writeStamp } from './staleness.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nightshift-bootstrap-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text = 'x'): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

describe('checkNode', () => {
  it('refuses what cannot install the rest, with a sentence', () => {
    expect(() => checkNode('18.19.1')).toThrow(/Node 18\.19\.1 is too old/);
    expect(() => checkNode('20.0.0')).not.toThrow();
  });
});

describe('packageEnv', () => {
  it('looks among our packages first, whatever the variable is called', () => {
    expect(packageEnv('/r', { Path: '/bin' })).toEqual({ Path: `${join('/r', 'node_modules', '.bin')}${delimiter}/bin` });
  });
});

describe('lockFingerprint', () => {
  it('follows the content of the lock file', () => {
    put('package-lock.json', '{"a":1}');
    const before = lockFingerprint(root);
    expect(lockFingerprint(root)).toBe(before);
    put('package-lock.json', '{"a":2}');
    expect(lockFingerprint(root)).not.toBe(before);
  });
});

describe('isInstalledAsLocked', () => {
  const lock = JSON.stringify({
    packages: {
      '': { version: '0' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/win-only': { version: '2.0.0', optional: true },
    },
  });
  const hidden = (version: string): string => JSON.stringify({ packages: { 'node_modules/a': { version } } });

  it('takes an installation somebody made with npm ci, without the packages of other platforms', () => {
    expect(isInstalledAsLocked(lock, hidden('1.0.0'))).toBe(true);
  });

  it('does not take another version, a missing package or nothing', () => {
    expect(isInstalledAsLocked(lock, hidden('1.0.1'))).toBe(false);
    expect(isInstalledAsLocked(lock, JSON.stringify({ packages: {} }))).toBe(false);
    expect(isInstalledAsLocked(lock, null)).toBe(false);
  });
});

describe('sourceFingerprint', () => {
  beforeEach(() => {
    put('src-main/core/a.ts');
    put('src-main/bootstrap/start.mjs');
    put('src-shared/b.ts');
    put('src-renderer/main.tsx');
    put('package.json', '{}');
  });

  it('changes with size, time, new files and configuration', () => {
    const seen = [sourceFingerprint(root)];
    put('src-main/core/a.ts', 'xy');
    seen.push(sourceFingerprint(root));
    utimesSync(join(root, 'src-main/core/a.ts'), 1, 1);
    seen.push(sourceFingerprint(root));
    put('src-renderer/features/c.css');
    seen.push(sourceFingerprint(root));
    put('electron.vite.config.ts', 'export default {}');
    seen.push(sourceFingerprint(root));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('does not change with what is never built: tests, notes, the bootstrap itself', () => {
    const before = sourceFingerprint(root);
    put('src-main/core/a.test.ts');
    put('src-main/core/README.md');
    put('src-main/bootstrap/start.mjs', 'changed');
    put('src-main/testing/fake.ts');
    expect(sourceFingerprint(root)).toBe(before);
  });
});

describe('stamps', () => {
  it('are read back, and a broken one is none', () => {
    const path = join(root, 'deep/stamp.json');
    expect(readStamp(path)).toBeNull();
    writeStamp(path, { source: 'abc' });
    expect(readStamp(path)).toEqual({ source: 'abc' });
    writeFileSync(path, '{"sour');
    expect(readStamp(path)).toBeNull();
  });
});

describe('electronPath', () => {
  it('needs path.txt and the program it names', () => {
    expect(electronPath(root, {})).toBeNull();
    put('node_modules/electron/path.txt', 'electron');
    expect(electronPath(root, {})).toBeNull();
    put('node_modules/electron/dist/electron');
    expect(electronPath(root, {})).toBe(join(root, 'node_modules/electron/dist/electron'));
  });

  it('follows ELECTRON_OVERRIDE_DIST_PATH, and only if the program is there', () => {
    put('elsewhere/electron');
    expect(electronPath(root, { ELECTRON_OVERRIDE_DIST_PATH: join(root, 'elsewhere') })).toBe(join(root, 'elsewhere/electron'));
    expect(electronPath(root, { ELECTRON_OVERRIDE_DIST_PATH: join(root, 'nowhere') })).toBeNull();
  });
});

describe('whyNoDisplay', () => {
  it('asks for a display on Linux only', () => {
    expect(whyNoDisplay('linux', {})).toContain('no display');
    expect(whyNoDisplay('linux', { DISPLAY: '' })).toContain('no display');
    expect(whyNoDisplay('linux', { DISPLAY: ':0' })).toBeNull();
    expect(whyNoDisplay('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toBeNull();
    expect(whyNoDisplay('darwin', {})).toBeNull();
    expect(whyNoDisplay('win32', {})).toBeNull();
  });
});

describe('countsOf', () => {
  it('reads the reports of vitest and Playwright', () => {
    const vitest = { numPassedTests: 7, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1, testResults: [] };
    expect(countsOf('vitest', JSON.stringify(vitest), 1)).toMatchObject({ passed: 7, failed: 1, skipped: 3 });
    const playwright = { stats: { expected: 4, flaky: 1, unexpected: 2, skipped: 3 }, errors: [] };
    expect(countsOf('playwright', JSON.stringify(playwright), 1)).toMatchObject({ passed: 5, failed: 2, skipped: 3 });
  });

  it('names the tests that failed and those that needed a second try', () => {
    const assertion = (fullName: string, status: string, ...failureMessages: string[]): object => ({ fullName, status, failureMessages });
    const vitest = {
      numPassedTests: 2,
      numFailedTests: 1,
      numPendingTests: 0,
      numTodoTests: 0,
      testResults: [
        {
          status: 'failed',
          assertionResults: [
            assertion('fine', 'passed'),
            assertion('shaky', 'passed', '\u001B[31mtoo late\u001B[39m\n  at line 1'),
            assertion('bad', 'failed', 'wrong'),
          ],
        },
        { status: 'failed', name: 'a.test.ts', message: 'no such module', assertionResults: [] },
      ],
    };
    expect(countsOf('vitest', JSON.stringify(vitest), 1).remarks).toEqual([
      'passed on the second try: shaky (too late)',
      'failed: bad (wrong)',
      'failed: a.test.ts (no such module)',
    ]);
    const spec = (title: string, status: string, message?: string): object => ({
      title,
      tests: [{ status, results: [message === undefined ? {} : { error: { message } }, {}] }],
    });
    const playwright = {
      stats: { expected: 1, flaky: 1, unexpected: 1, skipped: 0 },
      errors: [],
      suites: [
        { specs: [spec('fine', 'expected')], suites: [{ specs: [spec('shaky', 'flaky', 'slow'), spec('bad', 'unexpected', 'no')] }] },
      ],
    };
    expect(countsOf('playwright', JSON.stringify(playwright), 1).remarks).toEqual([
      'passed on the second try: shaky (slow)',
      'failed: bad (no)',
    ]);
  });

  it('counts a test file that did not load as a failure', () => {
    const report = {
      numPassedTests: 3,
      numFailedTests: 0,
      numPendingTests: 0,
      numTodoTests: 0,
      testResults: [
        { status: 'failed', assertionResults: [] },
        { status: 'passed', assertionResults: [{}] },
      ],
    };
    expect(countsOf('vitest', JSON.stringify(report), 1)).toMatchObject({ passed: 3, failed: 1, skipped: 0 });
  });

  it('never looks better than the exit code', () => {
    expect(countsOf('vitest', null, 139)).toMatchObject({ passed: 0, failed: 1, skipped: 0 });
    expect(countsOf('ours', '{"passed":5,"failed":0,"skipped":0}', 2)).toMatchObject({ passed: 5, failed: 1, skipped: 0 });
    expect(countsOf('playwright', '{"half', 0)).toMatchObject({ passed: 0, failed: 1, skipped: 0 });
    expect(countsOf('ours', null, 0)).toMatchObject({ passed: 1, failed: 0, skipped: 0 });
  });
});

describe('looksCruised', () => {
  it('does not take a look at nothing for success', () => {
    expect(looksCruised('✔ no dependency violations found (48 modules, 96 dependencies cruised)')).toBe(true);
    expect(looksCruised('✔ no dependency violations found (0 modules, 0 dependencies cruised)')).toBe(false);
    expect(looksCruised('')).toBe(false);
  });
});
