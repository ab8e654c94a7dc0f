import BetterSqlite from 'better-sqlite3';
import { existsSync, statSync } from 'node:fs';
import type { RunStatus, TaskStatus } from '#shared/domain/run.ts';
import { MIGRATIONS } from '#main/core/persistence/migrations/index.ts';
import { neverInDatabase } from '../neverInDatabase.ts';
import type { LedgerLine } from './ledger.ts';

interface TaskFact {
  readonly runId: number;
  readonly itemId: number;
  readonly mode: string;
  readonly status: TaskStatus;
}

export interface DatabaseFacts {
  readonly runs: number;
  readonly tasks: number;
  readonly done: number;
  /** Attempts that ended with their owner or server. */
  readonly lostAttempts: number;
  /** Tasks given up because they were lost too often. */
  readonly givenUp: number;
  readonly open: number;
}

/** Compares a database whose owner is dead with what that owner and those before it announced. Changes nothing. */
export class DatabaseChecker {
  readonly #path: string;
  /** Announced outcomes by `item:mode`. */
  readonly #announced = new Map<string, { runId: number; done: number; failed: number; cancelled: number }>();
  /** Last answer about a run that nobody has asked anything of since; null while something is asked. */
  readonly #answers = new Map<number, RunStatus | 'removed' | null>();
  readonly #removing = new Set<number>();
  announcedOutcomes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  hear(lines: readonly LedgerLine[]): string[] {
    const problems: string[] = [];
    for (const line of lines) {
      if (line.kind === 'surprise') problems.push(`${line.what} answered ${line.detail}`);
      else if (line.kind === 'asked') {
        if (line.runId === null) for (const runId of this.#answers.keys()) this.#answers.set(runId, null);
        else this.#answers.set(line.runId, null);
        if (line.what === 'runs.remove' && line.runId !== null) this.#removing.add(line.runId);
      } else if (line.kind === 'answered') this.#answers.set(line.runId, line.status);
      else this.#hearOutcome(line);
    }
    return problems;
  }

  #hearOutcome({ runId, itemId, mode, status }: LedgerLine & { kind: 'outcome' }): void {
    const key = `${itemId}:${mode}`;
    const known = this.#announced.get(key) ?? { runId, done: 0, failed: 0, cancelled: 0 };
    known[status] += 1;
    this.announcedOutcomes += 1;
    this.#announced.set(key, known);
  }

  /** @param how `full` also compares indexes with their tables */
  check(how: 'quick' | 'full'): { readonly problems: string[]; readonly facts: DatabaseFacts | null } {
    if (!existsSync(this.#path) || statSync(this.#path).size === 0) return { problems: this.#withoutDatabase(), facts: null };
    const connection = new BetterSqlite(this.#path, { readonly: true, fileMustExist: true });
    try {
      // Killed while the tables of a new database were made.
      if (connection.pragma('user_version', { simple: true }) !== MIGRATIONS.at(-1)?.version)
        return { problems: this.#withoutDatabase(), facts: null };
      const number = (text: string): number => connection.prepare<[], number>(text).pluck().get() ?? 0;
      const problems: string[] = [];
      const sound = connection.pragma(how === 'full' ? 'integrity_check' : 'quick_check', { simple: true });
      if (sound !== 'ok') problems.push(`${how} check: ${String(sound)}`);
      const orphans = (connection.pragma('foreign_key_check') as unknown[]).length;
      if (orphans > 0) problems.push(`${orphans} rows refer to nothing`);
      problems.push(...neverInDatabase(connection));
      const runs = new Map(
        connection
          .prepare<[], { id: number; status: RunStatus }>('SELECT id, status FROM runs')
          .all()
          .map(({ id, status }) => [id, status] as const),
      );
      problems.push(...this.#compareRuns(runs), ...this.#compareOutcomes(connection, runs));
      const facts = {
        runs: runs.size,
        tasks: number('SELECT count(*) FROM tasks WHERE superseded = 0'),
        done: number(`SELECT count(*) FROM tasks WHERE status = 'done'`),
        lostAttempts: number(`SELECT count(*) FROM attempts WHERE outcome = 'lost'`),
        givenUp: number(`SELECT count(*) FROM tasks WHERE error_code = 'TASK_LOST_TOO_OFTEN'`),
        open: number(`SELECT count(*) FROM tasks WHERE superseded = 0 AND status IN ('queued', 'claimed')`),
      };
      return { problems, facts };
    } finally {
      connection.close();
    }
  }

  #withoutDatabase(): string[] {
    return this.#answers.size === 0 && this.#announced.size === 0 ? [] : ['the database is gone'];
  }

  /** What was answered last holds, unless something else was asked since. */
  #compareRuns(runs: ReadonlyMap<number, RunStatus>): string[] {
    const problems: string[] = [];
    for (const [runId, answer] of this.#answers) {
      const status = runs.get(runId);
      if (answer === 'removed' ? status !== undefined : status === undefined && !this.#removing.has(runId))
        problems.push(`run ${runId} is ${status ?? 'gone'}, answered was ${answer ?? 'nothing'}`);
      if ((answer === 'paused' || answer === 'stopped') && status !== answer)
        problems.push(`run ${runId} is ${status ?? 'gone'}, answered was ${answer}`);
    }
    return problems;
  }

  /** Row for row: every outcome that was announced is there, once. */
  #compareOutcomes(connection: BetterSqlite.Database, runs: ReadonlyMap<number, RunStatus>): string[] {
    const stored = new Map<string, Record<'done' | 'failed' | 'cancelled', number>>();
    const tasks = connection
      .prepare<[], TaskFact>(
        `SELECT run_id AS runId, item_id AS itemId, mode, status FROM tasks WHERE status IN ('done', 'failed', 'cancelled')`,
      )
      .iterate();
    for (const { itemId, mode, status } of tasks) {
      const key = `${itemId}:${mode}`;
      const counts = stored.get(key) ?? { done: 0, failed: 0, cancelled: 0 };
      counts[status as 'done'] += 1;
      stored.set(key, counts);
    }
    const problems: string[] = [];
    for (const [key, announced] of this.#announced) {
      if (!runs.has(announced.runId)) continue;
      if (announced.done > 1) problems.push(`item and mode ${key} were announced as done ${announced.done} times`);
      const found = stored.get(key) ?? { done: 0, failed: 0, cancelled: 0 };
      for (const status of ['done', 'failed', 'cancelled'] as const)
        if (found[status] < announced[status])
          problems.push(`lost: ${key} announced ${status} ${announced[status]} times, stored ${found[status]}`);
    }
    return problems;
  }
}
