import { describe, expect, it } from 'vitest';
import { hrefOf, parseRoute, type Route } from './routing.ts';

describe('addresses', () => {
  it.each<Route>([
    { screen: 'home' },
    { screen: 'runs' },
    { screen: 'servers' },
    { screen: 'settings' },
    { screen: 'newRun', runId: null },
    { screen: 'newRun', runId: 3 },
    { screen: 'run', runId: 12 },
  ])('%j leads back to itself', (route) => {
    expect(parseRoute(hrefOf(route))).toEqual(route);
  });

  it.each(['', '#', '#/nonsense', '#/token=abc'])('%j is the home screen', (hash) => {
    expect(parseRoute(hash)).toEqual({ screen: 'home' });
  });

  it.each(['#/run', '#/run/0', '#/run/-1', '#/run/x'])('%j falls back to the list', (hash) => {
    expect(parseRoute(hash)).toEqual({ screen: 'runs' });
  });
});
