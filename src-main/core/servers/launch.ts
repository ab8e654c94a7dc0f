import type { ServerSpawn } from '#main/core/ports.ts';
import type { ServerProfile } from '#shared/contract/profiles.ts';
import { fillPlaceholders } from '#shared/domain/profileDefaults.ts';
import type { ServerTarget } from './serverSupervisor.ts';

/** How the process of a server is started; null for one that somebody else runs. @param dataDir working folder of commands that name none */
export function launchOf({ profile, modelPath, windowSec }: ServerTarget, instance: string, dataDir: string): ServerSpawn | null {
  const { start, mode, port } = profile;
  if (start === null) return null;
  const values = { port, model: profile.options.model ?? modelPath, mode, window: windowSec };
  if (start.kind === 'builtIn') {
    const args = ['--mode', mode, '--port', String(port), '--model', values.model, '--window-sec', String(windowSec)];
    const places = profile.capacity === null ? [] : ['--capacity', String(profile.capacity)];
    return { run: { program: 'asrServer' }, args: [...args, ...places], env: gpuEnvironment(profile.gpu), instance };
  }
  const fill = (text: string): string => fillPlaceholders(text, values);
  const env = Object.fromEntries(Object.entries(start.env).map(([name, value]) => [name, fill(value)]));
  return {
    run: { command: fill(start.command) },
    args: start.args.map(fill),
    // Python keeps what it prints to a pipe back; its last words would be lost with it.
    env: { PYTHONUNBUFFERED: '1', ...gpuEnvironment(profile.gpu), ...env },
    cwd: start.cwd ?? dataDir,
    instance,
  };
}

/**
 * Indices follow the order of the bus instead of CUDA's own, fastest first, and a uuid names one device whatever the order is (CUDA C++ Programming
 * Guide, "CUDA Environment Variables"). An empty list hides every GPU.
 */
function gpuEnvironment(gpu: ServerProfile['gpu']): Record<string, string> {
  if (gpu === null) return {};
  return { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: gpu === 'cpu' ? '' : gpu.deviceUuid };
}
