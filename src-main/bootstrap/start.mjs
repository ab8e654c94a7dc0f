import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runForeground } from './child.mjs';
import { electronPath, fetchElectron, whyNoDisplay } from './electronRuntime.mjs';
import { ensureReady } from './ensure.mjs';
import { ROOT, userFolder } from './paths.mjs';
import { runMain, say } from './say.mjs';

const OWN_FLAGS = ['--fetch-electron', '--serve'];

/**
 * Opens the window. An Electron that ends before its window is there (no user namespaces, root without a sandbox, a display that
 * refuses) is not the end: the panel can still be served.
 * @returns an exit code, or why to serve instead
 */
async function openWindow(program, args) {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-start-'));
  const readyFile = join(folder, 'window');
  try {
    const { code, signal, exitCode } = await runForeground(program, [ROOT, ...args], {
      cwd: userFolder(),
      env: { ...process.env, NIGHTSHIFT_READY_FILE: readyFile },
    });
    const diedByItself = (signal !== null && signal !== 'SIGINT' && signal !== 'SIGTERM') || code === 1 || (code ?? 0) > 125;
    if (existsSync(readyFile) || !diedByItself) return { exitCode };
    return { why: `the Electron runtime ended before its window opened (${signal ?? `code ${code}`})` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await runMain(async () => {
  const given = process.argv.slice(2);
  const args = given.filter((arg) => !OWN_FLAGS.includes(arg));
  const { node } = await ensureReady();

  let why = given.includes('--serve') ? '--serve was given' : whyNoDisplay();
  why ??= await fetchElectron(ROOT, node, { force: given.includes('--fetch-electron') });
  if (why === null) {
    const ended = await openWindow(electronPath(ROOT), args);
    if (ended.why === undefined) return ended.exitCode;
    why = ended.why;
  }
  say(`Nightshift: no window, because ${why}; serving the panel to a browser instead.`);
  const { exitCode } = await runForeground(node, [join(ROOT, 'out', 'main', 'cli.js'), 'serve', ...args], { cwd: userFolder() });
  return exitCode;
});
