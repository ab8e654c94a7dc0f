import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ReportFormat } from '#shared/contract/reports.ts';
import { NORMALIZERS } from '#shared/domain/scores.ts';
import { MESSAGE_LOCALES } from '#shared/errors/messages.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { useFormat, useLocale } from '../../app/language.ts';
import { usePanel } from '../../state/store.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { NORMALIZER_LABELS } from '../newRun/normalizerLabels.ts';
import { choiceProblem, existingFiles, firstChoice, FORMAT_GROUPS, hasTranscripts, toggleFormat, type ReportChoice } from './reportForm.ts';
import type { ReportExport } from './useReport.ts';
import { WrittenFiles } from './WrittenFiles.tsx';
import './report.css';

interface Props {
  readonly runId: number;
  readonly isOpen: boolean;
  readonly exporting: ReportExport;
  onClose(): void;
}

/** What to write of a run, in which language and where; then what was written. */
export function ReportDialog({ runId, isOpen, exporting, onClose }: Props) {
  const { t } = useTranslation();
  const locale = useLocale();
  const [chosen, setChoice] = useState<ReportChoice | null>(null);
  const choice = chosen ?? firstChoice(locale);
  const { state } = exporting;
  return (
    <Dialog isOpen={isOpen} isWide title={t('report.title')} onClose={onClose}>
      {state.step === 'written' ? (
        <WrittenFiles runId={runId} written={state.written} isBeside={state.isBeside} onAgain={exporting.again} onClose={onClose} />
      ) : (
        <ReportForm choice={choice} exporting={exporting} onChange={setChoice} onClose={onClose} />
      )}
    </Dialog>
  );
}

interface FormProps {
  readonly choice: ReportChoice;
  readonly exporting: ReportExport;
  onChange(choice: ReportChoice): void;
  onClose(): void;
}

function ReportForm({ choice, exporting, onChange, onClose }: FormProps) {
  const { t, i18n } = useTranslation();
  const names = new Intl.DisplayNames([i18n.language], { type: 'language' });
  const problem = choiceProblem(choice);
  const isWriting = exporting.state.step === 'writing';
  return (
    <form
      className="reportForm"
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === null && !isWriting) exporting.write(choice, false);
      }}
    >
      {(['read', 'data', 'transcripts'] as const).map((group) => (
        <fieldset key={group} className="formatGroup">
          <legend>{t(`report.${group}`)}</legend>
          {FORMAT_GROUPS[group].map((format) => (
            <FormatCheck
              key={format}
              format={format}
              isOn={choice.formats.includes(format)}
              onToggle={() => onChange(toggleFormat(choice, format))}
            />
          ))}
        </fieldset>
      ))}
      <div className="reportFields">
        <div className="field">
          <label htmlFor="reportLanguage">{t('report.language')}</label>
          <select
            id="reportLanguage"
            className="select"
            value={choice.language}
            onChange={(event) => {
              const language = MESSAGE_LOCALES.find((tag) => tag === event.currentTarget.value);
              if (language !== undefined) onChange({ ...choice, language });
            }}
          >
            {MESSAGE_LOCALES.map((tag) => (
              <option key={tag} value={tag}>
                {names.of(tag)}
              </option>
            ))}
          </select>
        </div>
        <FolderField choice={choice} isInvalid={problem === 'folder'} onChange={onChange} />
        {hasTranscripts(choice) && (
          <div className="field wholeRow">
            <label htmlFor="reportNaming">{t('report.naming')}</label>
            <input
              id="reportNaming"
              className="input mono"
              value={choice.naming}
              spellCheck={false}
              autoComplete="off"
              aria-invalid={problem === 'naming'}
              aria-describedby="reportNamingHint"
              onChange={(event) => onChange({ ...choice, naming: event.currentTarget.value })}
            />
            <span className="hint" id="reportNamingHint">
              {t('report.namingHint')}
            </span>
          </div>
        )}
      </div>
      <div className="field">
        <label htmlFor="reportNormalizer">{t('preflight.normalizer')}</label>
        <select
          id="reportNormalizer"
          className="select"
          value={choice.normalizer ?? ''}
          onChange={(event) => onChange({ ...choice, normalizer: NORMALIZERS.find((name) => name === event.currentTarget.value) ?? null })}
        >
          <option value="">{t('report.ownNormalizer')}</option>
          {NORMALIZERS.map((name) => (
            <option key={name} value={name}>
              {t(NORMALIZER_LABELS[name])}
            </option>
          ))}
        </select>
      </div>
      <label className="check">
        <input
          type="checkbox"
          checked={choice.clusterBySpeaker}
          onChange={(event) => onChange({ ...choice, clusterBySpeaker: event.currentTarget.checked })}
        />
        {t('report.bySpeaker')}
      </label>
      <div role="status">
        {problem !== null && <p className="badText">{t(`report.problem.${problem}`)}</p>}
        {isWriting && <p className="dim">{t('report.writingText')}</p>}
        <Failure choice={choice} exporting={exporting} />
      </div>
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {t('app.close')}
        </button>
        <button type="submit" className="button primary" disabled={problem !== null || isWriting}>
          {t(isWriting ? 'report.writing' : 'report.write')}
        </button>
      </div>
    </form>
  );
}

function FormatCheck({ format, isOn, onToggle }: { readonly format: ReportFormat; readonly isOn: boolean; onToggle(): void }) {
  const { t } = useTranslation();
  return (
    <label className={isOn ? 'formatCheck on' : 'formatCheck'}>
      <input type="checkbox" checked={isOn} onChange={onToggle} aria-describedby={`format-${format}`} />
      <b>{t(`reportFormat.${format}`)}</b>
      <span className="formatText" id={`format-${format}`}>
        {t(`reportFormatText.${format}`)}
      </span>
    </label>
  );
}

function FolderField({
  choice,
  isInvalid,
  onChange,
}: {
  readonly choice: ReportChoice;
  readonly isInvalid: boolean;
  onChange(choice: ReportChoice): void;
}) {
  const { t } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const canPick = usePanel((state) => state.host?.canPickPaths === true);
  const isBrowser = usePanel((state) => state.host?.host === 'serve');
  const pick = (): void =>
    command.run(async () => {
      const [folder] = (await client.request('host.pickPaths', { what: 'folder' })).paths;
      if (folder !== undefined) onChange({ ...choice, folder });
    });
  return (
    <div className="field">
      <label htmlFor="reportFolder">{t('report.folder')}</label>
      <div className="inputRow">
        <input
          id="reportFolder"
          className="input"
          value={choice.folder}
          placeholder={t('report.folderBeside')}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={isInvalid}
          aria-describedby="reportFolderHint"
          onChange={(event) => onChange({ ...choice, folder: event.currentTarget.value })}
        />
        {canPick && (
          <button type="button" className="button" disabled={command.isBusy} onClick={pick}>
            {t('report.choose')}
          </button>
        )}
      </div>
      <span className="hint" id="reportFolderHint">
        {t(isBrowser ? 'report.folderHintBrowser' : 'report.folderHint')}
      </span>
    </div>
  );
}

/** Why nothing was written; writing over what is there is a second step. */
function Failure({ choice, exporting }: { readonly choice: ReportChoice; readonly exporting: ReportExport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { state } = exporting;
  if (state.step !== 'failed') return null;
  const existing = existingFiles(state.error);
  if (existing === null) {
    if (state.error.code === 'INPUT_INVALID' && state.error.data['field'] === 'naming')
      return <p className="badText">{t('report.problem.naming')}</p>;
    return <ErrorNote error={state.error} />;
  }
  return (
    <div className="note warn">
      <strong>{t('report.exists', { count: existing.count, number: format.number(existing.count) })}</strong>
      <code className="wrapAnywhere">{existing.path}</code>
      <span>{t('report.existsText')}</span>
      <div className="actions">
        <button type="button" className="button small danger" onClick={() => exporting.write(choice, true)}>
          {t('report.replace')}
        </button>
      </div>
    </div>
  );
}
