import type { CleaningEntry, CleaningPlan, CleaningReport, RetentionRules, StorageUsage } from '#shared/contract/retention.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Database } from '../persistence/database.ts';
import type { Clock, Logger, StorageFolder } from '../ports.ts';
import { type CleaningFacts, planCleaning, usedBytes } from './planCleaning.ts';

/** Rows of one transaction: a few milliseconds of the writer's time. */
const ROWS_AT_ONCE = 200;

/** Rules that take the place of those of the settings, by name. */
type RulesChange = { readonly [R in keyof RetentionRules]?: RetentionRules[R] | undefined };

export interface RetentionServiceDeps {
  readonly database: Database;
  readonly storage: StorageFolder;
  readonly clock: Clock;
  readonly logger: Logger;
  rules(): RetentionRules;
  /** Forgets a run without rows. @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT */
  removeRun(runId: number): Promise<void>;
}

/** How much room the data folder takes, and what of it may go. Nothing goes unless it is named. */
export interface RetentionService {
  usage(): Promise<StorageUsage>;
  preview(rules: RulesChange): Promise<CleaningPlan>;
  /** Removes what is named and still falls under the rules, one after the other. */
  clean(rules: RulesChange, keys: readonly string[]): Promise<CleaningReport>;
  /** @throws RUN_NOT_FOUND */
  pin(runId: number, isPinned: boolean): Promise<void>;
  /** Goes on with what a process that died had begun. */
  open(): void;
  /** Lets the step under way end; the rest is done at the next start. */
  close(): Promise<void>;
}

export function createRetentionService(deps: RetentionServiceDeps): RetentionService {
  const { database, storage, clock, logger } = deps;
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return await mine;
  };
  const chosen = (rules: RulesChange): RetentionRules => ({ ...deps.rules(), ...withoutGaps(rules) });
  const facts = async (): Promise<CleaningFacts> => {
    const [runs, databaseFacts, files] = await Promise.all([database.read('runFacts'), database.read('databaseFacts'), storage.measure()]);
    return { runs, database: databaseFacts, files, nowMs: clock.nowMs() };
  };

  const requireOpen = (): void => {
    if (isClosed) throw new NightshiftError('SHUTTING_DOWN');
  };

  const finishRun = async (runId: number): Promise<void> => {
    for (let isEmpty = false; !isEmpty;) {
      requireOpen();
      isEmpty = await database.write('cleanRunRows', { runId, count: ROWS_AT_ONCE });
    }
    await deps.removeRun(runId).catch((error: unknown) => {
      if (toNightshiftError(error).code !== 'RUN_NOT_FOUND') throw error;
    });
    await storage.remove({ kind: 'run', runId });
    await database.write('endCleaning', { runId });
  };

  const removeAnswers = async (): Promise<void> => {
    for (let afterId: number | null = 0; afterId !== null;) {
      requireOpen();
      ({ lastId: afterId } = await database.write('cleanUnusedAnswers', { afterId, count: ROWS_AT_ONCE }));
    }
  };

  /** @returns false when it may not go any more */
  const remove = async (entry: CleaningEntry): Promise<boolean> => {
    requireOpen();
    switch (entry.kind) {
      case 'run': {
        const runId = entry.runId ?? 0;
        if (!(await database.write('beginCleaning', { runId, nowMs: clock.nowMs() }))) return false;
        await finishRun(runId);
        return true;
      }
      case 'answers':
        await removeAnswers();
        return true;
      case 'report':
        await storage.remove({ kind: 'report', runId: entry.runId ?? 0 });
        return true;
      case 'log':
        await storage.remove({ kind: 'log', name: entry.name });
        return true;
      case 'upload': {
        // A run may have begun to read it since it was listed.
        const stillGoes = planCleaning(await facts(), { ...chosen({}), uploadDays: 0 }).entries.some(({ key }) => key === entry.key);
        if (stillGoes) await storage.remove({ kind: 'upload', session: entry.name });
        return stillGoes;
      }
    }
  };

  const removeAll = async (entries: readonly CleaningEntry[]): Promise<{ removed: CleaningEntry[]; left: string[] }> => {
    const removed: CleaningEntry[] = [];
    const left: string[] = [];
    for (const entry of entries) {
      try {
        if (await remove(entry)) removed.push(entry);
        else left.push(entry.key);
      } catch (error) {
        if (toNightshiftError(error).code === 'SHUTTING_DOWN') throw error;
        logger.warn('could not be cleaned away', { key: entry.key, error: String(error) });
        left.push(entry.key);
      }
    }
    return { removed, left };
  };

  return {
    async usage() {
      const { database: databaseFacts, files } = await facts();
      return {
        kinds: [...files.kinds],
        totalBytes:
          usedBytes({ database: databaseFacts, files }) +
          databaseFacts.freeBytes +
          files.kinds.reduce((sum, { kind, bytes }) => sum + (kind === 'models' || kind === 'cache' ? bytes : 0), 0),
        databaseFreeBytes: databaseFacts.freeBytes,
        pinnedRuns: await database.read('pinnedRuns'),
      };
    },
    preview: async (rules) => planCleaning(await facts(), chosen(rules)),
    clean: (rules, keys) =>
      inTurn(async () => {
        const wanted = new Set(keys);
        const plan = planCleaning(await facts(), chosen(rules));
        const { removed, left } = await removeAll(plan.entries.filter(({ key }) => wanted.has(key)));
        const listed = new Set(plan.entries.map(({ key }) => key));
        const fileBytes = removed.reduce((sum, entry) => sum + entry.fileBytes, 0);
        const databaseBytes = removed.reduce((sum, entry) => sum + entry.databaseBytes, 0);
        logger.info('cleaned', { entries: removed.length, fileBytes, databaseBytes });
        return { removed, left: [...left, ...keys.filter((key) => !listed.has(key))], fileBytes, databaseBytes };
      }),
    async pin(runId, isPinned) {
      if (!(await database.write('pinRun', { runId, isPinned, nowMs: clock.nowMs() })))
        throw new NightshiftError('RUN_NOT_FOUND', { runId });
    },
    open() {
      const resume = async (): Promise<void> => {
        for (const runId of await database.read('unfinishedCleanings')) await finishRun(runId);
      };
      void inTurn(resume).catch((error: unknown) => {
        if (!isClosed) logger.error('a run could not be cleaned away to the end', { error: String(error) });
      });
    },
    async close() {
      isClosed = true;
      await last;
    },
  };
}

/** Fields that are not named do not count; null is a value. */
function withoutGaps(rules: RulesChange): Partial<RetentionRules> {
  return Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined)) as Partial<RetentionRules>;
}
