import { randomBytes } from 'node:crypto';
import { open, readFile, realpath, stat, unlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, posix, resolve, win32 } from 'node:path';
import { NightshiftError, type ErrorData } from '#shared/errors/nightshiftError.ts';
import { folderProblem } from './folderProblem.ts';
import { makeFolders } from './makeFolders.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where data lies when nothing else is said: `NIGHTSHIFT_DATA_DIR`, else the system's place for a user's data.
 * Sources: XDG Base Directory 0.8 (a relative XDG_DATA_HOME is to be ignored), Apple's File System Programming Guide, Windows known folders.
 */
export function defaultDataDir(platform: NodeJS.Platform, env: Environment, home: string): string {
  const chosen = env['NIGHTSHIFT_DATA_DIR'];
  if (chosen !== undefined && chosen !== '') return chosen;
  if (platform === 'win32') {
    const roaming = env['APPDATA'];
    return win32.join(roaming !== undefined && roaming !== '' ? roaming : win32.join(home, 'AppData', 'Roaming'), 'Nightshift');
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'Nightshift');
  const xdg = env['XDG_DATA_HOME'];
  return posix.join(xdg !== undefined && posix.isAbsolute(xdg) ? xdg : posix.join(home, '.local', 'share'), 'nightshift');
}

/** The data folder of this process, absolute: `chosen` (a `--data-dir` flag) before the environment before the system's place. */
export function resolveDataDir(chosen?: string): string {
  return resolve(chosen ?? defaultDataDir(process.platform, process.env, homedir()));
}

/** File systems over a network, where SQLite's locks and shared memory do not work (sqlite.org/wal.html, sqlite.org/howtocorrupt.html §2.1). */
const NETWORK_FILE_SYSTEMS = /^(nfs\d?|cifs|smb\d?|smbfs|ncpfs|ncp|afs|fuse\.(sshfs|smbnetfs|rclone|s3fs|davfs2?)|davfs)$/;

/**
 * Creates the folder (for this user only) or checks an existing one, and returns its real path.
 * @throws DATA_FOLDER_UNUSABLE with `path` and `reason`: not a folder, not writable, or on a network file system.
 */
export async function prepareDataDir(path: string): Promise<string> {
  const unusable = (facts: ErrorData, cause?: unknown): NightshiftError =>
    new NightshiftError('DATA_FOLDER_UNUSABLE', { path, ...facts }, { cause });
  if (process.platform === 'win32' && /^[\\/]{2}(?![?.][\\/])/.test(path)) throw unusable({ reason: 'networkFileSystem' });
  let real: string;
  try {
    await makeFolders(path, 0o700);
    real = await realpath(path);
    if (!(await stat(real)).isDirectory()) throw unusable({ reason: 'notFolder' });
  } catch (error) {
    if (error instanceof NightshiftError) throw error;
    throw unusable(folderProblem(error), error);
  }
  if (process.platform === 'linux') {
    const type = networkFileSystemAt(await readFile('/proc/self/mounts', 'utf8').catch(() => ''), real);
    if (type !== null) throw unusable({ reason: 'networkFileSystem', fileSystem: type });
  }
  const probe = join(real, `.write-test-${randomBytes(4).toString('hex')}`);
  try {
    await (await open(probe, 'wx', 0o600)).close();
    await unlink(probe);
  } catch (error) {
    throw unusable({ reason: 'notWritable', detail: messageOf(error) }, error);
  }
  return real;
}

/**
 * Type of the network file system that holds `path`, or null when it is local.
 * @param mounts text of `/proc/self/mounts` (fields by space, blanks inside them as `\040`; the last mount on a path counts)
 */
export function networkFileSystemAt(mounts: string, path: string): string | null {
  let longest = -1;
  let found: string | null = null;
  for (const line of mounts.split('\n')) {
    const [, escapedPoint, type] = line.split(' ');
    if (escapedPoint === undefined || type === undefined) continue;
    const point = escapedPoint.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const holds = path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`);
    if (holds && point.length >= longest) {
      longest = point.length;
      found = type;
    }
  }
  return found !== null && NETWORK_FILE_SYSTEMS.test(found) ? found : null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
