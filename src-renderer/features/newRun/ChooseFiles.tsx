import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { MODES } from '#shared/domain/mode.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { navigate } from '../../app/routing.ts';
import { usePanel } from '../../state/store.ts';
import { PathDialog } from './PathDialog.tsx';
import { SetupFacts } from './SetupFacts.tsx';
import { TransferProgress } from './TransferProgress.tsx';
import { useFileSources } from './useFileSources.ts';

export function ChooseFiles() {
  const { t } = useTranslation();
  const client = useClient();
  const host = usePanel((state) => state.host);
  const isFirst = usePanel((state) => state.runTotal === 0);
  const [asksPath, setAsksPath] = useState(false);
  const filesInput = useRef<HTMLInputElement>(null);
  const { isBusy, isOver, transfer, take, uploadChosen, cancel } = useFileSources(async (sources) => {
    const run = await client.request('runs.create', { sources });
    usePanel.getState().setRun(run, Date.now());
    navigate({ screen: 'newRun', runId: run.id });
  });

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
                disabled={isBusy}
                onClick={() => (canPick ? pick('folder') : setAsksPath(true))}
              >
                {t(canPick ? 'newRun.chooseFolder' : 'newRun.typePath')}
              </button>
              <button
                type="button"
                className="button"
                disabled={isBusy}
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
          <TransferProgress transfer={transfer} onCancel={cancel} />
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

function DropIcon() {
  return (
    <svg width="40" height="40" viewBox="0 0 40 40" aria-hidden="true" fill="none" stroke="var(--accent)" strokeWidth="1.8">
      <path d="M6 14v16a3 3 0 0 0 3 3h22a3 3 0 0 0 3-3V16a3 3 0 0 0-3-3H20l-4-5H9a3 3 0 0 0-3 3z" strokeLinejoin="round" />
      <path d="M20 18v9m-4-4 4 4 4-4" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
