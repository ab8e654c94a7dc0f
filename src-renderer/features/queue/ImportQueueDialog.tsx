import { useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { QueueDocument } from '#shared/contract/queue.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { useClient } from '../../app/clientContext.ts';
import { useFileDrop } from '../../app/fileDrop.ts';
import { useFormat, useLocale } from '../../app/language.ts';
import { usePanel } from '../../state/store.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { MAX_QUEUE_FILE_BYTES, readQueueFile } from './queueFile.ts';

interface Props {
  readonly isOpen: boolean;
  onClose(): void;
}

/** Takes runs from a file: shows what is in it before anything is queued. */
export function ImportQueueDialog({ isOpen, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog isOpen={isOpen} title={t('queue.importing.title')} onClose={onClose}>
      <ImportForm onClose={onClose} />
    </Dialog>
  );
}

function ImportForm({ onClose }: Omit<Props, 'isOpen'>) {
  const { t } = useTranslation();
  const locale = useLocale();
  const format = useFormat();
  const client = useClient();
  const fileInput = useRef<HTMLInputElement>(null);
  const [text, setText] = useState<string | null>(null);
  const [isTooLarge, setTooLarge] = useState(false);
  const [isOver, setOver] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<WireError | null>(null);
  const read = text === null ? null : readQueueFile(text, locale);
  const take = useCallback(async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setError(null);
    setTooLarge(file.size > MAX_QUEUE_FILE_BYTES);
    setText(file.size > MAX_QUEUE_FILE_BYTES ? null : await file.text());
  }, []);
  useFileDrop(
    useCallback((dropped) => void take(dropped.files[0]), [take]),
    setOver,
  );
  const document = read !== null && 'document' in read ? read.document : null;
  const count = document?.runs.length ?? 0;
  const add = async (wanted: QueueDocument): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const { runs } = await client.request('queue.import', { document: wanted });
      const { addNotice, setRun } = usePanel.getState();
      for (const run of runs) setRun(run, Date.now());
      addNotice({ kind: 'info', text: t('queue.importing.done', { count: runs.length, number: format.number(runs.length) }) });
      onClose();
    } catch (thrown) {
      setError(toWireError(thrown));
      setBusy(false);
    }
  };
  return (
    <>
      <p className="dim">{t('queue.importing.text')}</p>
      <div className={isOver ? 'queueDrop over' : 'queueDrop'}>
        <button type="button" className="button" onClick={() => fileInput.current?.click()}>
          {t('queue.importing.choose')}
        </button>
        <span className="dim">{t('queue.importing.drop')}</span>
        <input
          ref={fileInput}
          type="file"
          hidden
          accept="application/json,.json"
          aria-label={t('queue.importing.choose')}
          onChange={(event) => {
            void take(event.currentTarget.files?.[0]);
            event.currentTarget.value = '';
          }}
        />
      </div>
      <p role="status" className="badText wrapAnywhere">
        {isTooLarge && t('queue.importing.tooLarge')}
        {document !== null && count === 0 && t('queue.importing.nothing')}
        {read !== null &&
          'problem' in read &&
          (read.problem.place === null
            ? t('queue.importing.noJson', { message: read.problem.message })
            : t('queue.importing.problem', { place: read.problem.place, message: read.problem.message }))}
      </p>
      {document !== null && count > 0 && <FoundRuns document={document} />}
      {error !== null && <ErrorNote error={error} />}
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {t('app.cancel')}
        </button>
        <button
          type="button"
          className="button primary"
          disabled={document === null || count === 0 || isBusy}
          onClick={() => document !== null && void add(document)}
        >
          {t('queue.importing.confirm', { count, number: format.number(count) })}
        </button>
      </div>
    </>
  );
}

function FoundRuns({ document }: { readonly document: QueueDocument }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <ul className="importList">
      {document.runs.map(({ name, sources, options, items }, index) => {
        const facts = [
          options.modes.map((mode) => t(`mode.${mode}`)).join(', '),
          t('queue.importing.sources', { count: sources.length, number: format.number(sources.length) }),
          ...(items.length === 0 ? [] : [t('queue.importing.changed', { count: items.length, number: format.number(items.length) })]),
        ];
        return (
          // Two runs may have one name, and the list never changes its order.
          <li key={index}>
            <span className="wrapAnywhere">{name}</span>
            <span className="dim">{facts.join(' · ')}</span>
          </li>
        );
      })}
    </ul>
  );
}
