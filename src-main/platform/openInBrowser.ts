import { spawn } from 'node:child_process';
import { join } from 'node:path';

/**
 * Asks the system to show an address in the user's browser; does not wait for it.
 * @param url http or https, made by us
 * @returns false when nothing here can do that
 */
export function openInBrowser(url: string): Promise<boolean> {
  const [program, args] = commandFor(url);
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true, windowsHide: true });
    child.once('spawn', () => resolve(true));
    child.once('error', () => resolve(false));
    child.unref();
  });
}

function commandFor(url: string): [string, string[]] {
  switch (process.platform) {
    case 'darwin':
      return ['/usr/bin/open', [url]];
    case 'win32':
      // Unlike `start`, this hands the address on without a command interpreter reading it.
      return [join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'rundll32.exe'), ['url.dll,FileProtocolHandler', url]];
    default:
      return ['xdg-open', [url]];
  }
}
