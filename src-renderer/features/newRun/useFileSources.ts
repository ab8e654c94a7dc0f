import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { useFileDrop } from '../../app/fileDrop.ts';
import { usePanel } from '../../state/store.ts';
import type { PanelClient, UploadProgress } from '../../transport/panelClient.ts';
import { walkEntries, type WalkedEntry, withDistinctNames } from './dropWalk.ts';

export type Transfer =
  | { readonly step: 'walking'; readonly files: number; readonly bytes: number }
  | ({ readonly step: 'uploading' } & UploadProgress);

export interface FileSources {
  readonly isBusy: boolean;
  /** Files are held over the window. */
  readonly isOver: boolean;
  /** What is on its way to Nightshift; null: nothing. */
  readonly transfer: Transfer | null;
  /** Finds paths on the machine where Nightshift runs and hands them on; `CANCELLED` by the signal. */
  take(work: (signal: AbortSignal) => Promise<string[]>): void;
  /** Files of a file chooser. */
  uploadChosen(list: FileList | null): void;
  cancel(): void;
}

/**
 * Files and folders that the user drops anywhere in the window or chooses, as paths on the machine where Nightshift runs; in a browser they
 * are uploaded first.
 * @param onSources gets at least one path
 * @param isWanted whether drops are taken now
 */
export function useFileSources(onSources: (sources: string[]) => Promise<void>, isWanted = true): FileSources {
  const { t, i18n } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const addNotice = usePanel((state) => state.addNotice);
  const [isOver, setOver] = useState(false);
  const [transfer, setTransfer] = useState<Transfer | null>(null);
  const cancel = useRef<AbortController | null>(null);

  // Nobody could see or cancel an upload whose screen is gone.
  useEffect(
    () => () => {
      if (cancel.current === null) return;
      cancel.current.abort();
      usePanel.getState().addNotice({ kind: 'info', text: i18n.t('newRun.uploadLeft') });
    },
    [i18n],
  );

  const take = (work: (signal: AbortSignal) => Promise<string[]>): void =>
    command.run(async () => {
      const controller = new AbortController();
      cancel.current = controller;
      let sources: string[];
      try {
        sources = await work(controller.signal);
        controller.signal.throwIfAborted();
      } finally {
        cancel.current = null;
        setTransfer(null);
      }
      if (sources.length > 0) await onSources(sources);
    });

  const upload = async (
    found: Awaited<ReturnType<typeof walkEntries>>,
    signal: AbortSignal,
    files: Extract<PanelClient['files'], { kind: 'upload' }>,
  ): Promise<string[]> => {
    if (found.unreadable.length > 0) {
      const names = found.unreadable.slice(0, 5).join(', ');
      const count = found.unreadable.length;
      addNotice({ kind: 'info', text: t('newRun.uploadUnreadable', { count, number: count, names }) });
    }
    if (found.files.length === 0) throw new NightshiftError('SOURCE_HAS_NO_MEDIA');
    return [await files.upload(found.files, signal, (progress) => setTransfer({ step: 'uploading', ...progress }))];
  };

  const uploadChosen = (list: FileList | null): void => {
    const { files } = client;
    if (list === null || list.length === 0 || files.kind !== 'upload') return;
    const chosen = withDistinctNames([...list]);
    const totalBytes = chosen.reduce((sum, { file }) => sum + file.size, 0);
    take((signal) => upload({ files: chosen, totalBytes, unreadable: [] }, signal, files));
  };

  const drop = (dropped: DataTransfer): void => {
    const { files } = client;
    if (files.kind === 'paths') {
      const paths = [...dropped.files].map((file) => files.pathForFile(file)).filter((path) => path !== '');
      take(async () => paths);
      return;
    }
    const entries = [...dropped.items].flatMap((item) => item.webkitGetAsEntry() ?? []) satisfies WalkedEntry[];
    if (entries.length === 0 && dropped.files.length > 0) {
      // Files dragged out of another program have no entry, only content.
      uploadChosen(dropped.files);
      return;
    }
    if (entries.length === 0) {
      addNotice({ kind: 'info', text: `${t('newRun.nothingDropped')}. ${t('newRun.nothingDroppedText')}` });
      return;
    }
    take(async (signal) => {
      const found = await walkEntries(entries, signal, (seen) => setTransfer({ step: 'walking', ...seen }));
      return upload(found, signal, files);
    });
  };

  const latestDrop = useRef(drop);
  useEffect(() => {
    latestDrop.current = drop;
  });
  useFileDrop(
    useCallback((dropped) => latestDrop.current(dropped), []),
    setOver,
    isWanted,
  );
  return { isBusy: command.isBusy, isOver, transfer, take, uploadChosen, cancel: () => cancel.current?.abort() };
}
