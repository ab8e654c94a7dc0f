import { z } from 'zod';
import { WireErrorSchema } from '#shared/contract/common.ts';

/** `POST /rpc/<route>`: body = input as JSON, reply = `Result` as JSON. */
export const RPC_PREFIX = '/rpc/';
/** WebSocket of `EventFrame`s as text. The client sends nothing. */
export const EVENTS_PATH = '/events';

export const ResultSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), data: z.unknown() }),
  z.object({ ok: z.literal(false), error: WireErrorSchema }),
]);

/** `seq` counts the frames of one connection from 1 without gaps. */
export const EventFrameSchema = z.object({ seq: z.int().positive(), name: z.string(), payload: z.unknown() });
