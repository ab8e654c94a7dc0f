import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RouteOutput } from '#shared/contract/routes.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { useClient } from '../../app/clientContext.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { pathProblem } from './pathProblem.ts';

interface Props {
  readonly isOpen: boolean;
  onClose(): void;
  onChoose(path: string): void;
}

/** Choosing a folder of the machine where Nightshift runs, by typing its path or walking down from the allowed folders. */
export function PathDialog({ isOpen, onClose, onChoose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog isOpen={isOpen} title={t('newRun.pathTitle')} onClose={onClose}>
      <PathForm onClose={onClose} onChoose={onChoose} />
    </Dialog>
  );
}

function PathForm({ onClose, onChoose }: Omit<Props, 'isOpen'>) {
  const { t } = useTranslation();
  const client = useClient();
  const [path, setPath] = useState('');
  const [folder, setFolder] = useState<string | null>(null);
  const [listing, setListing] = useState<RouteOutput<'files.browse'> | null>(null);
  const [error, setError] = useState<WireError | null>(null);
  const [isChecking, setChecking] = useState(false);

  useEffect(() => {
    let isCurrent = true;
    client.request('files.browse', { path: folder }).then(
      (found) => {
        if (!isCurrent) return;
        setListing(found);
        setError(null);
      },
      (thrown: unknown) => {
        if (isCurrent) setError(toWireError(thrown));
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [client, folder]);

  const open = (next: string | null): void => {
    setFolder(next);
    setPath(next ?? '');
  };
  /** Looked at before a run is made of it: what is not there would only leave a failed run in the list. */
  const choose = async (typed: string): Promise<void> => {
    setChecking(true);
    const problem = await pathProblem(client, typed);
    setChecking(false);
    setError(problem);
    if (problem === null) onChoose(typed);
  };
  const shown = listing?.entries.filter((entry) => entry.isFolder || entry.isMedia) ?? [];

  return (
    <form
      className="pathForm"
      onSubmit={(event) => {
        event.preventDefault();
        if (path.trim() !== '' && !isChecking) void choose(path.trim());
      }}
    >
      <div className="field">
        <label htmlFor="pathInput">{t('newRun.pathLabel')}</label>
        <input
          id="pathInput"
          className="input"
          value={path}
          placeholder={t('newRun.pathPlaceholder')}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setPath(event.currentTarget.value)}
        />
      </div>
      <div role="alert">{error !== null && <ErrorNote error={error} />}</div>
      <ul className="browse" aria-label={t('newRun.browseLabel')}>
        {listing !== null && (listing.path !== null || listing.parent !== null) && (
          <li>
            <button type="button" onClick={() => open(listing.parent)}>
              <span aria-hidden="true">↰</span> {t('newRun.browseUp')}
            </button>
          </li>
        )}
        {shown.map((entry) => (
          <li key={entry.path}>
            {entry.isFolder ? (
              <button type="button" onClick={() => open(entry.path)}>
                <span aria-hidden="true">▸</span> {entry.name}
              </button>
            ) : (
              <span className="browseFile">{entry.name}</span>
            )}
          </li>
        ))}
        {listing !== null && shown.length === 0 && <li className="browseFile">{t('newRun.browseEmpty')}</li>}
      </ul>
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {t('app.cancel')}
        </button>
        <button type="submit" className="button primary" disabled={path.trim() === '' || isChecking}>
          {t('newRun.pathUse')}
        </button>
      </div>
    </form>
  );
}
