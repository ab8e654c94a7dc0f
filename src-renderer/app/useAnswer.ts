import { useEffect, useState } from 'react';
import type { RouteInput, RouteName, RouteOutput } from '#shared/contract/routes.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { usePanel } from '../state/store.ts';
import { useClient } from './clientContext.ts';

export interface Answer<T, Input = unknown> {
  /** The last answer; it stays while the next one is on its way. */
  readonly data: T | null;
  /** The question that `data` answers. */
  readonly input: Input | null;
  /** The answer is to the present question and not to one asked before. */
  readonly isCurrent: boolean;
  /** Why the last question has no answer; it is asked again after a reconnect. */
  readonly error: WireError | null;
}

/**
 * The answer of a query, asked when the component appears, when input or version change, and again after a reconnect.
 * @param input null asks nothing yet
 * @param version changes when the same question has a new answer
 */
export function useAnswer<R extends RouteName>(
  route: R,
  input: RouteInput<R> | null,
  version: unknown = null,
): Answer<RouteOutput<R>, RouteInput<R>> {
  const client = useClient();
  const loadCount = usePanel((state) => state.loadCount);
  const question = input === null ? null : JSON.stringify(input);
  const [answer, setAnswer] = useState<{ readonly question: string; readonly input: RouteInput<R>; readonly data: RouteOutput<R> } | null>(
    null,
  );
  const [failure, setFailure] = useState<{ readonly question: string; readonly error: WireError } | null>(null);
  useEffect(() => {
    if (question === null) return undefined;
    let isCurrent = true;
    const asked = JSON.parse(question) as RouteInput<R>;
    client.request(route, asked).then(
      (data) => {
        if (!isCurrent) return;
        setAnswer({ question, input: asked, data });
        setFailure(null);
      },
      (thrown: unknown) => {
        if (isCurrent) setFailure({ question, error: toWireError(thrown) });
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [client, route, question, version, loadCount]);
  return {
    data: answer?.data ?? null,
    input: answer?.input ?? null,
    isCurrent: answer !== null && answer.question === question,
    error: failure !== null && failure.question === question ? failure.error : null,
  };
}
