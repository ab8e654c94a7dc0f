import { type ChildProcess, spawn } from 'node:child_process';
import type { Logger, PowerHold } from '../core/ports.ts';
import { killTree } from './killTree.ts';

export interface PowerHoldOptions {
  readonly logger: Logger;
  readonly platform?: NodeJS.Platform;
  /** Environment of the tool; its PATH is where it is looked for. */
  readonly env?: NodeJS.ProcessEnv;
}

type Command = readonly [program: string, ...args: string[]];

/**
 * SetThreadExecutionState(ES_CONTINUOUS | ES_SYSTEM_REQUIRED) lasts as long as the thread that called it (learn.microsoft.com), here until
 * stdin ends.
 */
const WINDOWS_SCRIPT = [
  `$power = Add-Type -PassThru -Name Power -Namespace Nightshift -MemberDefinition '[DllImport("kernel32.dll")] public static extern uint SetThreadExecutionState(uint flags);'`,
  `if ($power::SetThreadExecutionState([uint32]'0x80000001') -eq 0) { exit 1 }`,
  `[void][Console]::In.ReadToEnd()`,
].join('; ');

/**
 * What keeps the machine awake, in the order of preference. Every command ends by itself when this process is gone, however it ended: its
 * stdin closes, or (macOS) it watches our process id.
 */
export function powerHoldCommands(platform: NodeJS.Platform, ownerPid: number, reason: string): readonly Command[] {
  switch (platform) {
    case 'linux': {
      const inhibit = (what: string): Command => [
        'systemd-inhibit',
        `--what=${what}`,
        '--who=Nightshift',
        `--why=${reason}`,
        '--mode=block',
        'cat',
      ];
      // Someone who is logged in from elsewhere may inhibit idling but not sleep (logind's polkit actions).
      return [inhibit('idle:sleep'), inhibit('idle')];
    }
    case 'darwin':
      return [['caffeinate', '-i', '-w', String(ownerPid)]];
    case 'win32':
      return [['powershell.exe', '-NoProfile', '-NonInteractive', '-Command', WINDOWS_SCRIPT]];
    default:
      return [];
  }
}

/**
 * Keeps the machine (not its display) awake while at least one hold is alive, through a child process. Where there is no way to do that it is
 * said once in the log and holds have no effect.
 */
export function createPowerHold({ logger, platform = process.platform, env = process.env }: PowerHoldOptions): PowerHold {
  const reasons = new Set<{ readonly reason: string }>();
  let child: ChildProcess | null = null;
  let hasComplained = false;

  const start = (commands: readonly Command[]): void => {
    const [command, ...others] = commands;
    if (command === undefined) {
      child = null;
      if (!hasComplained) logger.warn('the machine cannot be kept awake: it may go to sleep during a run', { platform });
      hasComplained = true;
      return;
    }
    const [program, ...args] = command;
    const started = spawn(program, args, {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
      // Out of the terminal's group: the first Ctrl-C lets current files finish, and they want the machine awake.
      detached: platform !== 'win32',
      windowsHide: true,
    });
    child = started;
    started.unref();
    started.stdin.on('error', () => undefined);
    const ended = (detail: string): void => {
      if (child !== started) return;
      logger.debug('a tool that keeps the machine awake has ended', { program, detail });
      start(others);
    };
    started.once('error', (error) => ended(error.message));
    started.once('exit', (code, signal) => ended(signal ?? `code ${code}`));
  };

  const stop = (): void => {
    const stopped = child;
    child = null;
    if (stopped === null) return;
    stopped.stdin?.destroy();
    if (stopped.pid === undefined) return;
    if (platform === 'win32') stopped.kill();
    else killTree(stopped.pid, 'SIGTERM');
  };

  return {
    acquire(reason) {
      const hold = { reason };
      reasons.add(hold);
      if (reasons.size === 1) start(powerHoldCommands(platform, process.pid, reason));
      return {
        [Symbol.dispose]: () => {
          if (reasons.delete(hold) && reasons.size === 0) stop();
        },
      };
    },
  };
}
