import { z } from 'zod';
import { WireErrorSchema } from '#shared/contract/common.ts';
import { events, isEventName, type AnyEvent } from '#shared/contract/events.ts';
import { routes, type RouteName, type RouteOutput } from '#shared/contract/routes.ts';
import { NightshiftError, fromWireError } from '#shared/errors/nightshiftError.ts';

const ResultSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), data: z.unknown() }),
  z.object({ ok: z.literal(false), error: WireErrorSchema }),
]);

/**
 * The data of a reply.
 * @throws the error the host sent, or INTERNAL when the reply is not what the contract says.
 */
export function parseReply<R extends RouteName>(route: R, reply: unknown): RouteOutput<R> {
  const data = parseResult(reply);
  const parsed = routes[route].output.safeParse(data);
  if (!parsed.success) throw new NightshiftError('INTERNAL', { detail: `unexpected reply of ${route}: ${z.prettifyError(parsed.error)}` });
  return parsed.data as RouteOutput<R>;
}

/** The data of a Result envelope whose content has no route. */
export function parseResult(reply: unknown): unknown {
  const envelope = ResultSchema.safeParse(reply);
  if (!envelope.success) throw new NightshiftError('INTERNAL', { detail: 'the reply is not a result' });
  if (!envelope.data.ok) throw fromWireError(envelope.data.error);
  return envelope.data.data;
}

/** An event that the contract knows, or null: an unknown or malformed one must not stop the panel. */
export function parseEvent(name: unknown, payload: unknown): AnyEvent | null {
  if (typeof name !== 'string' || !isEventName(name)) return null;
  const parsed = events[name].safeParse(payload);
  return parsed.success ? ({ name, payload: parsed.data } as AnyEvent) : null;
}
