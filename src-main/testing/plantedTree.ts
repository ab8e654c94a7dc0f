import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const CONFIGURATION = [
  'package.json',
  '.dependency-cruiser.cjs',
  '.oxlintrc.json',
  'tsconfig.json',
  'tsconfig.base.json',
  'tsconfig.main.json',
  'tsconfig.renderer.json',
  'tsconfig.shared.json',
];

/** A folder with our real configuration, our installed packages and the given files, to see what the checks say about them. */
export function plantTree(files: Readonly<Record<string, string>>): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'nightshift-planted-'));
  for (const name of CONFIGURATION) copyFileSync(join(ROOT, name), join(path, name));
  symlinkSync(join(ROOT, 'node_modules'), join(path, 'node_modules'), 'junction');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
