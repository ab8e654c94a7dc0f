import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunOptionsInput, RunSummary } from '#shared/contract/runs.ts';
import { MODES } from '#shared/domain/mode.ts';
import { assetsFolder } from '#main/programs/programPath.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { openNightshift, type OpenedNightshift } from './openOwner.ts';
import { freePort } from '#main/testing/freePorts.ts';

checkLeaks();

const SAMPLES = join(assetsFolder(), 'samples');
const OWNER_PROGRAM = fileURLToPath(new URL('../testing/ownerProgram.ts', import.meta.url));

let dataDir: string;
let ports: { streaming: number; chunked: number; original: number };
const opened: OpenedNightshift[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'nightshift-owner-'));
  const [streaming = 0, chunked = 0, original = 0] = await Promise.all([freePort(), freePort(), freePort()]);
  ports = { streaming, chunked, original };
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const nightshift of opened.splice(0)) await nightshift.close();
  await rm(dataDir, { recursive: true });
});

async function open(): Promise<OpenedNightshift> {
  const nightshift = await openNightshift({ dataDir });
  opened.push(nightshift);
  // Runs that name no ports use those of the settings.
  await nightshift.client.request('settings.update', { ports });
  return nightshift;
}

async function finished({ client }: OpenedNightshift, runId: number): Promise<RunSummary> {
  for (;;) {
    const run = await client.request('runs.get', { runId });
    if (['finished', 'failed', 'stopped', 'interrupted'].includes(run.status)) return run;
    await new Promise((resolve) => {
      const unsubscribe = client.subscribe((event) => {
        if (event.name !== 'run.changed') return;
        unsubscribe();
        resolve(undefined);
      });
    });
  }
}

async function runSamples(nightshift: OpenedNightshift, options: RunOptionsInput = {}): Promise<RunSummary> {
  const { id } = await nightshift.client.request('runs.create', {
    sources: [SAMPLES],
    options: { modes: [...MODES], ...options },
    startWhenReady: true,
  });
  return await finished(nightshift, id);
}

test('the sample batch: real audio, real servers, a real recogniser, real rows', async () => {
  const nightshift = await open();
  const run = await runSamples(nightshift);
  expect(run.error).toBeNull();
  expect(run.options.ports).toEqual(ports);
  expect(run.modes.map(({ mode, total, done, failed }) => ({ mode, total, done, failed }))).toEqual(
    MODES.map((mode) => ({ mode, total: 24, done: 24, failed: 0 })),
  );
  // The models were measured at 5.3 % and 2.6 % on these clips; two-second windows cut words and cost more.
  const [streaming = 1, chunked = 1, original = 1] = run.modes.map((mode) => mode.werRatio ?? 1);
  expect(streaming).toBeLessThan(0.1);
  expect(chunked).toBeLessThan(0.2);
  expect(original).toBeLessThan(0.06);
  const results = JSON.parse(await readFile(run.resultsPath, 'utf8')) as Record<
    string,
    { overall: { num_files: number; wer: number }; raw_results: unknown[] }
  >;
  expect(Object.keys(results)).toEqual([...MODES]);
  for (const [index, mode] of MODES.entries()) {
    expect(results[mode]?.overall).toMatchObject({ num_files: 24, num_failed: 0, wer: run.modes[index]?.werRatio });
    expect(results[mode]?.raw_results).toHaveLength(24);
  }
  const again = await runSamples(nightshift);
  expect(again.totals).toMatchObject({ total: 72, skipped: 72, done: 0 });
  const { items } = await nightshift.client.request('items.list', { runId: run.id, count: 1 });
  const detail = await nightshift.client.request('items.get', { itemId: items[0]?.id ?? 0 });
  expect(detail.results.map(({ mode, alignment }) => [mode, alignment.length > 0])).toEqual(MODES.map((mode) => [mode, true]));
});

test('kill -9 of the owner in the middle of a run: nothing is lost, nothing is done twice, no server stays behind', async () => {
  const sources = ['1001', '1002'].map((speaker) => join(SAMPLES, 'test-tiny', speaker));
  const owner = spawn(process.execPath, [OWNER_PROGRAM, dataDir, sources.join(','), Object.values(ports).join(',')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(owner);
  const told: string[] = [];
  for await (const line of createInterface({ input: owner.stdout })) {
    told.push(line);
    if (told.length === 2) break;
  }
  owner.kill('SIGKILL');
  await once(owner, 'exit');

  const next = await open();
  const [before] = (await next.client.request('runs.list', {})).runs;
  if (before === undefined) throw new Error('the run is gone');
  expect(before.status).toBe('interrupted');
  expect(before.totals.done).toBeGreaterThanOrEqual(2);
  await next.client.request('runs.resume', { runId: before.id });
  const run = await finished(next, before.id);
  expect(run.totals).toMatchObject({ total: 6, done: 6, failed: 0 });
  await next.close();

  const database = new BetterSqlite(join(dataDir, 'nightshift.db'), { readonly: true });
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  const results = database.prepare('SELECT sha256, count(*) AS n FROM results GROUP BY sha256').all() as { n: number }[];
  expect(results.map((row) => row.n)).toEqual([1, 1, 1, 1, 1, 1]);
  const attempts = database
    .prepare(`SELECT count(*) AS n FROM attempts a JOIN tasks t ON t.id = a.task_id JOIN items i ON i.id = t.item_id
    WHERE i.file_id IN (${told.map(() => '?').join(',')})`)
    .get(...told) as { n: number };
  // What was announced before the kill was not tried again.
  expect(attempts.n).toBe(2);
  database.close();
});

test('a second host attaches to the owner and sees the same run; when the owner goes, the next one owns', async () => {
  const owner = await open();
  const second = await open();
  expect([owner.role, second.role]).toEqual(['owner', 'attached']);
  const seen: string[] = [];
  second.client.subscribe((event) => seen.push(event.name));
  const run = await runSamples(second, { modes: ['original'] });
  expect(run.totals).toMatchObject({ done: 24 });
  expect(await owner.client.request('runs.get', { runId: run.id })).toMatchObject({ id: run.id, status: 'finished' });
  expect(new Set(seen)).toContain('run.stepped');
  await second.close();
  await owner.close();
  expect((await open()).role).toBe('owner');
});

test('when the owner is killed, whoever was attached takes its place, with the same subscriptions and the same runs', async () => {
  const sources = [join(SAMPLES, 'test-tiny', '1001')];
  const owner = spawn(process.execPath, [OWNER_PROGRAM, dataDir, sources.join(','), Object.values(ports).join(',')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(owner);
  await once(createInterface({ input: owner.stdout }), 'line');
  const attached = await open();
  expect(attached.role).toBe('attached');
  const seen: string[] = [];
  attached.client.subscribe((event) => seen.push(event.name));
  const tookOver = new Promise((resolve) => attached.client.onReconnect(() => resolve(undefined)));
  owner.kill('SIGKILL');
  await tookOver;
  expect([attached.role, attached.ownerPid]).toEqual(['owner', process.pid]);
  const [run] = (await attached.client.request('runs.list', {})).runs;
  expect(run?.status).toBe('interrupted');
  await attached.client.request('runs.resume', { runId: run?.id ?? 0 });
  expect((await finished(attached, run?.id ?? 0)).totals).toMatchObject({ total: 3, done: 3 });
  expect(seen).toContain('run.changed');
});

test('the example of the README is what it says and works', async () => {
  const example = fileURLToPath(new URL('../testing/libraryExample.ts', import.meta.url));
  const [code, readme] = await Promise.all([readFile(example, 'utf8'), readFile(new URL('../../README.md', import.meta.url), 'utf8')]);
  expect(readme).toContain(code);
  // Its run names no ports, so those of the settings are prepared for it.
  const nightshift = await open();
  await nightshift.close();
  const child = spawn(process.execPath, [example, dataDir, join(SAMPLES, 'test-tiny', '1001')], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  expect(exitCode).toBe(0);
  expect(lines.at(-1)).toBe('run 1 is finished: 3 of 3 done');
});
