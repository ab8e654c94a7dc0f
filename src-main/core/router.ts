import type { z } from 'zod';
import type { Result } from '#shared/contract/client.ts';
import { coreRoutes, type CoreRouteName, type Handlers } from '#shared/contract/routes.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Logger } from './ports.ts';

/** Answers any question by name; what every transport forwards to. */
export interface Router {
  /** Never rejects: what went wrong is in the result, INTERNAL when it was not one of ours. */
  dispatch(route: string, input: unknown): Promise<Result<unknown>>;
}

export interface RouterOptions {
  /** Hears of every error that is our fault, with the original. */
  readonly logger?: Logger;
  /** Checks answers too, as INTERNAL; for tests and development, because rows of large lists would be checked twice. Default false. */
  readonly validateOutput?: boolean;
}

type RouteTable = Readonly<Record<string, { readonly input: z.ZodType; readonly output: z.ZodType }>>;
type HandlerTable = Readonly<Record<string, (args: never) => Promise<unknown>>>;

/** The field that is wrong and why, as `options.limit: Too small`; the whole input is called `input`. */
function describeIssues(error: z.ZodError): { field: string; detail: string } {
  const parts = error.issues.map((issue) => {
    const field = issue.path.length === 0 ? 'input' : issue.path.map(String).join('.');
    return { field, text: `${field}: ${issue.message}` };
  });
  return { field: parts[0]?.field ?? 'input', detail: parts.map((part) => part.text).join('; ') };
}

/**
 * One table of routes joined to its handlers.
 * Results hold ROUTE_NOT_FOUND, INPUT_INVALID (`field`, `detail`), whatever code the handler threw, or INTERNAL.
 */
export function createDispatcher(table: RouteTable, handlers: HandlerTable, options: RouterOptions = {}): Router {
  async function answer(route: string, input: unknown): Promise<unknown> {
    const schema = Object.hasOwn(table, route) ? table[route] : undefined;
    const handler = Object.hasOwn(handlers, route) ? handlers[route] : undefined;
    if (schema === undefined || handler === undefined) throw new NightshiftError('ROUTE_NOT_FOUND', { route });
    const args = await schema.input.safeParseAsync(input);
    if (!args.success) throw new NightshiftError('INPUT_INVALID', { route, ...describeIssues(args.error) });
    const output = await handler(args.data as never);
    if (options.validateOutput !== true) return output;
    const checked = await schema.output.safeParseAsync(output);
    if (!checked.success) throw new NightshiftError('INTERNAL', { route, ...describeIssues(checked.error) });
    return checked.data;
  }

  return {
    async dispatch(route, input) {
      try {
        return { ok: true, data: await answer(route, input) };
      } catch (thrown) {
        const error = toNightshiftError(thrown);
        if (error.kind === 'bug') options.logger?.error('route failed', { route, code: error.code, error: error.cause ?? error });
        return { ok: false, error: { code: error.code, data: error.data } };
      }
    },
  };
}

/** The runtime's router over `coreRoutes`. */
export function createRouter(handlers: Handlers<CoreRouteName>, options: RouterOptions = {}): Router {
  return createDispatcher(coreRoutes, handlers, options);
}
