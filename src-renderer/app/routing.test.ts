import { describe, expect, it } from 'vitest';
import { NOTHING_CHOSEN } from './compareAddress.ts';
import { hrefOf, parseRoute, type Route } from './routing.ts';

describe('addresses', () => {
  it.each<Route>([
    { screen: 'home' },
    { screen: 'runs' },
    { screen: 'servers', serverId: null },
    { screen: 'servers', serverId: 'my-vosk' },
    { screen: 'settings' },
    { screen: 'search' },
    { screen: 'log', runId: null },
    { screen: 'log', runId: 3 },
    { screen: 'queue', runId: null },
    { screen: 'queue', runId: 7 },
    { screen: 'newRun', runId: null },
    { screen: 'newRun', runId: 3 },
    { screen: 'run', runId: 12 },
    { screen: 'compare', choice: NOTHING_CHOSEN },
    {
      screen: 'compare',
      choice: {
        systems: [
          { runId: 12, mode: 'original' },
          { runId: 3, mode: 'streaming' },
        ],
        normalizer: 'whisper-en',
        clusterBy: 'speaker',
      },
    },
  ])('%j leads back to itself', (route) => {
    expect(parseRoute(hrefOf(route))).toEqual(route);
  });

  it.each(['', '#', '#/nonsense', '#/token=abc'])('%j is the home screen', (hash) => {
    expect(parseRoute(hash)).toEqual({ screen: 'home' });
  });

  it('leaves out of a comparison what cannot be read, and what is there twice', () => {
    const systems = '7.original,0.chunked,7.upside,x,7.original,7.chunked';
    expect(parseRoute(`#/compare?systems=${systems}&normalizer=mine&cluster=month`)).toEqual({
      screen: 'compare',
      choice: {
        systems: [
          { runId: 7, mode: 'original' },
          { runId: 7, mode: 'chunked' },
        ],
        normalizer: null,
        clusterBy: 'none',
      },
    });
  });

  it.each(['#/servers/', '#/servers/Not%20an%20id', '#/servers/-'])('%j falls back to the first server', (hash) => {
    expect(parseRoute(hash)).toEqual({ screen: 'servers', serverId: null });
  });

  it.each(['#/run', '#/run/0', '#/run/-1', '#/run/x'])('%j falls back to the list', (hash) => {
    expect(parseRoute(hash)).toEqual({ screen: 'runs' });
  });
});
