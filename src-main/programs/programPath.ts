import { fileURLToPath } from 'node:url';

/** Every script that is started by path: programs (child processes) and threads. Source file by built name. */
export const SCRIPTS = {
  asrServer: 'programs/asrServer/main.ts',
  asrDecodeThread: 'programs/asrServer/decodeThread.ts',
  decoder: 'programs/decoder/main.ts',
  guard: 'programs/guard/main.ts',
  databaseThread: 'core/persistence/databaseThread.ts',
  scanThread: 'platform/scanThread.ts',
  scoreThread: 'core/scoring/scoreThread.ts',
  reportThread: 'core/reports/reportThread.ts',
  compareThread: 'core/compare/compareThread.ts',
  backupThread: 'core/backups/backupThread.ts',
} as const;

export type ScriptName = keyof typeof SCRIPTS;

/**
 * Absolute path of a script. Built code finds `<name>.js` beside itself (all entries share one folder); run from source, Node
 * strips the types, so the `.ts` file itself is started.
 */
export function scriptPath(name: ScriptName): string {
  const here = import.meta.url;
  return fileURLToPath(here.endsWith('.ts') ? new URL(`../${SCRIPTS[name]}`, here) : new URL(`./${name}.js`, here));
}

/** Folder with (source and built code both lie two levels below the root) `samples`, `models` and icons. Inside an installed app it lies outside the archive, where C++ and child programs can read. */
export function assetsFolder(): string {
  return fileURLToPath(new URL('../../assets', import.meta.url)).replace(/app\.asar([\\/])/, 'app.asar.unpacked$1');
}
