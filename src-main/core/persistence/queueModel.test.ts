import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { LocalDatabase } from '#main/testing/localDatabase.ts';
import { neverInDatabase } from '#main/testing/neverInDatabase.ts';
import { QueueModel } from '#main/testing/queueModel.ts';
import type { TaskOutcome } from './operations/tasks.ts';

/** Sequences of operations; a long search raises it. */
const SEQUENCES = Number(process.env['NIGHTSHIFT_SEQUENCES'] ?? 60);
const FILES = 5;
const PRIORITY = 6;
const START_MS = 1_767_225_600_000;

let folder: string;
/** An empty database of the newest form. */
let template: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-model-'));
  template = join(folder, 'template.db');
  await new LocalDatabase(template).close();
});

afterEach(() => rmSync(folder, { recursive: true }));

const OUTCOMES = ['done', 'failed', 'retry', 'loss', 'noRoom', 'released', 'cancelled'] as const;
type Kind = (typeof OUTCOMES)[number];

function outcomeOf(kind: Kind, priority: number, notBeforeMs: number): TaskOutcome {
  const error = { code: 'SERVER_BAD_RESPONSE', data: {} } as const;
  switch (kind) {
    case 'done': {
      const result = {
        hypothesis: 'one',
        segments: [],
        language: null,
        model: 'tiny',
        decodedSec: 2,
        announcedSec: 2,
        processingSec: 0.5,
        decodeSec: null,
        firstTokenLatencyMs: null,
        warningCode: null,
      };
      return { kind, result, counts: null };
    }
    case 'failed':
      return { kind, error, counts: null };
    case 'retry':
      return { kind, error, notBeforeMs, priority: priority + 1 };
    case 'loss':
    case 'noRoom':
      return { kind: 'requeue', error, notBeforeMs, isLoss: kind === 'loss' };
    case 'released':
    case 'cancelled':
      return { kind };
  }
}

/** No power is cut here, and a sync for each commit would be most of the time. */
function openUnsynced(path: string): LocalDatabase {
  const database = new LocalDatabase(path);
  database.connection.pragma('synchronous = OFF');
  return database;
}

/** The database under test with what its owner remembers of it. */
class Real {
  database: LocalDatabase;
  readonly left: LocalDatabase[] = [];
  readonly runId: number;
  readonly itemIds: readonly number[];
  /** Every lease that was ever given, the stale ones too. */
  readonly leases: { taskId: number; leaseToken: string }[] = [];
  nowMs = START_MS;
  boots = 1;
  claims = 0;
  readonly #path: string;

  private constructor(path: string, database: LocalDatabase, runId: number, itemIds: readonly number[]) {
    this.#path = path;
    this.database = database;
    this.runId = runId;
    this.itemIds = itemIds;
  }

  static async create(): Promise<{ real: Real; model: QueueModel }> {
    const path = join(mkdtempSync(join(folder, 'run-')), 'nightshift.db');
    copyFileSync(template, path);
    const database = openUnsynced(path);
    const options = RunOptionsSchema.parse({ priority: PRIORITY });
    await database.write('recordBoot', { bootId: 'boot-1', pid: 1, host: 'library', nowMs: START_MS });
    const runId = await database.write('insertRun', { name: 'model', sources: ['/in'], options, defaultFolder: '/out', nowMs: START_MS });
    const names = Array.from({ length: FILES }, (_, file) => `${file}.wav`);
    const files = names.map((fileId) => {
      return { path: `/in/${fileId}`, fileId, sizeBytes: 10, modifiedMs: 5, reference: null, referencePath: null, problemCode: null };
    });
    await database.write('insertItems', { runId, files });
    const items = await database.read('uninspectedItems', { runId, afterId: 0, count: FILES });
    const inspections = items.map(({ id, path: file }) => {
      const facts = { container: 'wav', codec: 'pcm', sampleRateHz: 16_000, channels: 1, audioStreams: 1, announcedSec: 2 };
      return { itemId: id, facts: { ...facts, sha256: `sha-of-${file}`, sizeBytes: 10, modifiedMs: 5 }, problem: null };
    });
    await database.write('recordInspections', { inspections, nowMs: START_MS });
    await database.write('moveRun', { runId, from: 'preparing', to: 'ready', nowMs: START_MS });
    const modes = [{ mode: 'streaming' as const, workKey: 'streaming:tiny' }];
    const plan = { runId, type: 'transcribe' as const, modes, limit: null, priority: PRIORITY, maxRetries: 1_000, nowMs: START_MS };
    const model = { name: 'tiny', path: '', fingerprint: 'tiny' };
    await database.write('startRun', { from: 'ready', options, model, defaultFolder: '/out', plan });
    const itemIds = items.map(({ id }) => id);
    const real = new Real(path, database, runId, itemIds);
    return { real, model: new QueueModel('boot-1', { taskId: 1, itemIds, priority: PRIORITY, nowMs: START_MS }) };
  }

  /** The process is gone without a word; the file stays as it is. */
  async reopen(bootId: string): Promise<void> {
    this.left.push(this.database);
    this.database = openUnsynced(this.#path);
    await this.database.write('recordBoot', { bootId, pid: 1, host: 'library', nowMs: this.nowMs });
    await this.database.write('recoverOtherBoots', { bootId, nowMs: this.nowMs });
  }

  lease(pick: number): { taskId: number; leaseToken: string } {
    return this.leases[pick % Math.max(1, this.leases.length)] ?? { taskId: 1, leaseToken: 'never given' };
  }

  itemsOf(picks: readonly number[]): number[] {
    return [...new Set(picks.map((pick) => this.itemIds[pick % FILES] ?? 0))];
  }

  async close(): Promise<void> {
    for (const database of [this.database, ...this.left]) await database.close();
  }
}

interface Row {
  id: number;
  status: string;
  held: number;
  [column: string]: unknown;
}

/** Every row, and what must never be. */
function compare(model: QueueModel, { database: { connection }, runId }: Real): void {
  const rows = connection
    .prepare<[], Row>(
      `SELECT id, item_id AS itemId, status, priority, rank, held, not_before_ms AS notBeforeMs, failed_attempts AS failedAttempts, losses,
         lease_token AS lease, boot_id AS boot, started_at_ms IS NOT NULL AS hasBegun, superseded, removed,
         (SELECT count(*) FROM attempts WHERE task_id = tasks.id) AS attempts FROM tasks ORDER BY id`,
    )
    .all()
    .map((row) => {
      const { held, hasBegun, superseded, removed } = row;
      return { ...row, held: held === 1, hasBegun: hasBegun === 1, superseded: superseded === 1, removed: removed === 1 };
    });
  expect(rows).toEqual(model.tasks);
  const one = (text: string): unknown => connection.prepare<[], unknown>(text).pluck().get();
  expect(one(`SELECT status FROM runs WHERE id = ${runId}`)).toBe(model.status);
  expect(one('SELECT count(*) FROM results')).toBe(model.results);
  expect(one('SELECT count(*) FROM late_results')).toBe(model.late);
  expect(neverInDatabase(connection).filter((found) => !found.startsWith('an outcome came late'))).toEqual([]);
}

type Step = (model: QueueModel, real: Real) => Promise<void>;

/** One operation of the product, and the same on the model. */
class Command implements fc.AsyncCommand<QueueModel, Real> {
  readonly #name: string;
  readonly #step: Step;

  constructor(name: string, step: Step) {
    this.#name = name;
    this.#step = step;
  }

  check(): boolean {
    return true;
  }

  async run(model: QueueModel, real: Real): Promise<void> {
    await this.#step(model, real);
    compare(model, real);
  }

  toString(): string {
    return this.#name;
  }
}

function change(name: string, kind: 'itemsHeld' | 'itemsEdited' | 'itemsRemoved', picks: number[], value: number): Command {
  return new Command(`${name}(${picks.join()}, ${value})`, async (model, real) => {
    const { database, runId, nowMs } = real;
    const itemIds = real.itemsOf(picks);
    const changeId = await database.write('beginQueueChange', { change: kind, runId, nowMs });
    const taskIds = model.waiting(itemIds).map(({ id }) => id);
    const step = { changeId, runId, taskIds };
    const changed =
      kind === 'itemsHeld'
        ? await database.write('holdTasks', { ...step, isHeld: value % 2 === 0 })
        : kind === 'itemsEdited'
          ? await database.write('editTasks', { ...step, priority: value, workKeys: {} })
          : await database.write('removeTasks', { ...step, nowMs });
    const expected =
      kind === 'itemsHeld'
        ? model.hold(changeId, itemIds, value % 2 === 0)
        : kind === 'itemsEdited'
          ? model.edit(changeId, itemIds, value)
          : model.remove(changeId, itemIds);
    expect(changed).toBe(expected);
    await database.write('endQueueChange', { changeId, count: changed });
  });
}

const pick = fc.nat(40);
const picks = fc.array(fc.nat(FILES - 1), { minLength: 1, maxLength: 3 });

const finish = fc.tuple(pick, fc.constantFrom(...OUTCOMES), fc.nat(5_000)).map(
  ([which, kind, delayMs]) =>
    new Command(`finish(${which}, ${kind}, ${delayMs})`, async (model, real) => {
      const { taskId, leaseToken } = real.lease(which);
      const { nowMs } = real;
      const task = model.leased(taskId, leaseToken);
      // Only what has begun can have come to something; the rest is given back.
      const wanted: Kind = task !== undefined && !task.hasBegun ? 'released' : kind;
      const outcome = outcomeOf(wanted, task?.priority ?? PRIORITY, nowMs + delayMs);
      const recorded = await real.database.write('finishTask', { taskId, leaseToken, nowMs, outcome });
      expect(recorded).toBe(model.finish(task, wanted, nowMs, nowMs + delayMs));
    }),
);

const commands = [
  fc.tuple(fc.integer({ min: 1, max: 4 })).map(
    ([count]) =>
      new Command(`claim(${count})`, async (model, real) => {
        real.claims += 1;
        const leasePrefix = `${model.boot}-${real.claims}`;
        const { runId, nowMs } = real;
        const claim = { runId, mode: 'streaming' as const, count, nowMs, bootId: model.boot, leasePrefix };
        const claimed = await real.database.write('claimTasks', claim);
        expect(claimed.map(({ taskId }) => taskId)).toEqual(model.claim(count, nowMs, leasePrefix).map(({ id }) => id));
        for (const { taskId, leaseToken } of claimed) real.leases.push({ taskId, leaseToken });
      }),
  ),
  pick.map(
    (which) =>
      new Command(`begin(${which})`, async (model, real) => {
        const lease = real.lease(which);
        const task = model.leased(lease.taskId, lease.leaseToken);
        // A lease begins once.
        if (task?.hasBegun === true) return;
        const begun = await real.database.write('beginAttempt', { ...lease, nowMs: real.nowMs, serverInstance: null });
        expect(begun).toBe(model.begin(task));
      }),
  ),
  finish,
  finish,
  pick.map(
    (which) =>
      new Command(`withdraw(${which})`, async (model, real) => {
        const lease = real.lease(which);
        expect(await real.database.write('withdrawAttempt', lease)).toBe(model.withdraw(model.leased(lease.taskId, lease.leaseToken)));
      }),
  ),
  fc.constantFrom(
    new Command('enter', async (model, { database, runId, nowMs }) => {
      const expected = model.move(['queued'], 'running');
      if (expected) model.reclaim();
      expect(await database.write('enterRun', { runId, nowMs })).toBe(expected);
    }),
    new Command('pause', async (model, { database, runId, nowMs }) => {
      const expected = model.move(['running'], 'pausing');
      expect(await database.write('moveRun', { runId, from: 'running', to: 'pausing', nowMs })).toBe(expected);
    }),
    new Command('paused', async (model, { database, runId, nowMs }) => {
      const expected = model.move(['pausing'], 'paused');
      expect(await database.write('moveRun', { runId, from: 'pausing', to: 'paused', nowMs })).toBe(expected);
    }),
    new Command('resume', async (model, { database, runId, nowMs }) => {
      const from = model.status === 'interrupted' ? 'interrupted' : 'paused';
      const expected = model.move([from], 'queued');
      if (expected) model.reclaim();
      const answer = await database.write('requeueRun', { runId, from, redo: false, pausedBy: null, nowMs });
      expect(answer).toBe(expected ? 'queued' : 'moved');
    }),
    new Command('cancel', async (model, { database, runId, nowMs }) => {
      const from = model.status === 'paused' ? 'paused' : 'queued';
      const expected = model.move([from], 'stopped');
      if (expected) model.cancelAll();
      expect(await database.write('cancelRun', { runId, from, nowMs })).toBe(expected);
    }),
    new Command('redo', async (model, { database, runId, nowMs }) => {
      const isStopped = model.status === 'stopped';
      const didRedo = isStopped && model.redo(nowMs);
      if (didRedo) model.move(['stopped'], 'queued');
      const answer = await database.write('requeueRun', { runId, from: 'stopped', redo: true, pausedBy: null, nowMs });
      expect(answer).toBe(didRedo ? 'queued' : isStopped ? 'nothing' : 'moved');
    }),
  ),
  fc.tuple(picks, fc.nat(12)).map(([items, value]) => change('hold', 'itemsHeld', items, value)),
  fc.tuple(picks, fc.nat(12)).map(([items, value]) => change('edit', 'itemsEdited', items, value)),
  fc.nat(FILES).map(
    (which) =>
      new Command(`marker(${which})`, async (model, { database, runId, itemIds, nowMs }) => {
        const itemId = itemIds[which] ?? null;
        const isOther = model.markedItemId !== itemId;
        model.markedItemId = itemId;
        expect(await database.write('setStopAfterItem', { runId, itemId, nowMs })).toBe(isOther);
        model.forget(Number(database.connection.prepare('SELECT max(id) FROM queue_changes').pluck().get() ?? 0));
      }),
  ),
  fc.tuple(picks).map(([items]) => change('remove', 'itemsRemoved', items, 0)),
  pick.map(
    (which) =>
      new Command(`undo(${which})`, async (model, real) => {
        const ids = [...model.changes.keys()];
        const changeId = ids[which % Math.max(1, ids.length)] ?? 0;
        const answer = await real.database.write('undoTasks', { changeId, afterTaskId: 0, count: 100 });
        expect(answer.undone).toBe(model.undo(changeId));
        await real.database.write('endUndo', { changeId, nowMs: real.nowMs });
      }),
  ),
  fc.integer({ min: 1, max: 60_000 }).map(
    (ms) =>
      new Command(`pass(${ms})`, async (_, real) => {
        real.nowMs += ms;
      }),
  ),
  fc.constant(
    new Command('kill', async (model, real) => {
      real.boots += 1;
      model.kill(`boot-${real.boots}`);
      await real.reopen(`boot-${real.boots}`);
    }),
  ),
];

test(
  'whatever is asked in whatever order, the rows of the queue are those of a small model',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: 'max' }), async (sequence) => {
        const made = await Real.create();
        try {
          await fc.asyncModelRun(async () => made, sequence);
        } finally {
          await made.real.close();
        }
      }),
      { numRuns: SEQUENCES },
    );
  },
  30_000 + SEQUENCES * 500,
);
