import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openNightshift } from '#main/hosts/openOwner.ts';
import type { CliContext } from './context.ts';
import { runDiagnostics } from './diagnosticsCommand.ts';

const SECRET = 'planted-word-1';
const NAME = 'Aloysius';
const SPOKEN = 'hippopotamus';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-diagnostics-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A data folder in whose database, settings, profiles and logs are secrets, names and what somebody said. */
async function plantedContext(lines: string[]): Promise<CliContext> {
  const dataDir = join(folder, 'data');
  await mkdir(join(dataDir, 'logs'), { recursive: true });
  const open = (): ReturnType<typeof openNightshift> => openNightshift({ dataDir, host: 'cli' });
  await writeFile(join(dataDir, 'logs', `${NAME}.log`), `ERROR while decoding ${SPOKEN} from ${NAME}.wav\nhello ${SPOKEN}\n`);
  const own = { level: 'warn', msg: 'file failed', path: `/home/${NAME}/x.wav`, error: `no ${SPOKEN} at ${NAME}`, token: SECRET };
  await writeFile(join(dataDir, 'logs', 'nightshift.log'), `${JSON.stringify(own)}\nnot JSON: ${SPOKEN}\n`);
  const speech = join(folder, NAME);
  await mkdir(speech);
  await writeFile(join(speech, `${NAME}.wav`), 'no audio');
  await writeFile(join(speech, `${NAME}.txt`), SPOKEN);

  const opened = await open();
  await opened.client.request('settings.update', { browseRoots: [speech] });
  const run = await opened.client.request('runs.create', { sources: [speech], options: {} });
  await new Promise<void>((resolve) => {
    const off = opened.client.subscribe((event) => {
      if (event.name !== 'run.changed' || event.payload.id !== run.id || event.payload.status === 'preparing') return;
      off();
      resolve();
    });
  });
  await opened.close();
  return {
    common: { dataDir: null, isJson: false, locale: 'en', logLevel: 'INFO' },
    output: {
      line: (text) => void lines.push(text),
      notice: () => undefined,
      status: () => undefined,
      json: () => undefined,
      flush: async () => undefined,
    },
    dataDir,
    open,
    onSignal: () => () => undefined,
  };
}

async function contentOf(path: string): Promise<Record<string, string>> {
  const names = await readdir(path);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(path, name), 'utf8')] as const)));
}

test('a bundle tells what is in it first, and holds no secret, no name and nothing that was said', async () => {
  const lines: string[] = [];
  const context = await plantedContext(lines);
  const path = join(folder, 'bundle');
  expect(await runDiagnostics(context, { path, withNames: false })).toBe(0);
  const content = await contentOf(path);
  const all = JSON.stringify(content);
  for (const word of [SECRET, NAME, SPOKEN, folder]) expect(all).not.toContain(word);
  expect(content['log-nightshift.log']).toContain('file failed');
  expect(content['log-server-1.log']).toContain('ERROR while');
  expect(content['events.jsonl']).toContain('"runCreated"');
  expect(JSON.parse(content['database.json'] ?? '')).toMatchObject({ isSound: true, runs: 1 });
  for (const name of Object.keys(content))
    expect(lines.findIndex((line) => line.includes(name))).toBeLessThan(lines.indexOf(`Saved: ${path}`));
});

test('names are in it when that was asked for, what was said is not', async () => {
  const context = await plantedContext([]);
  const path = join(folder, 'bundle');
  await runDiagnostics(context, { path, withNames: true });
  const all = JSON.stringify(await contentOf(path));
  expect(all).toContain(NAME);
  for (const word of [SECRET, SPOKEN]) expect(all).not.toContain(word);
});

test('a database that does not open is told, and the rest is there', async () => {
  const context = await plantedContext([]);
  await writeFile(join(context.dataDir, 'nightshift.db'), 'this is no database at all, but long enough to be looked at'.repeat(100));
  const path = join(folder, 'bundle');
  expect(await runDiagnostics(context, { path, withNames: false })).toBe(0);
  const content = await contentOf(path);
  expect(content['notOpened.json']).toContain('DB_CORRUPT');
  expect(content['log-nightshift.log']).toContain('file failed');
});
