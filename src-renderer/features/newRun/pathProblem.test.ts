import { expect, it } from 'vitest';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { createScriptedClient } from '../../testing/scriptedClient.ts';
import { pathProblem } from './pathProblem.ts';

const folder = { name: 'clips', path: '/data/clips', isFolder: true, isMedia: false };
const answering = (answer: () => { path: string; parent: null; entries: (typeof folder)[] }) =>
  createScriptedClient({ 'files.browse': answer });
const failing = (error: NightshiftError) =>
  answering(() => {
    throw error;
  });

it.each([
  ['a folder with something in it', answering(() => ({ path: '/data', parent: null, entries: [folder] })), null],
  ['a folder with nothing to use', answering(() => ({ path: '/data', parent: null, entries: [] })), 'SOURCE_HAS_NO_MEDIA'],
  ['what is not there', failing(new NightshiftError('FILE_NOT_FOUND', { path: '/data' })), 'SOURCE_NOT_FOUND'],
  ['what must not be browsed', failing(new NightshiftError('PATH_NOT_ALLOWED', { path: '/data' })), null],
  ['a file', failing(new NightshiftError('FILE_UNREADABLE', { path: '/data' })), null],
  ['a host that does not answer', failing(new NightshiftError('CONNECTION_LOST')), 'CONNECTION_LOST'],
] as const)('%s', async (_title, client, code) => {
  expect((await pathProblem(client, '/data'))?.code ?? null).toBe(code);
});

it('asks nothing about half a path', async () => {
  const client = createScriptedClient({});
  expect(await pathProblem(client, 'recordings')).toEqual({ code: 'SOURCE_NOT_FOUND', data: { path: 'recordings' } });
  expect(client.asked).toEqual([]);
});
