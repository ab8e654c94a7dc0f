import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CleaningReport, RetentionRules, StorageUsage } from '#shared/contract/retention.ts';
import type { Settings } from '#shared/contract/settings.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { CleaningDialog } from './CleaningDialog.tsx';
import { CacheSettings } from './CacheSettings.tsx';
import { NUMBER_RULES, readRule, readRules, textsOf } from './retentionForm.ts';
import { useSave } from './useSave.ts';

/** How much room the data folder takes, by what rules something of it may go, and what would go now. */
export function StorageSettings({ settings, audioCacheMb }: { readonly settings: Settings['retention']; readonly audioCacheMb: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [report, setReport] = useState<CleaningReport | null>(null);
  const [changes, setChanges] = useState(0);
  const [isPreviewing, setPreviewing] = useState(false);
  const { data: usage, error } = useAnswer('storage.usage', {}, changes);
  return (
    <section className="card settingsCard" aria-labelledby="storageTitle">
      <h2 id="storageTitle">{t('storage.title')}</h2>
      {error !== null && <ErrorNote error={error} />}
      {usage !== null && <Usage usage={usage} />}
      {usage !== null && usage.pinnedRuns.length > 0 && <Pinned usage={usage} onChange={() => setChanges((count) => count + 1)} />}
      <CacheSettings key={audioCacheMb} audioCacheMb={audioCacheMb} onChange={() => setChanges((count) => count + 1)} />
      <Rules settings={settings} onPreview={() => setPreviewing(true)} />
      <div aria-live="polite">
        {report !== null && (
          <p>
            {t('storage.cleaned', { files: format.bytes(report.fileBytes), database: format.bytes(report.databaseBytes) })}{' '}
            {report.left.length > 0 && t('storage.left', { count: report.left.length, number: format.number(report.left.length) })}
          </p>
        )}
      </div>
      {isPreviewing && (
        <CleaningDialog
          onClose={(done) => {
            setPreviewing(false);
            setChanges((count) => count + 1);
            if (done !== null) setReport(done);
          }}
        />
      )}
    </section>
  );
}

function Usage({ usage }: { readonly usage: StorageUsage }) {
  const { t } = useTranslation();
  const format = useFormat();
  const kinds = usage.kinds.toSorted((left, right) => right.bytes - left.bytes);
  return (
    <>
      <p className="dim">
        {t('storage.total', { size: format.bytes(usage.totalBytes) })}{' '}
        {usage.databaseFreeBytes > 0 && t('storage.free', { size: format.bytes(usage.databaseFreeBytes) })}
      </p>
      <ul className="storageList usage">
        {kinds.map(({ kind, bytes }) => (
          <li key={kind}>
            <span>{t(`storage.kind.${kind}`)}</span>
            <span className="bar" aria-hidden="true">
              <span className="accent" style={{ width: `${usage.totalBytes === 0 ? 0 : (100 * bytes) / usage.totalBytes}%` }} />
            </span>
            <span className="num">{format.bytes(bytes)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Pinned({ usage, onChange }: { readonly usage: StorageUsage; onChange(): void }) {
  const { t } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const unpin = (runId: number): void =>
    command.run(async () => {
      await client.request('storage.pin', { runId, isPinned: false });
      onChange();
    });
  return (
    <>
      <h3>{t('storage.pinned')}</h3>
      <ul className="storageList">
        {usage.pinnedRuns.map(({ runId, name }) => (
          <li key={runId}>
            <span className="wrapAnywhere">
              #{runId} {name}
            </span>
            <button type="button" className="button small" disabled={command.isBusy} onClick={() => unpin(runId)}>
              {t('storage.unpin', { runId })}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Rules({ settings, onPreview }: { readonly settings: RetentionRules; onPreview(): void }) {
  const { t } = useTranslation();
  const { save, isBusy } = useSave();
  const [texts, setTexts] = useState(textsOf(settings));
  const [unusedAnswers, setUnusedAnswers] = useState(settings.unusedAnswers);
  const rules = readRules(texts, unusedAnswers);
  const isChanged = rules !== null && JSON.stringify(readRules(textsOf(settings), settings.unusedAnswers)) !== JSON.stringify(rules);
  return (
    <form
      className="storageRules"
      onSubmit={(event) => {
        event.preventDefault();
        if (rules !== null) save({ retention: rules });
      }}
    >
      <h3>{t('storage.rules')}</h3>
      <p className="dim" id="storageRulesHint">
        {t('storage.rulesHint')}
      </p>
      <div className="fieldRow">
        {NUMBER_RULES.map(({ rule }) => (
          <div key={rule} className="field">
            <label htmlFor={`rule-${rule}`}>{t(`storage.rule.${rule}`)}</label>
            <input
              id={`rule-${rule}`}
              className="input num"
              inputMode="decimal"
              value={texts[rule]}
              placeholder={t('storage.never')}
              aria-invalid={readRule(rule, texts[rule]) === undefined}
              aria-describedby="storageRulesHint"
              onChange={(event) => setTexts({ ...texts, [rule]: event.currentTarget.value })}
            />
          </div>
        ))}
      </div>
      <label className="check">
        <input type="checkbox" checked={unusedAnswers} onChange={(event) => setUnusedAnswers(event.currentTarget.checked)} />
        {t('storage.unusedAnswers')}
      </label>
      <div className="actions">
        <button type="submit" className="button" disabled={isBusy || !isChanged}>
          {t('settings.save')}
        </button>
        <button type="button" className="button primary" disabled={isBusy || isChanged || rules === null} onClick={onPreview}>
          {t('storage.preview')}
        </button>
      </div>
    </form>
  );
}
