import type { RouteOutput } from '#shared/contract/routes.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Connection } from '#main/core/persistence/connection.ts';
import type { CompareQuestion, CompareRoute } from './compareMessages.ts';

/** Answers the questions about comparisons in order, in whatever thread it is called. */
export function createCompareDesk(_connection: Connection): (question: CompareQuestion) => RouteOutput<CompareRoute> {
  return ({ route }) => {
    throw new NightshiftError('NOT_AVAILABLE_HERE', { detail: route });
  };
}
