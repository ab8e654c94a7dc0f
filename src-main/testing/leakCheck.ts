import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { MARK_VARIABLE, markedProcesses } from './markedProcesses.ts';

/**
 * Call first in a test file: the file fails when it leaves a process or something in the temporary folder behind. It gets a temporary folder
 * of its own (`os.tmpdir()` reads the environment each time), and its processes are known by a variable that every descendant inherits, so
 * they are found even when their parent is gone (Linux only).
 * @param goneWithinMs how long what was ended may take to be gone
 */
export function checkLeaks(goneWithinMs = 10_000): void {
  let folder: string;
  const earlier: Record<string, string | undefined> = {};
  // Not before: hooks do not run when every test of the file was filtered out, and nobody would remove the folder.
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ns-'));
    for (const [name, value] of Object.entries({ [MARK_VARIABLE]: folder, TMPDIR: folder, TEMP: folder, TMP: folder })) {
      earlier[name] = process.env[name];
      process.env[name] = value;
    }
  });
  afterAll(async () => {
    const untilMs = performance.now() + goneWithinMs;
    let left = leftBehind(folder);
    while (left.length > 0 && performance.now() < untilMs) {
      await delay(50);
      left = leftBehind(folder);
    }
    for (const [name, value] of Object.entries(earlier)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(folder, { recursive: true, force: true });
    expect(left, 'left behind by this test file').toEqual([]);
  }, goneWithinMs + 20_000);
}

function leftBehind(folder: string): string[] {
  // V8's code cache is Node's own, kept for the next start.
  const files = readdirSync(folder).filter((name) => name !== 'node-compile-cache');
  return process.platform === 'linux' ? [...files, ...markedProcesses(folder)] : files;
}
