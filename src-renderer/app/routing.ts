import { useSyncExternalStore } from 'react';
import { ProfileIdSchema } from '#shared/contract/profiles.ts';
import { compareQuery, parseCompareChoice, type CompareChoice } from './compareAddress.ts';

export type Route =
  | { readonly screen: 'home' | 'runs' | 'history' | 'search' | 'settings' }
  /** null: the first one. */
  | { readonly screen: 'servers'; readonly serverId: string | null }
  | { readonly screen: 'newRun' | 'log' | 'queue'; readonly runId: number | null }
  | { readonly screen: 'run'; readonly runId: number }
  | { readonly screen: 'compare'; readonly choice: CompareChoice };

/** The address is in the fragment: it works the same over HTTP and in Electron's own protocol, and never reaches a server. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [screen = '', id] = path.split('/');
  const runId = id !== undefined && /^[1-9]\d{0,14}$/.test(id) ? Number(id) : null;
  switch (screen) {
    case 'runs':
    case 'history':
    case 'search':
    case 'settings':
      return { screen };
    case 'servers':
      return { screen, serverId: ProfileIdSchema.safeParse(id).data ?? null };
    case 'log':
    case 'queue':
      return { screen, runId };
    case 'new':
      return { screen: 'newRun', runId };
    case 'run':
      return runId === null ? { screen: 'runs' } : { screen: 'run', runId };
    case 'compare':
      return { screen: 'compare', choice: parseCompareChoice(query) };
    default:
      return { screen: 'home' };
  }
}

export function hrefOf(route: Route): string {
  switch (route.screen) {
    case 'home':
      return '#/';
    case 'newRun':
      return route.runId === null ? '#/new' : `#/new/${route.runId}`;
    case 'log':
    case 'queue':
      return route.runId === null ? `#/${route.screen}` : `#/${route.screen}/${route.runId}`;
    case 'run':
      return `#/run/${route.runId}`;
    case 'compare':
      return `#/compare${compareQuery(route.choice)}`;
    case 'servers':
      return route.serverId === null ? '#/servers' : `#/servers/${route.serverId}`;
    case 'runs':
    case 'history':
    case 'search':
    case 'settings':
      return `#/${route.screen}`;
  }
}

export function navigate(route: Route): void {
  location.hash = hrefOf(route);
}

/** Takes the place of the present address, so that going back does not lead here again. */
export function redirect(route: Route): void {
  location.replace(hrefOf(route));
}

function subscribe(onChange: () => void): () => void {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
}

/** The fragment of the address; parse it with `parseRoute`. */
export function useHash(): string {
  return useSyncExternalStore(subscribe, () => location.hash);
}
