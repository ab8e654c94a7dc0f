import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { MODES } from '#shared/domain/mode.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { useFileDrop } from '../../app/fileDrop.ts';
import { useFormat } from '../../app/language.ts';
import { navigate } from '../../app/routing.ts';
import { usePanel } from '../../state/store.ts';
import type { PanelClient, UploadProgress } from '../../transport/panelClient.ts';
import { walkEntries, type WalkedEntry, withDistinctNames } from './dropWalk.ts';
import { PathDialog } from './PathDialog.tsx';
import { SetupFacts } from './SetupFacts.tsx';

type Transfer =
  | { readonly step: 'walking'; readonly files: number; readonly bytes: number }
  | ({ readonly step: 'uploading' } & UploadProgress);

export function ChooseFiles() {
  const { t, i18n } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const host = usePanel((state) => state.host);
  const isFirst = usePanel((state) => state.runTotal === 0);
  const addNotice = usePanel((state) => state.addNotice);
  const [isOver, setOver] = useState(false);
  const [transfer, setTransfer] = useState<Transfer | null>(null);
  const [asksPath, setAsksPath] = useState(false);
  const cancel = useRef<AbortController | null>(null);
  const filesInput = useRef<HTMLInputElement>(null);

  // Nobody could see or cancel an upload whose screen is gone.
  useEffect(
    () => () => {
      if (cancel.current === null) return;
      cancel.current.abort();
      usePanel.getState().addNotice({ kind: 'info', text: i18n.t('newRun.uploadLeft') });
    },
    [i18n],
  );

  const create = async (sources: string[]): Promise<void> => {
    if (sources.length === 0) return;
    const run = await client.request('runs.create', { sources });
    usePanel.getState().setRun(run, Date.now());
    navigate({ screen: 'newRun', runId: run.id });
  };

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
      await create(sources);
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
  );

  const pick = (what: 'folder' | 'files'): void => take(async () => (await client.request('host.pickPaths', { what })).paths);
  const canPick = host?.canPickPaths === true;

  return (
    <div className="screen newRun">
      <div className="screenHead">
        <div>
          <h1>{t('newRun.title')}</h1>
          <p className="sub">{t('newRun.sub')}</p>
        </div>
      </div>
      {isFirst && <SampleCard isFirst />}
      <section className={isOver ? 'dropZone over' : 'dropZone'} aria-label={t('newRun.dropTitle')}>
        {transfer === null ? (
          <>
            <DropIcon />
            <p className="dropTitle">{t(isOver ? 'newRun.dropActive' : 'newRun.dropTitle')}</p>
            <p className="dim">{t('newRun.dropText')}</p>
            <div className="dropButtons">
              <button
                type="button"
                className={isFirst ? 'button' : 'button primary'}
                disabled={command.isBusy}
                onClick={() => (canPick ? pick('folder') : setAsksPath(true))}
              >
                {t(canPick ? 'newRun.chooseFolder' : 'newRun.typePath')}
              </button>
              <button
                type="button"
                className="button"
                disabled={command.isBusy}
                onClick={() => (canPick ? pick('files') : filesInput.current?.click())}
              >
                {t('newRun.chooseFiles')}
              </button>
              <input
                ref={filesInput}
                type="file"
                multiple
                hidden
                aria-label={t('newRun.chooseFiles')}
                onChange={(event) => {
                  uploadChosen(event.currentTarget.files);
                  event.currentTarget.value = '';
                }}
              />
            </div>
          </>
        ) : (
          <TransferProgress transfer={transfer} onCancel={() => cancel.current?.abort()} />
        )}
      </section>
      <SetupFacts />
      {!isFirst && <SampleCard isFirst={false} />}
      <PathDialog
        isOpen={asksPath}
        onClose={() => setAsksPath(false)}
        onChoose={(path) => {
          setAsksPath(false);
          take(async () => [path]);
        }}
      />
    </div>
  );
}

function SampleCard({ isFirst }: { readonly isFirst: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const command = useCommand();
  const sample = usePanel((state) => state.system?.sample ?? null);
  const isReady = usePanel((state) => state.system?.decoder.route != null && state.system.model !== null);
  if (sample === null) return null;
  const start = (): void =>
    command.run(async () => {
      const run = await client.request('runs.create', {
        sources: [sample.dir],
        name: t('newRun.sampleName'),
        options: { modes: [...MODES] },
        startWhenReady: true,
      });
      usePanel.getState().setRun(run, Date.now());
      navigate({ screen: 'run', runId: run.id });
    });
  return (
    <section className={isFirst ? 'card sample first' : 'card sample'} aria-labelledby="sampleTitle">
      <div>
        <h2 id="sampleTitle">{t('newRun.sampleTitle')}</h2>
        <p className="dim">{t('newRun.sampleText', { count: sample.fileCount, number: format.number(sample.fileCount) })}</p>
      </div>
      <button type="button" className={isFirst ? 'button primary' : 'button'} disabled={command.isBusy || !isReady} onClick={start}>
        {t('newRun.sampleButton')}
      </button>
    </section>
  );
}

function TransferProgress({ transfer, onCancel }: { readonly transfer: Transfer; onCancel(): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const isUpload = transfer.step === 'uploading';
  const share = isUpload && transfer.totalBytes > 0 ? transfer.sentBytes / transfer.totalBytes : 0;
  return (
    <div className="transfer" role="group" aria-label={t(isUpload ? 'newRun.uploading' : 'newRun.walking')}>
      <p className="dropTitle">{t(isUpload ? 'newRun.uploading' : 'newRun.walking')}</p>
      <div
        className="bar"
        role="progressbar"
        aria-label={t('newRun.uploading')}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        <span className="accent" style={{ width: `${share * 100}%` }} />
      </div>
      <p className="dim num">
        {isUpload
          ? t('newRun.uploaded', {
              sent: format.bytesOf(transfer.sentBytes, transfer.totalBytes),
              files: format.number(transfer.sentFiles),
              total: format.number(transfer.totalFiles),
            })
          : t('newRun.walked', { count: transfer.files, number: format.number(transfer.files), size: format.bytes(transfer.bytes) })}
      </p>
      <button type="button" className="button" onClick={onCancel}>
        {t('app.cancel')}
      </button>
    </div>
  );
}

function DropIcon() {
  return (
    <svg width="40" height="40" viewBox="0 0 40 40" aria-hidden="true" fill="none" stroke="var(--accent)" strokeWidth="1.8">
      <path d="M6 14v16a3 3 0 0 0 3 3h22a3 3 0 0 0 3-3V16a3 3 0 0 0-3-3H20l-4-5H9a3 3 0 0 0-3 3z" strokeLinejoin="round" />
      <path d="M20 18v9m-4-4 4 4 4-4" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
