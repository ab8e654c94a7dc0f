import { expect, test } from 'vitest';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { CliContext } from './context.ts';
import { runSearch } from './searchCommand.ts';

test('each text found is two lines: a line break within one would be written as a character that cannot be shown', async () => {
  const hit = { runId: 1, fileId: 'a.wav', mode: 'original', createdAtMs: 0, excerpt: 'up river', matches: [[3, 8]] };
  const client = { request: async () => ({ hits: [hit], next: null }) } as unknown as NightshiftClient;
  const lines: string[] = [];
  const context = {
    output: { line: (text: string) => lines.push(text), notice: () => undefined, json: () => undefined },
    open: async () => ({ client, role: 'owner', close: async () => undefined }),
  } as unknown as CliContext;
  expect(await runSearch(context, { command: 'search', text: 'river', runId: null, mode: null, count: 5 })).toBe(0);
  expect(lines).toEqual(['1970-01-01 00:00Z  run 1  original  a.wav', '    up river']);
});
