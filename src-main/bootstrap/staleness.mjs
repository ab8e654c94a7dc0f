import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What goes into the build. Tests and the bootstrap do not. */
const SOURCE_FOLDERS = ['src-main', 'src-shared', 'src-renderer'];
const SOURCE_FILES = ['electron.vite.config.ts', 'package.json', 'package-lock.json', 'tsconfig.base.json', 'tsconfig.renderer.json'];
const NOT_BUILT = /\.(test|suite)\.tsx?$|\.md$/;

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Hash of the lock file, the platform and the processor: what decides whether the installed packages fit. */
export function lockFingerprint(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');
}

function* filesBelow(root, folder) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (path === 'src-main/bootstrap' || path === 'src-main/testing') continue;
    if (entry.isDirectory()) yield* filesBelow(root, path);
    else if (!NOT_BUILT.test(entry.name)) yield path;
  }
}

/** Hash over the names, sizes and times of everything the build reads; milliseconds for a few hundred files. */
export function sourceFingerprint(root) {
  const hash = createHash('sha256');
  for (const folder of SOURCE_FOLDERS) {
    for (const path of filesBelow(root, folder)) {
      const { size, mtimeMs } = statSync(join(root, path));
      hash.update(`${path}\n${size}\n${mtimeMs}\n`);
    }
  }
  for (const path of SOURCE_FILES) hash.update(`${path}\n${readText(join(root, path)) ?? ''}\n`);
  return hash.digest('hex');
}

/**
 * Whether npm's own record of an installation (`node_modules/.package-lock.json`) holds every package of the lock file in its version,
 * so that somebody who typed `npm ci` does not wait for a second one. Optional packages of other platforms may be missing.
 */
export function isInstalledAsLocked(lockJson, hiddenLockJson) {
  if (hiddenLockJson === null) return false;
  const wanted = JSON.parse(lockJson).packages;
  const found = JSON.parse(hiddenLockJson).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' || found[path]?.version === version || (!found[path] && (optional || devOptional) === true),
  );
}

/** Packages on disk were installed from exactly this lock file, by npm ci typed by a person or by us. */
export function isInstalledOnDisk(root) {
  return isInstalledAsLocked(readText(join(root, 'package-lock.json')), readText(join(root, 'node_modules', '.package-lock.json')));
}

/** @returns the value of a stamp file, null when there is none or it is broken */
export function readStamp(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

export function writeStamp(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value)}\n`);
}
