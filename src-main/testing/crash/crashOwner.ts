import { setTimeout as delay } from 'node:timers/promises';
import { openNightshift } from '#main/hosts/openOwner.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { MODES } from '#shared/domain/mode.ts';
import { toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { createFakeRandom } from '../fakeRandom.ts';
import { type LedgerLine, writeLine } from './ledger.ts';

/**
 * An owner that is killed at some moment: works through every run it finds while a user who follows from a seed pauses, resumes, reorders, stops
 * and removes. Arguments: data folder, folder of recordings, ports (`1,2,3`, in the order of the modes), ledger, seed, and `work` or `drain`. With
 * `drain` there is no such user: it ends when everything is done. One line on stdout for every claim that has become work.
 */
const [dataDir = '', mediaDir = '', portList = '', ledgerPath = '', seedText = '0', how = 'work'] = process.argv.slice(2);
const [streaming = 0, chunked = 0, original = 0] = portList.split(',').map(Number);
const random = createFakeRandom(Number(seedText));
const isDraining = how === 'drain';

/** What a user may be told when somebody else was faster. */
const USUAL = new Set(['RUN_STATE_CONFLICT', 'RUN_NOT_FOUND', 'QUEUE_CHANGE_GONE', 'ITEM_NOT_FOUND']);
/** Answers of a version whose queue cannot do that yet. */
const NOT_YET = new Set(['ROUTE_NOT_FOUND']);
const MOST_OPEN_RUNS = 3;
const MOST_RUNS = 12;

const { client, close } = await openNightshift({ dataDir, host: 'library', logLevel: 'warn' });
client.subscribe((event) => {
  if (event.name !== 'run.stepped' || event.payload.step.step !== 'taskFinished') return;
  const { itemId, mode, status } = event.payload.step;
  tell({ kind: 'outcome', runId: event.payload.runId, itemId, mode, status });
});

function tell(line: LedgerLine): void {
  writeLine(ledgerPath, line);
}

function pick<T>(choices: readonly T[]): T | undefined {
  return choices[Math.floor(random.ratio() * choices.length)];
}

/** Asks as a user does. @returns null when somebody was faster */
async function ask(route: string, input: object, runId: number | null = null): Promise<unknown> {
  const what = route;
  tell({ kind: 'asked', runId, what });
  try {
    const answer = await (client.request as (route: string, input: object) => Promise<unknown>)(route, input);
    if (runId !== null && isRun(answer, runId)) tell({ kind: 'answered', runId, what, status: answer.status });
    if (runId !== null && route === 'runs.remove') tell({ kind: 'answered', runId, what, status: 'removed' });
    return answer;
  } catch (thrown) {
    const { code, data } = toNightshiftError(thrown);
    if (!USUAL.has(code) && !NOT_YET.has(code)) tell({ kind: 'surprise', what, detail: `${code} ${JSON.stringify(data)}` });
    return null;
  }
}

function isRun(answer: unknown, runId: number): answer is RunSummary {
  return typeof answer === 'object' && answer !== null && 'id' in answer && answer.id === runId && 'status' in answer;
}

async function runsNow(): Promise<RunSummary[]> {
  return (await client.request('runs.list', { count: 200 })).runs;
}

async function addRun(): Promise<void> {
  const modes = MODES.filter(() => random.ratio() < 0.6);
  const runs = await runsNow();
  // A language of its own makes all of it new work; one that was used before makes most of it work that is already done.
  const number = random.ratio() < 0.8 ? Math.max(0, ...runs.map(({ id }) => id)) + 1 : 1;
  const options = {
    modes: modes.length === 0 ? ['original'] : modes,
    modesAtOnce: 1 + Math.floor(random.ratio() * 3),
    servers: 'running',
    ports: { streaming, chunked, original },
    language: `x-${number}`,
    cpuLimitPercent: 100,
    memoryLimitMb: 16_384,
    failureThresholdRatio: null,
    diskLimitMb: null,
    priority: 3 + Math.floor(random.ratio() * 6),
  };
  const created = await ask('runs.create', { sources: [mediaDir], options, startWhenReady: random.ratio() < 0.8 });
  if (created !== null) tell({ kind: 'answered', runId: (created as RunSummary).id, what: 'runs.create', status: 'preparing' });
}

/** Ids of items of the run, some next to each other. */
async function someItems(runId: number): Promise<number[]> {
  const mode = pick(MODES) ?? 'original';
  const page = await ask('queue.tasks', { runId, mode, count: 40 });
  if (page === null) return [];
  const { tasks } = page as { tasks: { itemId: number }[] };
  const from = Math.floor(random.ratio() * tasks.length);
  return tasks.slice(from, from + 1 + Math.floor(random.ratio() * 4)).map(({ itemId }) => itemId);
}

async function changeQueue(run: RunSummary): Promise<void> {
  const runId = run.id;
  const roll = Math.floor(random.ratio() * 9);
  const itemIds = roll >= 3 && roll <= 7 ? await someItems(runId) : [];
  if (roll >= 3 && roll <= 7 && itemIds.length === 0) return;
  const place = pick(['top', 'next', 'last']);
  if (roll === 0) await ask('queue.placeRun', { runId, place }, runId);
  else if (roll === 1) await ask('queue.editRun', { runId, priority: Math.floor(random.ratio() * 12) }, runId);
  else if (roll === 2) await ask(random.ratio() < 0.3 ? 'queue.pause' : 'queue.resume', {});
  else if (roll === 3) await ask('queue.placeItems', { runId, itemIds, place }, runId);
  else if (roll === 4) await ask('queue.editItems', { runId, itemIds, change: { priority: Math.floor(random.ratio() * 12) } }, runId);
  else if (roll === 5) await ask('queue.holdItems', { runId, itemIds, isHeld: random.ratio() < 0.5 }, runId);
  else if (roll === 6 && random.ratio() < 0.2) await ask('queue.removeItems', { runId, itemIds: itemIds.slice(0, 1) }, runId);
  else if (roll === 7) await ask('queue.stopAfterItem', { runId, itemId: random.ratio() < 0.5 ? (itemIds[0] ?? null) : null }, runId);
  else {
    const state = (await ask('queue.get', {})) as { undo: { id: number; runId: number } | null } | null;
    if (state?.undo != null) await ask('queue.undo', { changeId: state.undo.id }, state.undo.runId);
  }
}

/** One thing a user does. */
async function act(): Promise<void> {
  const runs = await runsNow();
  const open = runs.filter(({ status }) => !['finished', 'stopped', 'failed'].includes(status));
  const ended = pick(runs.filter(({ status }) => status === 'finished' || status === 'stopped'));
  if (runs.length >= MOST_RUNS && ended !== undefined) await ask('runs.remove', { runId: ended.id }, ended.id);
  if (open.length < MOST_OPEN_RUNS) return await addRun();
  const run = pick(random.ratio() < 0.9 ? open : runs);
  if (run === undefined) return;
  const runId = run.id;
  const roll = random.ratio();
  if (roll < 0.25) await ask('runs.pause', { runId, now: random.ratio() < 0.3 }, runId);
  else if (roll < 0.5) await ask('runs.resume', { runId }, runId);
  else if (roll < 0.6) await ask('runs.stop', { runId, now: random.ratio() < 0.5, keep: random.ratio() < 0.8 }, runId);
  else if (roll < 0.65) await ask('runs.start', { runId, options: run.options }, runId);
  else await changeQueue(run);
}

/** Starts whatever can go on. @returns whether everything is done */
async function goOn(): Promise<boolean> {
  let isAllDone = true;
  if (isDraining) await ask('queue.resume', {});
  for (const run of await runsNow()) {
    const { id: runId, status, totals } = run;
    const held = run.modes.reduce((sum, mode) => sum + ((mode as { held?: number }).held ?? 0), 0);
    if (held > 0 && isDraining) await releaseAll(runId);
    const mayGoOn = status === 'interrupted' || status === 'paused' || (isDraining && status === 'stopped');
    const mayRedo = isDraining && status === 'finished' && totals.failed + totals.cancelled > 0;
    let isDone = (status === 'finished' || status === 'stopped') && totals.failed + totals.cancelled === 0;
    if (status === 'ready') await ask('runs.start', { runId, options: run.options }, runId);
    else if (mayGoOn || mayRedo) {
      const answer = await ask('runs.resume', { runId }, runId);
      // Only files that the user removed are left, and those are not done again.
      isDone ||= (mayRedo || status === 'stopped') && answer === null;
    }
    isAllDone &&= isDone;
  }
  return isAllDone;
}

async function releaseAll(runId: number): Promise<void> {
  for (const mode of MODES) {
    const page = (await ask('queue.tasks', { runId, mode, count: 1_000 })) as { tasks: { itemId: number; isHeld: boolean }[] } | null;
    const itemIds = (page?.tasks ?? []).filter(({ isHeld }) => isHeld).map(({ itemId }) => itemId);
    if (itemIds.length > 0) await ask('queue.holdItems', { runId, itemIds, isHeld: false }, runId);
  }
}

if ((await runsNow()).length === 0 && !isDraining) await addRun();
await goOn();
process.stdout.write('open\n');
for (;;) {
  await delay(isDraining ? 200 : 5 + random.ratio() * 60);
  if (!isDraining) await act();
  else if (await goOn()) break;
}
await close();
