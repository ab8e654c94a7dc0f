import type { z } from 'zod';
import { alertRoutes } from './alerts.ts';
import { backupRoutes } from './backups.ts';
import { compareRoutes } from './compare.ts';
import { historyRoutes } from './history.ts';
import { hostRoutes } from './host.ts';
import { itemRoutes } from './items.ts';
import { logRoutes } from './log.ts';
import { nightRoutes } from './night.ts';
import { profileRoutes } from './profiles.ts';
import { queueRoutes } from './queue.ts';
import { reportRoutes } from './reports.ts';
import { rescoringRoutes } from './rescoring.ts';
import { resourceRoutes } from './resources.ts';
import { resultRoutes } from './results.ts';
import { retentionRoutes } from './retention.ts';
import { runRoutes } from './runs.ts';
import { searchRoutes } from './search.ts';
import { serverRoutes } from './servers.ts';
import { settingsRoutes } from './settings.ts';
import { systemRoutes } from './system.ts';

/** Routes of the runtime: the same in every host. */
export const coreRoutes = {
  ...runRoutes,
  ...queueRoutes,
  ...itemRoutes,
  ...resultRoutes,
  ...reportRoutes,
  ...rescoringRoutes,
  ...historyRoutes,
  ...compareRoutes,
  ...serverRoutes,
  ...profileRoutes,
  ...resourceRoutes,
  ...settingsRoutes,
  ...systemRoutes,
  ...backupRoutes,
  ...retentionRoutes,
  ...logRoutes,
  ...alertRoutes,
  ...nightRoutes,
  ...searchRoutes,
} as const;

/** Everything a panel may ask: the runtime's routes and those its host answers. */
export const routes = { ...coreRoutes, ...hostRoutes } as const;

export type RouteName = keyof typeof routes;
export type CoreRouteName = keyof typeof coreRoutes;
export type HostRouteName = keyof typeof hostRoutes;
/** What a caller passes: fields with defaults may be left out. */
export type RouteInput<R extends RouteName> = z.input<(typeof routes)[R]['input']>;
/** What a handler receives: parsed, defaults filled in. */
export type RouteArgs<R extends RouteName> = z.output<(typeof routes)[R]['input']>;
export type RouteOutput<R extends RouteName> = z.output<(typeof routes)[R]['output']>;

export type Handlers<R extends RouteName> = { readonly [K in R]: (args: RouteArgs<K>) => Promise<RouteOutput<K>> };

export function isRouteName(name: string): name is RouteName {
  return Object.hasOwn(routes, name);
}
