import { useCallback, useEffect, useRef, useState } from 'react';
import type { SearchHit } from '#shared/contract/search.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { useClient } from '../../app/clientContext.ts';
import { usePanel } from '../../state/store.ts';

interface Found {
  readonly question: string;
  readonly hits: readonly SearchHit[];
  readonly next: number | null;
}

export interface SearchView {
  /** null before there was an answer. The last answer stays while the next one is on its way. */
  readonly hits: readonly SearchHit[] | null;
  readonly hasMore: boolean;
  readonly error: WireError | null;
  loadMore(): void;
}

/** Typing asks at most this often. */
const PAUSE_MS = 150;
const PAGE = 50;

/** Texts with the words, and more of them when asked for. */
export function useSearch(text: string, mode: Mode | null): SearchView {
  const client = useClient();
  const loadCount = usePanel((state) => state.loadCount);
  const question = JSON.stringify({ text, mode });
  const asked = useRef(question);
  const [found, setFound] = useState<Found | null>(null);
  const [error, setError] = useState<WireError | null>(null);

  const ask = useCallback(
    (before: Found | null): void => {
      client.request('search.texts', { text, mode, beforeId: before?.next ?? null, count: PAGE }).then(
        ({ hits, next }) => {
          if (asked.current !== question) return;
          setFound({ question, hits: before === null ? hits : [...before.hits, ...hits], next });
          setError(null);
        },
        (thrown: unknown) => {
          if (asked.current === question) setError(toWireError(thrown));
        },
      );
    },
    [client, text, mode, question],
  );

  useEffect(() => {
    asked.current = question;
    if (text === '') {
      setFound(null);
      return undefined;
    }
    const timer = setTimeout(() => ask(null), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [ask, text, question, loadCount]);

  const hasMore = found !== null && found.question === question && found.next !== null;
  return { hits: found?.hits ?? null, hasMore, error, loadMore: () => hasMore && ask(found) };
}
