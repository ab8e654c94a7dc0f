import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { PowerActions } from '../core/ports.ts';

export interface PowerActionsOptions {
  readonly platform?: NodeJS.Platform;
  /** Environment of the tools; its PATH is where they are looked for. */
  readonly env?: NodeJS.ProcessEnv;
}

type Command = readonly [program: string, ...args: string[]];

/** Of what a tool or command writes. */
const OUTPUT_KEPT_CHARS = 4_000;

/** The system's own tools, in the order of preference; none asks anybody for a password. Inhibitors of other programs are respected. */
export function powerCommands(platform: NodeJS.Platform, action: 'sleep' | 'shutDown'): readonly Command[] {
  switch (platform) {
    case 'linux': {
      const verb = action === 'sleep' ? 'suspend' : 'poweroff';
      return [
        ['systemctl', '--no-ask-password', verb],
        ['loginctl', '--no-ask-password', verb],
      ];
    }
    case 'darwin':
      return action === 'sleep' ? [['pmset', 'sleepnow']] : [['osascript', '-e', 'tell application "System Events" to shut down']];
    case 'win32':
      return action === 'sleep' ? [['rundll32.exe', 'powrprof.dll,SetSuspendState', '0,1,0']] : [['shutdown.exe', '/s', '/t', '0']];
    default:
      return [];
  }
}

export function createPowerActions({ platform = process.platform, env = process.env }: PowerActionsOptions = {}): PowerActions {
  const run = ([program, ...args]: Command): Promise<{ code: number | null; output: string }> =>
    new Promise((resolve, reject) => {
      let output = '';
      const child = spawn(program, args, {
        env,
        cwd: homedir(),
        stdio: ['ignore', 'pipe', 'pipe'],
        // Out of the terminal's group: Ctrl-C is meant for us.
        detached: platform !== 'win32',
        windowsHide: true,
      });
      const keep = (part: Buffer): void => {
        output = (output + part.toString()).slice(-OUTPUT_KEPT_CHARS);
      };
      child.stdout.on('data', keep);
      child.stderr.on('data', keep);
      child.once('error', (error) =>
        reject(new NightshiftError('POWER_ACTION_FAILED', { command: program, detail: error.message }, { cause: error })),
      );
      child.once('close', (code) => resolve({ code, output: output.trim() }));
    });

  const act = async (action: 'sleep' | 'shutDown'): Promise<void> => {
    let failure = new NightshiftError('POWER_ACTION_FAILED', { command: action, detail: `there is no known way on ${platform}` });
    for (const command of powerCommands(platform, action)) {
      try {
        const { code, output } = await run(command);
        if (code === 0) return;
        failure = new NightshiftError('POWER_ACTION_FAILED', {
          command: command.join(' '),
          detail: output || `it ended with code ${code ?? 'none'}`,
        });
      } catch (error) {
        // The refusal of a tool that is there says more than the absence of the next one.
        if (error instanceof NightshiftError && failure.data['command'] === action) failure = error;
      }
    }
    throw failure;
  };

  return {
    sleep: () => act('sleep'),
    shutDown: () => act('shutDown'),
    runCommand: (command, args) => run([command, ...args]),
  };
}
