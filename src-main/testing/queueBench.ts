import { RunOptionsSchema, type RunOptions } from '#shared/contract/runs.ts';
import type { QueueState } from '#shared/contract/queue.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { EventBus } from '../core/events.ts';
import type { ClaimedTask, TaskOutcome } from '../core/persistence/operations/tasks.ts';
import type { QueueRuns } from '../core/queue/queueRuns.ts';
import { QueueService } from '../core/queue/queueService.ts';
import { workKey } from '../core/scheduler/workKey.ts';
import { FakeClock } from './fakeClock.ts';
import { LocalDatabase } from './localDatabase.ts';
import { buildRun } from './runBuilders.ts';
import { silentLogger } from './silentLogger.ts';

const MODEL = { name: 'tiny', path: '/model', fingerprint: 'tiny-1' };

/** The queue over a real database, without anybody who carries runs out: a test claims and finishes tasks itself. */
export class QueueBench {
  readonly database: LocalDatabase;
  readonly clock = new FakeClock();
  readonly queue: QueueService;
  readonly announced: QueueState[] = [];
  readonly calls: string[] = [];
  readonly created: Parameters<QueueRuns['create']>[0][] = [];
  readonly runs: QueueRuns & { currentRunId: number | null };
  #leases = 0;

  constructor(path = ':memory:') {
    this.database = new LocalDatabase(path);
    const { database, clock, calls } = this;
    const events = new EventBus((error) => {
      throw error;
    });
    events.subscribe((event) => {
      if (event.name === 'queue.changed') this.announced.push(event.payload);
    });
    this.runs = {
      currentRunId: null,
      get: async (runId) => {
        const run = await database.read('storedRun', { runId, nowMs: clock.nowMs() });
        return buildRun(run === null ? {} : { id: run.id, name: run.name, status: run.status, sources: run.sources, options: run.options });
      },
      create: async (input) => {
        this.created.push(input);
        const runId = await this.#insert(input.name, input.options, input.imported);
        return buildRun({ id: runId, name: input.name });
      },
      resumeInterrupted: async () => void calls.push('resumeInterrupted'),
      queueChanged: () => void calls.push('queueChanged'),
      tasksReordered: async (runId) => void calls.push(`tasksReordered ${runId}`),
    };
    this.queue = new QueueService({ database, clock, logger: silentLogger, events, runs: this.runs });
    this.queue.open();
  }

  async close(): Promise<void> {
    this.queue.close();
    await this.database.close();
  }

  /** A run that waits, with files `0` … `count - 1` of every mode. */
  async queuedRun(count: number, options: Partial<RunOptions> = {}): Promise<number> {
    const runId = await this.#insert(`run ${count}`, RunOptionsSchema.parse(options));
    await this.addFiles(runId, count);
    await this.start(runId, RunOptionsSchema.parse(options));
    return runId;
  }

  async addFiles(runId: number, count: number): Promise<void> {
    const files = Array.from({ length: count }, (_, index) => ({
      path: `/in/${index}`,
      fileId: String(index),
      sizeBytes: 10,
      modifiedMs: 5,
      reference: null,
      referencePath: null,
      problemCode: null,
    }));
    await this.database.write('insertItems', { runId, files });
    this.database.connection
      .prepare('UPDATE items SET inspected = 1, sha256 = ? || path, announced_sec = 2 WHERE run_id = ?')
      .run('sha', runId);
  }

  async start(runId: number, options: RunOptions, modesOfLanguage: readonly string[] = []): Promise<void> {
    const plans = (own: RunOptions): { mode: Mode; workKey: string }[] =>
      options.modes.map((mode) => ({ mode, workKey: workKey(mode, MODEL.fingerprint, own) }));
    await this.database.write('startRun', {
      from: 'preparing',
      options,
      model: MODEL,
      defaultFolder: '/runs',
      modesOfLanguage: Object.fromEntries(modesOfLanguage.map((language) => [language, plans({ ...options, language })])),
      plan: {
        runId,
        type: 'transcribe',
        modes: plans(options),
        limit: null,
        priority: options.priority,
        maxRetries: options.maxRetries,
        nowMs: this.clock.nowMs(),
      },
    });
  }

  /** Ids of items by file ids. */
  async items(runId: number, ...fileIds: readonly string[]): Promise<number[]> {
    const find = this.database.connection.prepare('SELECT id FROM items WHERE run_id = ? AND file_id = ?');
    return fileIds.map((fileId) => (find.get(runId, fileId) as { id: number }).id);
  }

  async claim(runId: number, count = 1, mode: Mode = 'streaming'): Promise<ClaimedTask[]> {
    this.#leases += 1;
    return await this.database.write('claimTasks', {
      runId,
      mode,
      count,
      nowMs: this.clock.nowMs(),
      bootId: 'boot-1',
      leasePrefix: `lease-${this.#leases}`,
    });
  }

  async begin({ taskId, leaseToken }: ClaimedTask): Promise<boolean> {
    return await this.database.write('beginAttempt', { taskId, leaseToken, nowMs: this.clock.nowMs(), serverInstance: null });
  }

  async finish({ taskId, leaseToken }: ClaimedTask, outcome: TaskOutcome): Promise<'recorded' | 'late'> {
    return await this.database.write('finishTask', { taskId, leaseToken, nowMs: this.clock.nowMs(), outcome });
  }

  /** File ids in the order in which they would be claimed now; nothing stays claimed. */
  async order(runId: number, mode: Mode = 'streaming'): Promise<string[]> {
    const claimed = await this.claim(runId, 1_000_000, mode);
    for (const task of claimed) await this.finish(task, { kind: 'released' });
    return claimed.map(({ fileId }) => fileId);
  }

  /** File ids as the pages of `queue.tasks` list them. */
  async listed(runId: number, count = 1_000, mode: Mode = 'streaming'): Promise<string[]> {
    const fileIds: string[] = [];
    let after: string | null = null;
    do {
      const page = await this.queue.tasks({ runId, mode, after, count });
      fileIds.push(...page.tasks.map(({ fileId }) => fileId));
      after = page.next;
    } while (after !== null);
    return fileIds;
  }

  /** @returns whether there was something to take back */
  async undo(): Promise<boolean> {
    const { undo } = await this.queue.state();
    if (undo === null) return false;
    await this.queue.undo(undo.id);
    return true;
  }

  async #insert(name: string, options: RunOptions, imported?: Parameters<QueueRuns['create']>[0]['imported']): Promise<number> {
    return await this.database.write('insertRun', {
      name,
      sources: ['/in'],
      options,
      defaultFolder: '/runs',
      nowMs: this.clock.nowMs(),
      imported,
    });
  }
}
