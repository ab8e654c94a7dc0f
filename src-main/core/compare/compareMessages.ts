import type { CoreRouteName, RouteArgs } from '#shared/contract/routes.ts';

export type CompareRoute = Extract<CoreRouteName, `compare.${string}`>;

/** From the owner to the comparison thread: a route with its arguments, parsed. */
export type CompareQuestion = {
  [R in CompareRoute]: { readonly route: R; readonly args: RouteArgs<R> };
}[CompareRoute];

export interface CompareThreadData {
  readonly databasePath: string;
}
