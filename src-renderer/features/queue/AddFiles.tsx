import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunSummary } from '#shared/contract/runs.ts';
import { useClient } from '../../app/clientContext.ts';
import { usePanel } from '../../state/store.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { MenuButton } from '../../ui/Menu.tsx';
import { PathDialog } from '../newRun/PathDialog.tsx';
import { TransferProgress } from '../newRun/TransferProgress.tsx';
import { useFileSources } from '../newRun/useFileSources.ts';
import './queue.css';

const EXTENDABLE: readonly RunSummary['status'][] = ['queued', 'running', 'pausing', 'paused', 'interrupted'];

/** Adds files to a run that is not over: by a button, and by dropping them anywhere on its screen. */
export function AddFiles({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const client = useClient();
  const canPick = usePanel((state) => state.host?.canPickPaths === true);
  const [asksPath, setAsksPath] = useState(false);
  const filesInput = useRef<HTMLInputElement>(null);
  const isOpen = EXTENDABLE.includes(run.status);
  const { isBusy, isOver, transfer, take, uploadChosen, cancel } = useFileSources(async (sources) => {
    const { setRun, addNotice } = usePanel.getState();
    setRun(await client.request('runs.addFiles', { runId: run.id, sources }), Date.now());
    addNotice({ kind: 'info', text: t('queue.addFiles.added') });
  }, isOpen);
  if (!isOpen) return null;
  const pick = (what: 'folder' | 'files'): void => take(async () => (await client.request('host.pickPaths', { what })).paths);
  return (
    <>
      <MenuButton
        isDisabled={isBusy}
        entries={[
          { key: 'folder', text: t('queue.addFiles.folder'), onSelect: () => (canPick ? pick('folder') : setAsksPath(true)) },
          { key: 'files', text: t('queue.addFiles.files'), onSelect: () => (canPick ? pick('files') : filesInput.current?.click()) },
        ]}
      >
        {t('queue.addFiles.button')} <span aria-hidden="true">▾</span>
      </MenuButton>
      <input
        ref={filesInput}
        type="file"
        multiple
        hidden
        aria-label={t('queue.addFiles.files')}
        onChange={(event) => {
          uploadChosen(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
      <div role="status" className="dropStatus">
        {isOver && <p className="dropOverlay">{t('queue.addFiles.drop')}</p>}
      </div>
      <PathDialog
        isOpen={asksPath}
        onClose={() => setAsksPath(false)}
        onChoose={(path) => {
          setAsksPath(false);
          take(async () => [path]);
        }}
      />
      <Dialog isOpen={transfer !== null} title={t('queue.addFiles.title', { name: run.name })} onClose={cancel}>
        {transfer !== null && <TransferProgress transfer={transfer} onCancel={cancel} />}
      </Dialog>
    </>
  );
}
