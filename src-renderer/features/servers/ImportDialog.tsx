import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { useClient } from '../../app/clientContext.ts';
import { useFormat, useLocale } from '../../app/language.ts';
import { usePanel } from '../../state/store.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { MAX_PROFILE_FILE_BYTES, readProfileFile } from './profileFile.ts';
import { useSavedNotice } from './useSavedNotice.ts';

interface Props {
  readonly isOpen: boolean;
  readonly knownIds: readonly string[];
  onClose(): void;
}

/** Takes profiles from a file: shows what is in it and what it would take the place of, before anything is saved. */
export function ImportDialog({ isOpen, knownIds, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog isOpen={isOpen} title={t('servers.importing.title')} onClose={onClose}>
      <ImportForm knownIds={knownIds} onClose={onClose} />
    </Dialog>
  );
}

function ImportForm({ knownIds, onClose }: Omit<Props, 'isOpen'>) {
  const { t } = useTranslation();
  const locale = useLocale();
  const format = useFormat();
  const client = useClient();
  const addNotice = usePanel((state) => state.addNotice);
  const tellMissing = useSavedNotice();
  const fileInput = useRef<HTMLInputElement>(null);
  const [text, setText] = useState<string | null>(null);
  const [isTooLarge, setTooLarge] = useState(false);
  const [replaces, setReplaces] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<WireError | null>(null);
  const read = text === null ? null : readProfileFile(text, knownIds, locale);
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setError(null);
    setReplaces(false);
    setTooLarge(file.size > MAX_PROFILE_FILE_BYTES);
    setText(file.size > MAX_PROFILE_FILE_BYTES ? null : await file.text());
  };
  const found = read !== null && 'found' in read ? read.found : [];
  const hasKnown = found.some(({ isKnown }) => isKnown);
  const save = async (): Promise<void> => {
    if (read === null || !('document' in read)) return;
    setBusy(true);
    setError(null);
    try {
      const { saved } = await client.request('profiles.save', { document: read.document, replace: replaces });
      addNotice({ kind: 'info', text: t('servers.importing.done', { count: saved.length, number: format.number(saved.length) }) });
      tellMissing(saved);
      onClose();
    } catch (thrown) {
      setError(toWireError(thrown));
      setBusy(false);
    }
  };
  return (
    <>
      <p className="dim">{t('servers.importing.text')}</p>
      <div>
        <button type="button" className="button" onClick={() => fileInput.current?.click()}>
          {t('servers.importing.choose')}
        </button>
        <input
          ref={fileInput}
          type="file"
          hidden
          accept="application/json,.json"
          onChange={(event) => {
            void take(event.currentTarget.files?.[0]);
            event.currentTarget.value = '';
          }}
        />
      </div>
      <p role="status" className="badText wrapAnywhere">
        {isTooLarge && t('servers.importing.tooLarge')}
        {read !== null &&
          'problem' in read &&
          (read.problem.place === null
            ? t('servers.importing.noJson', { message: read.problem.message })
            : t('servers.importing.problem', { place: read.problem.place, message: read.problem.message }))}
      </p>
      {found.length > 0 && (
        <ul className="importList">
          {found.map(({ id, name, isKnown }, index) => (
            // The same id may stand in a file twice, and the list never changes its order.
            <li key={`${index} ${id}`}>
              <span className="wrapAnywhere">{name}</span> <code className="faint">{id}</code>{' '}
              <span className={isKnown ? 'pill warn' : 'pill ok'}>{t(isKnown ? 'servers.importing.known' : 'servers.importing.new')}</span>
            </li>
          ))}
        </ul>
      )}
      {hasKnown && (
        <label className="check">
          <input type="checkbox" checked={replaces} onChange={(event) => setReplaces(event.currentTarget.checked)} />
          {t('servers.importing.replace')}
        </label>
      )}
      {error !== null && <ErrorNote error={error} />}
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {t('app.cancel')}
        </button>
        <button
          type="button"
          className="button primary"
          disabled={found.length === 0 || isBusy || (hasKnown && !replaces)}
          onClick={() => void save()}
        >
          {t('servers.importing.confirm', { count: found.length, number: format.number(found.length) })}
        </button>
      </div>
    </>
  );
}
