import { z } from 'zod';
import { PathSchema } from './common.ts';

/** What depends on where the panel is shown, answered by the host and not by the runtime. */
export const HostInfoSchema = z.object({
  host: z.enum(['electron', 'serve', 'cli']),
  canPickPaths: z.boolean(),
  canOpenPath: z.boolean(),
  canUpload: z.boolean(),
});
export type HostInfo = z.infer<typeof HostInfoSchema>;

/**
 * Beside the events of the contract a window's host sends this name when the runtime, which may be in another process, is gone
 * (payload true) and when another has taken its place (false). Browsers learn the same from their socket.
 */
export const RUNTIME_LOST_MESSAGE = 'host.runtimeLost';

export const hostRoutes = {
  'host.info': { kind: 'query', input: z.object({}), output: HostInfoSchema },
  /** A native dialog; empty when the user cancels. @throws NOT_AVAILABLE_HERE without a window. */
  'host.pickPaths': {
    kind: 'command',
    input: z.object({ what: z.enum(['folder', 'files']) }),
    output: z.object({ paths: z.array(PathSchema) }),
  },
  /** Shows a file or folder in the system's file manager. */
  'host.openPath': { kind: 'command', input: z.object({ path: PathSchema }), output: z.object({}) },
} as const;
