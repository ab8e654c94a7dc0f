import { INSTANCE_VARIABLE } from '#main/core/servers/adapters/nightshift/protocol.ts';
import type { ChildProcessHandle } from '#main/core/ports.ts';
import { createSpawner } from '#main/platform/spawner.ts';
import { assetsFolder } from '#main/programs/programPath.ts';
import type { Mode } from '#shared/domain/mode.ts';

export interface SpeechServerProcess {
  readonly child: ChildProcessHandle;
  readonly port: number;
  readonly url: string;
  /** Everything it has written to standard error so far. */
  readonly log: () => string;
  stop(): Promise<void>;
}

export const SAMPLE_MODEL = `${assetsFolder()}/models/tiny-en`;

/** Starts our own server program on a free port and waits until it says that it is ready (or, with `until`, something else). */
export async function startSpeechServer(
  mode: Mode,
  options: { readonly args?: readonly string[]; readonly until?: RegExp } = {},
): Promise<SpeechServerProcess> {
  const args = ['--mode', mode, '--port', '0', '--model', SAMPLE_MODEL, ...(options.args ?? [])];
  const child = await createSpawner().spawnProgram('asrServer', { args, env: { [INSTANCE_VARIABLE]: 'test-instance' } });
  let text = '';
  child.stderr.setEncoding('utf8');
  child.stdout.resume();
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (part: string) => {
      text += part;
      if ((options.until ?? /ready after/).test(text)) resolve();
    });
    void child.exited.then(() => reject(new Error(`the server ended: ${text}`)));
  });
  const port = Number(/listening on port (\d+)/.exec(text)?.[1]);
  return {
    child,
    port,
    url: `ws://localhost:${port}`,
    log: () => text,
    stop: async () => {
      await child.terminate(5_000);
    },
  };
}
