import { useEffect, useRef, useState } from 'react';
import type { ComparedSystem, ComparisonRow } from '#shared/contract/compare.ts';
import type { RouteArgs, RouteInput } from '#shared/contract/routes.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { useClient } from '../../app/clientContext.ts';
import { usePanel } from '../../state/store.ts';
import { missingPages, noPages, PAGE_ROWS, withPage, type OffsetPages } from './offsetPages.ts';

/** What every question about one comparison begins with. */
export type ComparisonQuestion = RouteInput<'compare.open'>;
/** Which files the table shows, and in which order. */
export type FilesView = Omit<RouteArgs<'compare.items'>, keyof ComparisonQuestion | 'offset' | 'limit'>;

/** Changes when a compared run has new outcomes; a run that is not in the store does not change. */
export function useOutcomeVersion(systems: readonly ComparedSystem[]): string {
  return usePanel((state) =>
    systems
      .map(({ runId, mode }) => {
        const progress = state.runById[runId]?.modes.find((candidate) => candidate.mode === mode);
        return progress === undefined ? '' : `${progress.done + progress.failed + progress.skipped}${progress.status}`;
      })
      .join(' '),
  );
}

interface Files {
  readonly key: string;
  readonly pages: OffsetPages<ComparisonRow>;
}

/** Rows `first`..`last` of the compared files; the last list stays visible until the first page of the next one is here. */
export function useComparedFiles(
  question: ComparisonQuestion,
  view: FilesView,
  version: string,
  first: number,
  last: number,
): { readonly pages: OffsetPages<ComparisonRow>; readonly isCurrent: boolean; readonly error: WireError | null } {
  const client = useClient();
  const loadCount = usePanel((state) => state.loadCount);
  const key = JSON.stringify([question, view, version, loadCount]);
  const [files, setFiles] = useState<Files>({ key, pages: noPages() });
  const [failure, setFailure] = useState<{ readonly key: string; readonly error: WireError } | null>(null);
  const latestKey = useRef(key);
  const asked = useRef(new Set<string>());
  const isCurrent = files.key === key;
  const missing = (isCurrent ? missingPages(files.pages, first, last) : [0]).join(' ');

  useEffect(() => {
    latestKey.current = key;
    if (missing === '') return;
    const [questionOfKey, viewOfKey] = JSON.parse(key) as [ComparisonQuestion, FilesView];
    for (const page of missing.split(' ').map(Number)) {
      const name = `${key} ${page}`;
      if (asked.current.has(name)) continue;
      asked.current.add(name);
      void client
        .request('compare.items', { ...questionOfKey, ...viewOfKey, offset: page * PAGE_ROWS, limit: PAGE_ROWS })
        .then(
          ({ rows, total }) => {
            if (latestKey.current !== key) return;
            setFailure(null);
            setFiles((before) => ({ key, pages: withPage(before.key === key ? before.pages : noPages(), page, rows, total) }));
          },
          (thrown: unknown) => {
            if (latestKey.current === key) setFailure({ key, error: toWireError(thrown) });
          },
        )
        .finally(() => asked.current.delete(name));
    }
  }, [client, key, missing]);

  return { pages: files.pages, isCurrent, error: failure !== null && failure.key === key ? failure.error : null };
}
