import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, extname, isAbsolute, join } from 'node:path';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';

export interface FileManagerOptions {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

function findOnPath(program: string, env: FileManagerOptions['env']): string | null {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return null;
}

/** Whether there is a file manager and somebody who could see it. */
export function hasFileManager({ platform, env }: FileManagerOptions): boolean {
  if (platform === 'darwin' || platform === 'win32') return true;
  const hasDisplay = [env['WAYLAND_DISPLAY'], env['DISPLAY']].some((display) => display !== undefined && display !== '');
  return hasDisplay && findOnPath('xdg-open', env) !== null;
}

/**
 * Where a path really leads, and whether that may be opened: folders may, files are only shown in theirs, because what looks like a recording
 * may be a program. On macOS a folder with an ending may be an application, which opening would start.
 * @throws INPUT_INVALID for a relative path, FILE_NOT_FOUND
 */
export async function placeToOpen(
  path: string,
  platform: NodeJS.Platform,
): Promise<{ readonly path: string; readonly isOpenable: boolean }> {
  if (!isAbsolute(path)) throw new NightshiftError('INPUT_INVALID', { field: 'path', detail: 'path: must be absolute' });
  try {
    const real = await realpath(path);
    const isFolder = (await stat(real)).isDirectory();
    return { path: real, isOpenable: isFolder && (platform !== 'darwin' || extname(real) === '') };
  } catch (cause) {
    throw new NightshiftError('FILE_NOT_FOUND', { path }, { cause });
  }
}

function commandFor(path: string, isOpenable: boolean, { platform, env }: FileManagerOptions): Command | null {
  switch (platform) {
    case 'darwin':
      return { program: '/usr/bin/open', args: isOpenable ? [path] : ['-R', path] };
    case 'win32':
      return {
        program: join(env['SystemRoot'] ?? 'C:\\Windows', 'explorer.exe'),
        args: isOpenable ? [path] : [`/select,${path}`],
      };
    default: {
      const program = hasFileManager({ platform, env }) ? findOnPath('xdg-open', env) : null;
      return program === null ? null : { program, args: [isOpenable ? path : dirname(path)] };
    }
  }
}

/**
 * Shows an existing file or folder in the system's file manager; does not wait for it.
 * @throws INPUT_INVALID for a relative path, FILE_NOT_FOUND, NOT_AVAILABLE_HERE
 */
export async function openInFileManager(path: string, options: FileManagerOptions): Promise<void> {
  const place = await placeToOpen(path, options.platform);
  const command = commandFor(place.path, place.isOpenable, options);
  if (command === null) throw new NightshiftError('NOT_AVAILABLE_HERE', { reason: 'noFileManager' });
  await new Promise<void>((resolve, reject) => {
    const child = spawn(command.program, command.args, { stdio: 'ignore', detached: true, env: { ...options.env } as NodeJS.ProcessEnv });
    child.once('spawn', resolve);
    child.once('error', (cause) => reject(new NightshiftError('NOT_AVAILABLE_HERE', { detail: cause.message }, { cause })));
    child.unref();
  });
}
