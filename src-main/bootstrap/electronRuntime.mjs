import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './child.mjs';
import { say } from './say.mjs';
import { readStamp, writeStamp } from './staleness.mjs';

const RETRY_AFTER_MS = 24 * 3_600_000;
const FETCH_LIMIT_MS = 5 * 60_000;

/**
 * The Electron program, found by looking at files only: under Node `require('electron')` starts a download when it is missing.
 * @returns absolute path, null when there is none
 */
export function electronPath(root, env = process.env) {
  const folder = join(root, 'node_modules', 'electron');
  let name = null;
  try {
    name = readFileSync(join(folder, 'path.txt'), 'utf8').trim();
  } catch {
    // Not fetched.
  }
  const overrideFolder = env.ELECTRON_OVERRIDE_DIST_PATH;
  if (overrideFolder) {
    const path = join(overrideFolder, name ?? 'electron');
    return existsSync(path) ? path : null;
  }
  if (!name) return null;
  const path = join(folder, 'dist', name);
  return existsSync(path) ? path : null;
}

/** @returns why there is no window here, null when there may be one */
export function whyNoDisplay(platform = process.platform, env = process.env) {
  if (platform !== 'linux' || env.DISPLAY || env.WAYLAND_DISPLAY) return null;
  return 'this session has no display (neither DISPLAY nor WAYLAND_DISPLAY is set)';
}

/**
 * Fetches the runtime with the package's own `install.js`, at most once a day after a failure.
 * @returns null when it is there now, otherwise why it is not
 */
export async function fetchElectron(root, node, { force = false, limitMs = FETCH_LIMIT_MS, nowMs = Date.now() } = {}) {
  if (electronPath(root) !== null) return null;
  const folder = join(root, 'node_modules', 'electron');
  if (!existsSync(join(folder, 'install.js'))) return 'the package electron is not installed';
  const markerPath = join(root, 'node_modules', '.nightshift-electron-fetch-failed.json');
  const failedAtMs = readStamp(markerPath)?.atMs;
  if (!force && failedAtMs !== undefined && nowMs >= failedAtMs && nowMs - failedAtMs < RETRY_AFTER_MS) {
    return 'the Electron runtime could not be fetched earlier today ("npm start -- --fetch-electron" tries again)';
  }
  const limitText = limitMs >= 60_000 ? `${Math.round(limitMs / 60_000)} min` : `${limitMs / 1_000} s`;
  say(`Nightshift: fetching the Electron runtime once (about 120 MB, at most ${limitText}).`);
  const { exitCode, timedOut } = await runQuietly(node, [join(folder, 'install.js')], {
    cwd: folder,
    env: process.env,
    limitMs,
    onTick: (sec) => say(`  … fetching the Electron runtime, ${sec} s`),
  });
  if (electronPath(root) !== null) return null;
  writeStamp(markerPath, { atMs: nowMs });
  return timedOut
    ? `fetching the Electron runtime took longer than ${limitText}`
    : `the Electron runtime could not be fetched (install.js ended with code ${exitCode})`;
}
