import type { RouteArgs, RouteOutput } from '#shared/contract/routes.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { EventBus } from '../events.ts';
import type { Database } from '../persistence/database.ts';
import type { Clock, Logger } from '../ports.ts';
import { excerptOf, termsOf } from './findInTexts.ts';

export interface TextSearchDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventBus;
}

/** Finds words in everything that was ever transcribed, and keeps the index for it. */
export interface TextSearch {
  /** @throws RUN_NOT_FOUND */
  find(question: RouteArgs<'search.texts'>): Promise<RouteOutput<'search.texts'>>;
  /** Lets the step under way end; the rest is indexed at the next start. */
  close(): Promise<void>;
}

/** Texts of one transaction: some five milliseconds of the writer's time for texts of twenty words. */
const TEXTS_AT_ONCE = 50;
/** Between two steps, so that outcomes do not wait behind the index. */
const STEP_MS = 25;
/** New texts are found without the index until then. */
const BEHIND_MS = 2_000;

export function openTextSearch({ database, clock, logger, events }: TextSearchDeps): TextSearch {
  let timer: Disposable | null = null;
  let step: Promise<void> | null = null;
  /** Something was stored while a step was under way. */
  let isWanted = false;
  let isClosed = false;

  const indexAfter = (delayMs: number): void => {
    timer ??= clock.setTimer(delayMs, () => {
      timer = null;
      isWanted = false;
      step = database
        .write('indexTexts', { count: TEXTS_AT_ONCE })
        .catch((error: unknown) => {
          if (!isClosed) logger.warn('texts could not be indexed', { error: String(error) });
          return false;
        })
        .then((isMore) => {
          step = null;
          if (isClosed) return;
          if (isMore) indexAfter(STEP_MS);
          else if (isWanted) indexAfter(BEHIND_MS);
        });
    });
  };
  const unsubscribe = events.subscribe((event) => {
    if (event.name !== 'run.changed') return;
    isWanted = true;
    if (step === null) indexAfter(BEHIND_MS);
  });
  indexAfter(BEHIND_MS);

  return {
    async find({ text, runId, mode, beforeId, count }) {
      const terms = termsOf(text);
      if (runId !== null && (await database.read('runStatus', { runId })) === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
      if (terms.length === 0) return { hits: [], next: null };
      const found = await database.read('searchTexts', { terms, runId, mode, beforeId, count });
      const hits = found.map(({ hypothesis, ...hit }) => ({ ...hit, ...excerptOf(hypothesis, terms) }));
      return { hits, next: found.length === count ? (found.at(-1)?.resultId ?? null) : null };
    },
    async close() {
      isClosed = true;
      unsubscribe();
      timer?.[Symbol.dispose]();
      await step;
    },
  };
}
