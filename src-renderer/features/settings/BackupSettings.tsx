import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DatabaseCheck, MadeBackup } from '#shared/contract/backups.ts';
import type { Settings } from '#shared/contract/settings.ts';
import { useClient, useCommand, useNow } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { wholeNumber } from '../newRun/optionInput.ts';
import { useSave } from './useSave.ts';

const SHOWN = 8;
const MINUTE_MS = 60_000;

type Done = { readonly kind: 'backup'; readonly made: MadeBackup } | { readonly kind: 'check'; readonly check: DatabaseCheck };

/** Copies of the database: one now, one a day, and those that are there. */
export function BackupSettings({ settings }: { readonly settings: Settings['backups'] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const command = useCommand();
  const { save } = useSave();
  const nowMs = useNow(MINUTE_MS);
  const [keep, setKeep] = useState(String(settings.keep));
  const [done, setDone] = useState<Done | null>(null);
  const { data, error } = useAnswer('backups.list', {}, done);
  const keepCount = wholeNumber(keep, 1, 1_000) ?? null;
  return (
    <section className="card settingsCard" aria-labelledby="backupTitle">
      <h2 id="backupTitle">{t('backup.title')}</h2>
      <p className="dim">{t('backup.sub')}</p>
      <div className="fieldRow">
        <label className="check">
          <input
            type="checkbox"
            checked={settings.isDaily}
            onChange={(event) => save({ backups: { ...settings, isDaily: event.currentTarget.checked } })}
          />
          {t('backup.daily')}
        </label>
        <form
          className="field"
          onSubmit={(event) => {
            event.preventDefault();
            if (keepCount !== null) save({ backups: { ...settings, keep: keepCount } });
          }}
        >
          <label htmlFor="backupKeep">{t('backup.keep')}</label>
          <div className="inputRow">
            <input
              id="backupKeep"
              className="input num"
              inputMode="numeric"
              value={keep}
              aria-invalid={keepCount === null}
              aria-describedby="backupKeepHint"
              onChange={(event) => setKeep(event.currentTarget.value)}
            />
            <button type="submit" className="button" disabled={keepCount === null || keepCount === settings.keep}>
              {t('settings.save')}
            </button>
          </div>
          <span className="hint" id="backupKeepHint">
            {t('backup.keepHint')}
          </span>
        </form>
      </div>
      {error !== null && <ErrorNote error={error} />}
      {data !== null && data.backups.length === 0 && <p className="faint">{t('backup.none')}</p>}
      {data !== null && data.backups.length > 0 && (
        <ul className="storageList">
          {data.backups.slice(0, SHOWN).map((backup) => (
            <li key={backup.path}>
              <span className="modelText">
                <b>{format.clock(backup.madeAtMs, nowMs)}</b>
                <code className="faint wrapAnywhere">{backup.path}</code>
              </span>
              <span className="dim">{t(`backup.reason.${backup.reason}`)}</span>
              <span className="num">{format.bytes(backup.sizeBytes)}</span>
            </li>
          ))}
        </ul>
      )}
      <div aria-live="polite">{done !== null && <Outcome done={done} />}</div>
      <div className="actions">
        <button
          type="button"
          className="button"
          disabled={command.isBusy}
          onClick={() => command.run(async () => setDone({ kind: 'check', check: await client.request('backups.check', {}) }))}
        >
          {t('backup.check')}
        </button>
        <button
          type="button"
          className="button primary"
          disabled={command.isBusy}
          onClick={() => command.run(async () => setDone({ kind: 'backup', made: await client.request('backups.create', {}) }))}
        >
          {t(command.isBusy ? 'backup.busy' : 'backup.now')}
        </button>
      </div>
    </section>
  );
}

function Outcome({ done }: { readonly done: Done }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (done.kind === 'backup') {
    const { made } = done;
    return (
      <p className="wrapAnywhere">
        {t('backup.made', { count: made.runs, runs: format.number(made.runs), size: format.bytes(made.sizeBytes), path: made.path })}
      </p>
    );
  }
  const { check } = done;
  if (check.isSound) return <p>{t('backup.sound', { size: format.bytes(check.sizeBytes) })}</p>;
  return <ErrorNote error={{ code: 'DB_CORRUPT', data: { path: check.path, detail: check.problems[0] ?? '' } }} />;
}
