import type { CoreRouteName, RouteArgs, RouteOutput } from '#shared/contract/routes.ts';
import type { WireError } from '#shared/errors/nightshiftError.ts';

export type CompareRoute = Extract<CoreRouteName, `compare.${string}`>;

/** From the owner to the comparison thread: a route with its arguments, parsed. */
export type CompareQuestion = {
  [R in CompareRoute]: { readonly id: number; readonly route: R; readonly args: RouteArgs<R> };
}[CompareRoute];

/** From the comparison thread to the owner. */
export type CompareReply =
  | { readonly id: number; readonly ok: true; readonly value: RouteOutput<CompareRoute> }
  | { readonly id: number; readonly ok: false; readonly error: WireError };

export interface CompareThreadData {
  readonly databasePath: string;
}
