import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { assetsFolder } from '#main/programs/programPath.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { openNightshift, type OpenedNightshift } from './openOwner.ts';
import { findTree } from '#main/platform/processTable.ts';
import { freePort } from '#main/testing/freePorts.ts';

checkLeaks();

const SOURCE = join(assetsFolder(), 'samples', 'test-tiny', '1001');
const OWNER_PROGRAM = fileURLToPath(new URL('../testing/ownerProgram.ts', import.meta.url));

let dataDir: string;
let owner: ChildProcess | null = null;
let next: OpenedNightshift | null = null;
/** Set while nobody but this test can end the server. */
let stoppedPid: number | null = null;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'nightshift-left-'));
});

afterEach(async () => {
  owner?.kill('SIGKILL');
  if (stoppedPid !== null) process.kill(stoppedPid, 'SIGKILL');
  await next?.close();
  await rm(dataDir, { recursive: true });
});

interface LedgerRow {
  readonly pid: number;
  readonly exit: string | null;
}

/** The guard of the first server carries its token, as everything below it does. */
async function guardPid(): Promise<number> {
  const database = new BetterSqlite(join(dataDir, 'nightshift.db'), { readonly: true });
  const instance = database.prepare<[], string>('SELECT instance FROM server_ledger ORDER BY id').pluck().get();
  database.close();
  const { pid } = firstServer();
  const { processes } = await findTree({ pid: null, mark: `NIGHTSHIFT_INSTANCE=${instance}` });
  const guard = processes.find((found) => found.pid !== pid);
  if (guard === undefined) throw new Error('no guard');
  return guard.pid;
}

function firstServer(): LedgerRow {
  const database = new BetterSqlite(join(dataDir, 'nightshift.db'), { readonly: true });
  const row = database.prepare<[], LedgerRow>('SELECT pid, exit FROM server_ledger ORDER BY id').get();
  database.close();
  if (row === undefined) throw new Error('no server was started');
  return row;
}

// A stopped process does not notice that the pipe to its owner is closed, as one that hangs would not. There are no such signals on Windows.
test.skipIf(process.platform === 'win32')(
  'a server that hung while its owner was killed is ended by the next owner, and its port is free again',
  async () => {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const running = spawn(process.execPath, [OWNER_PROGRAM, dataDir, SOURCE, ports.join(',')], { stdio: ['ignore', 'pipe', 'inherit'] });
    owner = running;
    await once(createInterface({ input: running.stdout }), 'line');
    const { pid } = firstServer();
    process.kill(pid, 'SIGSTOP');
    stoppedPid = pid;
    running.kill('SIGKILL');
    await once(running, 'exit');
    expect(firstServer().exit).toBeNull();

    next = await openNightshift({ dataDir });
    expect(firstServer()).toEqual({ pid, exit: 'ended by the next owner' });
    stoppedPid = null;
    const [run] = (await next.client.request('runs.list', {})).runs;
    const runId = run?.id ?? 0;
    const ended = Promise.withResolvers<void>();
    next.client.subscribe((event) => {
      if (event.name === 'run.changed' && event.payload.status === 'finished') ended.resolve();
    });
    await next.client.request('runs.resume', { runId });
    await ended.promise;
    expect((await next.client.request('runs.get', { runId })).totals).toMatchObject({ total: 3, done: 3, failed: 0 });
  },
);

test.skipIf(process.platform !== 'linux')(
  'a server whose owner and guard were killed together is found by the ledger and ended by the next owner',
  async () => {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const running = spawn(process.execPath, [OWNER_PROGRAM, dataDir, SOURCE, ports.join(',')], { stdio: ['ignore', 'pipe', 'inherit'] });
    owner = running;
    await once(createInterface({ input: running.stdout }), 'line');
    const { pid } = firstServer();
    const guard = await guardPid();
    // One that does not notice that its input was closed, and is not a child that the kernel ends with its parent.
    process.kill(pid, 'SIGSTOP');
    stoppedPid = pid;
    running.kill('SIGKILL');
    process.kill(guard, 'SIGKILL');
    await once(running, 'exit');

    next = await openNightshift({ dataDir });
    expect(firstServer().exit).toMatch(/^(ended by the next owner|gone)$/);
    expect((await findTree({ pid, mark: null })).processes).toEqual([]);
    stoppedPid = null;
  },
);
