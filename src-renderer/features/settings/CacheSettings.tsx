import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MediaCacheUsage } from '#shared/contract/retention.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { useSave } from './useSave.ts';

const MAX_MB = 10_000_000;

/** What is kept of recordings to save work: how much it may be, how much it is, and a way to empty it. */
export function CacheSettings({ audioCacheMb, onChange }: { readonly audioCacheMb: number; onChange(): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const command = useCommand();
  const { save, isBusy } = useSave();
  const [text, setText] = useState(String(audioCacheMb));
  const [emptied, setEmptied] = useState<MediaCacheUsage | null>(null);
  const [changes, setChanges] = useState(0);
  const { data: usage, error } = useAnswer('storage.cache', {}, changes);
  const sizeMb = /^\d{1,8}$/.test(text.trim()) && Number(text) <= MAX_MB ? Number(text) : null;
  const empty = (): void =>
    command.run(async () => {
      setEmptied(await client.request('storage.emptyCache', {}));
      setChanges((count) => count + 1);
      onChange();
    });
  return (
    <form
      className="storageRules"
      onSubmit={(event) => {
        event.preventDefault();
        if (sizeMb !== null) save({ audioCacheMb: sizeMb });
      }}
    >
      <h3>{t('storage.cache.title')}</h3>
      <p className="dim" id="cacheHint">
        {t('storage.cache.hint')}
      </p>
      {error !== null && <ErrorNote error={error} />}
      <p>
        {usage === null
          ? ' '
          : t('storage.cache.usage', {
              count: usage.knownFiles,
              size: format.bytes(usage.audioBytes),
              files: format.number(usage.audioFiles),
              number: format.number(usage.knownFiles),
            })}
      </p>
      <div className="fieldRow">
        <div className="field">
          <label htmlFor="audioCacheMb">{t('storage.cache.size')}</label>
          <input
            id="audioCacheMb"
            className="input num"
            inputMode="numeric"
            value={text}
            aria-invalid={sizeMb === null}
            aria-describedby="cacheHint"
            onChange={(event) => setText(event.currentTarget.value)}
          />
        </div>
      </div>
      <div className="actions">
        <button type="submit" className="button" disabled={isBusy || sizeMb === null || sizeMb === audioCacheMb}>
          {t('settings.save')}
        </button>
        <button type="button" className="button" disabled={command.isBusy} onClick={empty}>
          {t('storage.cache.empty')}
        </button>
      </div>
      <div aria-live="polite">{emptied !== null && <p>{t('storage.cache.emptied', { size: format.bytes(emptied.audioBytes) })}</p>}</div>
    </form>
  );
}
