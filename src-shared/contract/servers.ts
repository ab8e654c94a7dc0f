import { z } from 'zod';
import { SERVER_STATUSES } from '#shared/domain/server.ts';
import { EpochMsSchema, ModeSchema, PortSchema, WireErrorSchema } from './common.ts';

export const ServerStateSchema = z.object({
  mode: ModeSchema,
  port: PortSchema,
  /** As printed and connected to, `ws://localhost:8001`. */
  url: z.string(),
  status: z.enum(SERVER_STATUSES),
  pid: z.int().nullable(),
  /** Sessions it takes at once; null before it said so. */
  capacity: z.int().nullable(),
  sessions: z.int(),
  model: z.string().nullable(),
  /** Resident memory of the process tree, bytes; null when it is not ours or not known. */
  rssBytes: z.number().nullable(),
  /** Unasked exits in the current budget window. */
  crashCount: z.int(),
  /** When a backing-off server starts again. */
  restartAtMs: EpochMsSchema.nullable(),
  sinceMs: EpochMsSchema,
  error: WireErrorSchema.nullable(),
});
export type ServerState = z.infer<typeof ServerStateSchema>;

const ByMode = z.object({ mode: ModeSchema });

export const serverRoutes = {
  'servers.list': { kind: 'query', input: z.object({}), output: z.object({ servers: z.array(ServerStateSchema) }) },
  'servers.start': { kind: 'command', input: ByMode, output: ServerStateSchema },
  /** Refused while a run is using it. */
  'servers.stop': { kind: 'command', input: ByMode, output: ServerStateSchema },
  /** The last lines of the server's log file, oldest first. */
  'servers.log': {
    kind: 'query',
    input: ByMode.extend({ lines: z.int().min(1).max(2_000).default(200) }),
    output: z.object({ path: z.string(), lines: z.array(z.string()) }),
  },
} as const;
