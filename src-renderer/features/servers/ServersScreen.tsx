import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useShallow } from 'zustand/react/shallow';
import type { ServerProfile } from '#shared/contract/profiles.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { navigate } from '../../app/routing.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { saveFile } from '../../app/saveFile.ts';
import { selectServers } from '../../state/slices/servers.ts';
import { usePanel } from '../../state/store.ts';
import { Question } from '../../ui/Dialog.tsx';
import { AddDialog } from './AddDialog.tsx';
import { ImportDialog } from './ImportDialog.tsx';
import { keepProfile, keptProfile, type Editing } from './keptProfile.ts';
import { ProfileDialog } from './ProfileDialog.tsx';
import { copyForm, toForm } from './profileForm.ts';
import { ServerDetail } from './ServerDetail.tsx';
import { ServerList } from './ServerList.tsx';
import { useServerTests } from './useServerTests.ts';
import './servers.css';

/** Every known server by mode, and of the chosen one its state, its profile, its test and its log. */
export function ServersScreen({ serverId }: { readonly serverId: string | null }) {
  const { t } = useTranslation();
  const client = useClient();
  const exporting = useCommand();
  const servers = usePanel(useShallow(selectServers));
  const profiles = useProfiles();
  const tests = useServerTests();
  const [dialog, setDialog] = useState<'add' | 'import' | null>(null);
  const [editing, setEditing] = useState<Editing | null>(null);
  const [pending, setPending] = useState<Editing | null>(null);
  const [, setDropCount] = useState(0);
  const kept = editing === null ? keptProfile() : null;
  const chosen = servers.find(({ id }) => id === serverId) ?? servers[0];
  const ids = useMemo(() => servers.map(({ id }) => id), [servers]);

  const edit = (next: Editing): void => {
    const unsaved = keptProfile()?.editing ?? null;
    if (unsaved === null) setEditing(next);
    else if (unsaved.id !== null && unsaved.id === next.id) setEditing(unsaved);
    else setPending(next);
  };
  const saveExport = (chosenIds: string[] | null): void =>
    exporting.run(async () => {
      const { document } = await client.request('profiles.export', { ids: chosenIds });
      const name = chosenIds === null ? 'nightshift-servers.json' : `nightshift-server-${chosenIds.join('-')}.json`;
      saveFile(name, `${JSON.stringify(document, null, 2)}\n`, 'application/json');
    });
  const hasOwn = profiles.some(({ start }) => start?.kind !== 'builtIn');
  return (
    <div className="screen serversScreen">
      <div className="screenHead">
        <div>
          <h1>{t('servers.title')}</h1>
          <p className="sub">{t('servers.sub')}</p>
        </div>
        <div className="headButtons">
          <button type="button" className="button" onClick={() => setDialog('import')}>
            {t('servers.import')}
          </button>
          <button type="button" className="button" disabled={!hasOwn || exporting.isBusy} onClick={() => saveExport(null)}>
            {t('servers.exportAll')}
          </button>
          <button type="button" className="button primary" onClick={() => setDialog('add')}>
            {t('servers.add')}
          </button>
        </div>
      </div>
      {kept !== null && (
        <div className="note warn" role="status">
          <span>{kept.editing.id === null ? t('servers.unsavedNew') : t('servers.unsaved', { name: kept.editing.base.name })}</span>
          <div className="actions">
            <button type="button" className="button small" onClick={() => setEditing(kept.editing)}>
              {t('servers.unsavedOpen')}
            </button>
            <button
              type="button"
              className="button small danger"
              onClick={() => {
                keepProfile(null);
                setDropCount((count) => count + 1);
              }}
            >
              {t('servers.unsavedDrop')}
            </button>
          </div>
        </div>
      )}
      {chosen === undefined ? (
        <p className="empty">{t('servers.empty')}</p>
      ) : (
        <div className="serverColumns">
          <ServerList servers={servers} chosenId={chosen.id} />
          <ServerDetail
            key={chosen.id}
            server={chosen}
            profile={profiles.find(({ id }) => id === chosen.id) ?? null}
            test={tests.byKey[chosen.id] ?? null}
            isAsked={chosen.id === serverId}
            onTest={() => tests.start(chosen.id, { id: chosen.id })}
            onEdit={(profile) => edit({ id: profile.id, base: toForm(profile), hint: null })}
            onDuplicate={(profile) => edit({ id: null, base: copyForm(profile, ids), hint: null })}
            onExport={() => saveExport([chosen.id])}
          />
        </div>
      )}
      <AddDialog
        isOpen={dialog === 'add'}
        onClose={() => setDialog(null)}
        onChosen={(begun) => {
          setDialog(null);
          edit(begun);
        }}
      />
      <ImportDialog isOpen={dialog === 'import'} knownIds={ids} onClose={() => setDialog(null)} />
      <Question
        isOpen={pending !== null}
        title={t('profile.discardTitle')}
        text={t('servers.unsavedOther')}
        confirm={t('profile.discard')}
        onConfirm={() => {
          keepProfile(null);
          setEditing(pending);
        }}
        onClose={() => setPending(null)}
      />
      {editing !== null && (
        <ProfileDialog
          editing={editing}
          takenIds={ids.filter((id) => id !== editing.id)}
          tests={tests}
          onClose={() => setEditing(null)}
          onSaved={(id) => {
            setEditing(null);
            navigate({ screen: 'servers', serverId: id });
          }}
        />
      )}
    </div>
  );
}

/** All profiles with their secrets masked, renewed when one was saved or removed. */
function useProfiles(): readonly ServerProfile[] {
  const client = useClient();
  const [version, setVersion] = useState(0);
  useEffect(
    () =>
      client.subscribe(({ name }) => {
        if (name === 'profiles.changed' || name === 'settings.changed') setVersion((count) => count + 1);
      }),
    [client],
  );
  return useAnswer('profiles.list', {}, version).data?.profiles ?? [];
}
