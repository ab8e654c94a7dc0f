import { spawnSync } from 'node:child_process';
import { win32 } from 'node:path';

/** Windows tools by absolute path: a `taskkill.exe` in the working folder must not be started instead. */
export function windowsSystemTool(...parts: string[]): string {
  return win32.join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', ...parts);
}

/**
 * Sends a signal to every process of the tree whose root was started in a group of its own. Synchronous, so that it works in
 * an `exit` handler. On Windows there is no polite signal for programs without a window: `SIGTERM` does nothing there (our
 * programs end when their stdin closes) and `SIGKILL` ends the tree with `taskkill /T /F`.
 * @returns false when nothing of the group is left.
 */
export function killTree(rootPid: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  if (process.platform === 'win32') {
    if (signal === 'SIGTERM') return true;
    const done = spawnSync(windowsSystemTool('taskkill.exe'), ['/pid', String(rootPid), '/T', '/F'], {
      windowsHide: true,
      stdio: 'ignore',
      timeout: 5_000,
    });
    return done.status === 0;
  }
  return signalGroup(rootPid, signal);
}

/** Whether a process of the group still exists; ended ones that nobody has collected yet count. Always false on Windows. */
export function isTreeAlive(rootPid: number): boolean {
  return process.platform !== 'win32' && signalGroup(rootPid, 0);
}

function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch (error) {
    // EPERM: a member changed its user. It is there, and it is no longer ours to end.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
