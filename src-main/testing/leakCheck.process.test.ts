import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

/** Runs a test file of its own with the leak check in it. */
async function outcome(test: string): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'nightshift-leak-')));
  try {
    await writeFile(
      join(folder, 'x.test.ts'),
      `import { checkLeaks } from ${JSON.stringify(join(import.meta.dirname, 'leakCheck.ts'))};
       import { expect, it } from ${JSON.stringify(join(root, 'node_modules/vitest/dist/index.js'))};
       import { spawn } from 'node:child_process';
       import { mkdtempSync, rmSync } from 'node:fs';
       import { tmpdir } from 'node:os';
       checkLeaks(1_000);
       it('passes', () => { ${test} expect(1).toBe(1); });`,
    );
    const { stdout, stderr } = await run(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder, '--no-cache'],
      { env: { ...process.env, NO_COLOR: '1' } },
    ).catch((error: unknown) => error as { stdout: string; stderr: string });
    return stdout + stderr;
  } finally {
    await rm(folder, { recursive: true });
  }
}

it('passes a file that cleans up after itself', async () => {
  expect(await outcome(`rmSync(mkdtempSync(tmpdir() + '/x-'), { recursive: true }); spawn('true');`)).toMatch(/1 passed/);
});

it.skipIf(process.platform !== 'linux')('fails a file that leaves a folder and a detached process behind', async () => {
  const said = await outcome(`mkdtempSync(tmpdir() + '/kept-'); spawn('sleep', ['14'], { detached: true, stdio: 'ignore' }).unref();`);
  expect(said).toMatch(/left behind by this test file/);
  expect(said).toMatch(/kept-/);
  expect(said).toMatch(/\d+ sleep 14/);
});
