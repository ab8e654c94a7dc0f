import { useCallback, useEffect, useRef, useState } from 'react';
import type { LogEntry } from '#shared/contract/log.ts';
import type { RouteInput } from '#shared/contract/routes.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { useClient } from '../../app/clientContext.ts';
import { usePanel } from '../../state/store.ts';

export type LogFilterInput = Omit<RouteInput<'log.list'>, 'beforeId' | 'afterId' | 'count'>;

export interface LogView {
  /** Newest first. */
  readonly entries: readonly LogEntry[];
  readonly isLoaded: boolean;
  readonly isLoading: boolean;
  readonly hasOlder: boolean;
  readonly error: WireError | null;
  loadOlder(): void;
}

const PAGE = 200;
const FOLLOW_INTERVAL_MS = 1_000;

interface Loaded {
  readonly question: string;
  readonly entries: readonly LogEntry[];
  readonly next: number | null;
  readonly newestId: number;
}

/** Entries that fit the filter: the newest at once, older ones when asked for, and what happens meanwhile while following. */
export function useLog(filter: LogFilterInput, isFollowing: boolean): LogView {
  const client = useClient();
  const loadCount = usePanel((state) => state.loadCount);
  const question = JSON.stringify(filter);
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [isLoading, setLoading] = useState(true);
  const [error, setError] = useState<WireError | null>(null);
  const current = useRef<Loaded | null>(null);
  const keep = useCallback((next: Loaded) => {
    current.current = next;
    setLoaded(next);
    setError(null);
  }, []);

  useEffect(() => {
    let isCurrent = true;
    setLoading(true);
    client
      .request('log.list', { ...(JSON.parse(question) as LogFilterInput), count: PAGE })
      .then(
        ({ entries, next, newestId }) => isCurrent && keep({ question, entries: entries.toReversed(), next, newestId }),
        (thrown: unknown) => isCurrent && setError(toWireError(thrown)),
      )
      .finally(() => isCurrent && setLoading(false));
    return () => {
      isCurrent = false;
    };
  }, [client, question, loadCount, keep]);

  const isHere = loaded?.question === question;
  useEffect(() => {
    if (!isFollowing || !isHere) return undefined;
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      const before = current.current;
      if (before === null) return;
      const asked = { ...(JSON.parse(question) as LogFilterInput), afterId: before.newestId, count: PAGE };
      const answer = await client.request('log.list', asked).catch(() => null);
      if (!isCurrent) return;
      const now = current.current ?? before;
      if (answer !== null && answer.newestId > before.newestId) {
        const isFull = answer.entries.length === PAGE;
        const newestId = isFull ? (answer.entries.at(-1)?.id ?? now.newestId) : answer.newestId;
        keep({ ...now, entries: [...answer.entries.toReversed(), ...now.entries], newestId });
      }
      timer = setTimeout(() => void look(), FOLLOW_INTERVAL_MS);
    };
    void look();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, question, isFollowing, isHere, keep]);

  const loadOlder = useCallback(() => {
    const before = current.current;
    if (before === null || before.next === null || before.question !== question) return;
    setLoading(true);
    client
      .request('log.list', { ...(JSON.parse(question) as LogFilterInput), beforeId: before.next, count: PAGE })
      .then(
        ({ entries, next }) => {
          const now = current.current;
          if (now?.question !== question || now.next !== before.next) return;
          keep({ ...now, entries: [...now.entries, ...entries.toReversed()], next });
        },
        (thrown: unknown) => setError(toWireError(thrown)),
      )
      .finally(() => setLoading(false));
  }, [client, question, keep]);

  return {
    entries: isHere ? loaded.entries : [],
    isLoaded: isHere,
    isLoading,
    hasOlder: isHere && loaded.next !== null,
    error,
    loadOlder,
  };
}
