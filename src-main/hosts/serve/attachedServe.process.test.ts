import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createHttpClient } from '#main/hosts/httpTransport/httpClient.ts';
import { openNightshift, type OpenedNightshift } from '#main/hosts/openOwner.ts';
import { assetsFolder } from '#main/programs/programPath.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { startServe, type ServedPanel } from './startServe.ts';
import { freePort } from '#main/testing/freePorts.ts';
import { eventually } from '#shared/testing/eventually.ts';

checkLeaks();

const OWNER_PROGRAM = fileURLToPath(new URL('../../testing/ownerProgram.ts', import.meta.url));
const SOURCE = join(assetsFolder(), 'samples', 'test-tiny', '1001');

let folder: string;
let owner: ChildProcess;
let attached: OpenedNightshift;
let panel: ServedPanel;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-attached-'));
  const [dataDir, rendererDir] = [join(folder, 'data'), join(folder, 'renderer')];
  await mkdir(rendererDir);
  await writeFile(join(rendererDir, 'index.html'), '<!doctype html><html><head></head><body></body></html>');
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  owner = spawn(process.execPath, [OWNER_PROGRAM, dataDir, SOURCE, ports.join(',')], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (owner.stdout === null) throw new Error('no pipe');
  await once(createInterface({ input: owner.stdout }), 'line');
  attached = await openNightshift({ dataDir, host: 'serve' });
  const { client, connection, logger } = attached;
  panel = await startServe({ client, connection, logger, rendererDir, dataDir, port: 0 });
});
afterEach(async () => {
  owner.kill('SIGKILL');
  await panel.close();
  await attached.close();
  await rm(folder, { recursive: true });
});

/** Logs in as a browser would. @returns the headers of its requests */
async function logIn(): Promise<{ origin: string; cookie: string }> {
  const origin = panel.url.replace(/\/$/, '');
  const token = new URLSearchParams(new URL(panel.link).hash.slice(1)).get('token');
  const reply = await fetch(new URL('/enter', panel.url), {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  return { origin, cookie: reply.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
}

it('a panel served beside the owner: when the owner is killed, browsers are sent away at once, come back, and see the runs', async () => {
  expect(attached.role).toBe('attached');
  const headers = await logIn();
  const browser = new WebSocket(new URL('/events', panel.url), { headers });
  await once(browser, 'open');
  const client = await createHttpClient({ target: { baseUrl: panel.url, cookie: headers.cookie } });
  const events: string[] = [];
  client.subscribe((event) => events.push(event.name));
  const cameBack = new Promise<void>((resolve) => client.onReconnect(resolve));
  const [run] = (await client.request('runs.list', {})).runs;
  expect(run?.status).toBe('running');

  const sentAway = once(browser, 'close') as Promise<[number, Buffer]>;
  const states: boolean[] = [];
  attached.connection.onChange((isLost) => states.push(isLost));
  owner.kill('SIGKILL');
  const [code, reason] = await sentAway;
  expect([code, reason.toString()]).toEqual([1012, 'the runtime is away']);
  await cameBack;
  expect(states).toEqual([true, false]);
  expect([attached.role, attached.ownerPid]).toEqual(['owner', process.pid]);

  const [after] = (await client.request('runs.list', {})).runs;
  expect(after).toMatchObject({ id: run?.id, status: 'interrupted' });
  // What the new owner does reaches the browser, over the subscription it had.
  events.length = 0;
  await client.request('runs.resume', { runId: run?.id ?? 0 });
  await eventually(() => expect(events).toContain('run.changed'));
  await client.request('runs.stop', { runId: run?.id ?? 0, now: true, keep: true });
  await client.close();

  // The panel's lines go to the log once this process may write it.
  const refused = await fetch(new URL('/rpc/runs.list', panel.url), { method: 'POST' });
  expect(refused.status).toBe(403);
  const log = join(folder, 'data', 'logs', 'nightshift.log');
  await eventually(async () => expect(await readFile(log, 'utf8')).toContain('request refused'));
});
