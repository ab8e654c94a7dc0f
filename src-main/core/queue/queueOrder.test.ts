import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { QueueDocumentSchema } from '#shared/contract/queue.ts';
import { rankOffsetMs, RANK_STEP_MS } from '#shared/domain/rank.ts';
import { QueueBench } from '#main/testing/queueBench.ts';
import { workKey } from '../scheduler/workKey.ts';
import { QueueDocuments } from './queueDocuments.ts';

let bench: QueueBench;

beforeEach(() => {
  bench = new QueueBench();
});

afterEach(() => bench.close());

test('a claim, a page and the end of the order are found in an index, whatever waits', () => {
  const { connection } = bench.database;
  const planOf = (query: string): string =>
    connection
      .prepare(`EXPLAIN QUERY PLAN ${query}`)
      .all()
      .map((row) => (row as { detail: string }).detail)
      .join('; ');
  const from = `FROM tasks WHERE run_id = 1 AND mode = 'streaming' AND status = 'queued'`;
  const claim = planOf(
    `SELECT id ${from} AND held = 0 AND (rank, id) <= (9e99, 1) AND NOT EXISTS (SELECT 1 FROM run_modes m WHERE m.run_id = 1 AND m.mode = 'streaming' AND m.held = 1) AND not_before_ms <= 5 ORDER BY rank, id LIMIT 9`,
  );
  const page = planOf(`SELECT id, rank ${from} AND (rank, id) > (1, 1) ORDER BY rank, id LIMIT 9`);
  const end = planOf(`SELECT id, rank ${from} AND (rank, id) < (9e99, 1) ORDER BY rank DESC, id DESC LIMIT 1`);
  expect(claim).toContain('tasks_to_claim');
  expect(page).toContain('tasks_in_order');
  expect(end).toContain('tasks_in_order');
  expect(planOf(`SELECT id FROM runs WHERE status = 'queued' ORDER BY rank, id LIMIT 1`)).toContain('runs_in_order');
  for (const plan of [claim, page, end]) expect(plan).not.toMatch(/TEMP B-TREE|SCAN tasks/);
});

/** The queue of one mode as a list of what a user knows of it. */
interface ModelTask {
  readonly file: string;
  key: number;
  priority: number;
  isHeld: boolean;
}

type Step =
  | { readonly kind: 'place'; readonly files: readonly number[]; readonly to: 'next' | 'last' | number }
  | { readonly kind: 'edit'; readonly files: readonly number[]; readonly priority: number }
  | { readonly kind: 'hold'; readonly files: readonly number[]; readonly isHeld: boolean }
  | { readonly kind: 'retry' }
  | { readonly kind: 'wait'; readonly minutes: number };

const FILES = 8;
const file = fc.nat({ max: FILES - 1 });
const files = fc.uniqueArray(file, { minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('place' as const), files, to: fc.oneof(fc.constantFrom('next' as const, 'last' as const), file) }),
  fc.record({ kind: fc.constant('edit' as const), files, priority: fc.constantFrom(0, 1, 5, 6, 7, 12) }),
  fc.record({ kind: fc.constant('hold' as const), files, isHeld: fc.boolean() }),
  fc.constant({ kind: 'retry' as const }),
  fc.record({ kind: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 30 }) }),
);

/** Keys are compared and never bisected here: what is placed is put into the list, and every key behind it is moved out of its way. */
class Model {
  tasks: ModelTask[];
  readonly #first: number;

  constructor(nowMs: number) {
    this.#first = nowMs + rankOffsetMs(6);
    this.tasks = Array.from({ length: FILES }, (_, index) => ({
      file: String(index),
      key: this.#first + index * RANK_STEP_MS,
      priority: 6,
      isHeld: false,
    }));
  }

  place(names: readonly string[], to: string): void {
    const moved = this.tasks.filter((task) => names.includes(task.file));
    const rest = this.tasks.filter((task) => !names.includes(task.file));
    const from = to === 'next' || to === 'last' ? 0 : this.tasks.findIndex((task) => task.file === to);
    const anchor = to === 'last' ? undefined : this.tasks.slice(from).find((task) => !names.includes(task.file));
    if (to === 'next' && anchor === undefined) return;
    const at = anchor === undefined ? rest.length : rest.indexOf(anchor);
    const previous = rest[at - 1];
    const low = anchor === undefined ? Math.max(previous?.key ?? -Infinity, moved.at(-1)?.key ?? -Infinity) : previous?.key;
    const gap = anchor === undefined || low === undefined ? Infinity : anchor.key - low;
    const space = Math.min(RANK_STEP_MS, gap / (moved.length + 1));
    for (const [index, task] of moved.entries()) {
      task.key = anchor === undefined ? (low ?? 0) + (index + 1) * space : anchor.key - (moved.length - index) * space;
    }
    this.tasks = [...rest.slice(0, at), ...moved, ...rest.slice(at)];
  }

  edit(names: readonly string[], priority: number): void {
    for (const task of this.tasks.filter((each) => names.includes(each.file))) {
      task.key += rankOffsetMs(priority) - rankOffsetMs(task.priority);
      task.priority = priority;
    }
    this.#sort();
  }

  retry(nowMs: number): void {
    const task = this.tasks.find(({ isHeld }) => !isHeld);
    if (task === undefined) return;
    task.priority += 1;
    task.key = nowMs + rankOffsetMs(task.priority);
    this.#sort();
  }

  get order(): string[] {
    return this.tasks.filter(({ isHeld }) => !isHeld).map(({ file: name }) => name);
  }

  #sort(): void {
    this.tasks = this.tasks.toSorted((left, right) => left.key - right.key || Number(left.file) - Number(right.file));
  }
}

test('what is claimed is in the order of a small model, whatever was moved, edited, held or retried, and all of it can be taken back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      using closing = new DisposableStack();
      const own = new QueueBench();
      closing.defer(() => void own.close());
      const runId = await own.queuedRun(FILES);
      const model = new Model(own.clock.nowMs());
      const names = (indexes: readonly number[]): string[] => indexes.map(String);
      let hasRetried = false;
      for (const each of steps) {
        switch (each.kind) {
          case 'place': {
            const items = await own.items(runId, ...names(each.files));
            const [beforeId = 0] = typeof each.to === 'number' ? await own.items(runId, String(each.to)) : [];
            await own.queue.placeItems(runId, items, typeof each.to === 'number' ? { beforeId } : each.to);
            model.place(names(each.files), typeof each.to === 'number' ? String(each.to) : each.to);
            break;
          }
          case 'edit':
            await own.queue.editItems(runId, await own.items(runId, ...names(each.files)), { priority: each.priority });
            model.edit(names(each.files), each.priority);
            break;
          case 'hold':
            await own.queue.holdItems(runId, await own.items(runId, ...names(each.files)), each.isHeld);
            for (const task of model.tasks) if (names(each.files).includes(task.file)) task.isHeld = each.isHeld;
            break;
          case 'retry': {
            // Never the very time of another task: where a key falls between moved neighbours is not promised.
            await own.clock.advance(1_000);
            const [task] = await own.claim(runId);
            if (task === undefined) break;
            hasRetried = true;
            const notBeforeMs = own.clock.nowMs();
            await own.finish(task, {
              kind: 'retry',
              error: { code: 'SERVER_SILENT', data: {} },
              notBeforeMs,
              priority: task.priority + 1,
            });
            model.retry(own.clock.nowMs());
            break;
          }
          case 'wait':
            await own.clock.advance(each.minutes * 60_000);
            break;
        }
        expect(await own.order(runId)).toEqual(model.order);
        expect(await own.listed(runId, 3)).toEqual(model.tasks.map((task) => task.file));
      }
      while (await own.undo());
      if (!hasRetried) expect(await own.order(runId)).toEqual(Array.from({ length: FILES }, (_, index) => String(index)));
    }),
    { numRuns: 60 },
  );
}, 120_000);

test('doing again what failed keeps model, options and work keys of the run, and what was lost too often stays out until then', async () => {
  const options = RunOptionsSchema.parse({ language: 'ko', modes: ['streaming'] });
  const runId = await bench.queuedRun(2, options);
  const before = bench.database.connection.prepare('SELECT result_key FROM tasks WHERE run_id = ? ORDER BY id').all(runId);
  const [task, other] = await bench.claim(runId, 2);
  if (task === undefined || other === undefined) throw new Error('nothing claimed');
  await bench.finish(task, { kind: 'failed', error: { code: 'TASK_LOST_TOO_OFTEN', data: { losses: 4 } }, counts: null });
  await bench.finish(other, { kind: 'failed', error: { code: 'MEDIA_CORRUPT', data: {} }, counts: null });
  expect(await bench.claim(runId, 5)).toEqual([]);
  await bench.database.write('moveRun', { runId, from: 'queued', to: 'running', nowMs: 1 });
  await bench.database.write('moveRun', { runId, from: 'running', to: 'finished', nowMs: 2 });
  await bench.database.write('requeueRun', { runId, from: 'finished', redo: true, pausedBy: null, nowMs: bench.clock.nowMs() });
  const run = await bench.database.read('storedRun', { runId, nowMs: 0 });
  expect(run).toMatchObject({ options, model: { fingerprint: 'tiny-1' } });
  const after = bench.database.connection
    .prepare('SELECT result_key FROM tasks WHERE run_id = ? AND superseded = 0 ORDER BY id')
    .all(runId);
  expect(after).toEqual(before);
  expect((await bench.claim(runId, 5)).map(({ fileId }) => fileId)).toEqual(['0', '1']);
});

test('a queue goes into a file and out of it with every difference of its files, behind what waits and in its order', async () => {
  const first = await bench.queuedRun(4);
  const second = await bench.queuedRun(2, { priority: 3 });
  const [held = 0, removed = 0, edited = 0] = await bench.items(first, '1', '2', '3');
  await bench.queue.holdItems(first, [held], true);
  await bench.queue.removeItems(first, [removed]);
  await bench.queue.editItems(first, [edited], { priority: 2, language: 'ko' });
  await bench.queue.placeRun(second, 'last');
  const documents = new QueueDocuments({ database: bench.database, clock: bench.clock, runs: bench.runs });
  const document = QueueDocumentSchema.parse(JSON.parse(JSON.stringify(await documents.export())));
  expect(document.runs.map(({ name }) => name)).toEqual(['run 4', 'run 2']);
  const differences = [
    { fileId: '1', change: {}, isHeld: true, isRemoved: false },
    { fileId: '2', change: {}, isHeld: false, isRemoved: true },
    { fileId: '3', change: { priority: 2, language: 'ko' }, isHeld: false, isRemoved: false },
  ];
  expect(document.runs[0]?.items).toEqual(differences);
  const [third, fourth] = await documents.import(document);
  if (third === undefined || fourth === undefined) throw new Error('not imported');
  // The later one is ready first.
  for (const [run, count] of [
    [fourth, 2],
    [third, 4],
  ] as const) {
    await bench.addFiles(run.id, count);
    const languages = await bench.database.read('importedLanguages', { runId: run.id });
    await bench.start(run.id, bench.created[run.id === third.id ? 0 : 1]?.options ?? RunOptionsSchema.parse({}), languages);
  }
  expect((await bench.queue.state()).runIds).toEqual([first, second, third.id, fourth.id]);
  expect(await bench.order(third.id)).toEqual(['3', '0']);
  expect(await bench.database.read('exportedItems', { runId: third.id })).toEqual(differences);
  const [task] = await bench.claim(third.id);
  const korean = workKey('streaming', 'tiny-1', { ...RunOptionsSchema.parse({}), language: 'ko' });
  expect(task).toMatchObject({ fileId: '3', language: 'ko', priority: 2, resultKey: `sha/in/3:${korean}` });
});
