import { useTranslation } from 'react-i18next';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { usePanel } from '../../state/store.ts';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { downloadHref, lastPart } from './reportForm.ts';
import type { Written } from './useReport.ts';

interface Props {
  readonly runId: number;
  readonly written: Written;
  readonly isBeside: boolean;
  onAgain(): void;
  onClose(): void;
}

/** What an export wrote, to be opened, shown in its folder, or downloaded. */
export function WrittenFiles({ runId, written, isBeside, onAgain, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const command = useCommand();
  const canOpenPath = usePanel((state) => state.host?.canOpenPath === true);
  const canDownload = usePanel((state) => state.host?.host === 'serve') && isBeside;
  const open = (path: string): void => command.run(() => client.request('host.openPath', { path }));
  return (
    <div className="reportForm">
      <p role="status">{t('report.written')}</p>
      <ul className="writtenFiles">
        {written.files.map(({ format: name, path }) => (
          <li key={path}>
            <span className="writtenName">
              <b>{t(`reportFormat.${name}`)}</b>
              <code className="wrapAnywhere">{lastPart(path)}</code>
            </span>
            {canDownload && (
              <a className="button small" href={downloadHref(runId, path)} download={lastPart(path)}>
                {t('compare.download')}
                <span className="srOnly"> {lastPart(path)}</span>
              </a>
            )}
            {canOpenPath && (
              <button type="button" className="button small" disabled={command.isBusy} onClick={() => open(path)}>
                {t('report.open')}
                <span className="srOnly"> {lastPart(path)}</span>
              </button>
            )}
          </li>
        ))}
        {written.transcripts > 0 && (
          <li>{t('report.transcriptCount', { count: written.transcripts, number: format.number(written.transcripts) })}</li>
        )}
      </ul>
      <p className="dim">{t('report.inFolder')}</p>
      <code className="wrapAnywhere">{written.folder}</code>
      <div className="actions">
        <CopyButton text={written.folder} />
        {canOpenPath && (
          <button type="button" className="button small" disabled={command.isBusy} onClick={() => open(written.folder)}>
            {t('compare.openFolder')}
          </button>
        )}
        <button type="button" className="button small" onClick={onAgain}>
          {t('report.again')}
        </button>
        <button type="button" className="button primary small" onClick={onClose}>
          {t('app.close')}
        </button>
      </div>
    </div>
  );
}
