import { useTranslation } from 'react-i18next';
import { useFormat } from '../../app/language.ts';
import type { Transfer } from './useFileSources.ts';

/** How far the walk through dropped folders or the upload is. */
export function TransferProgress({ transfer, onCancel }: { readonly transfer: Transfer; onCancel(): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const isUpload = transfer.step === 'uploading';
  const share = isUpload && transfer.totalBytes > 0 ? transfer.sentBytes / transfer.totalBytes : 0;
  return (
    <div className="transfer" role="group" aria-label={t(isUpload ? 'newRun.uploading' : 'newRun.walking')}>
      <p className="dropTitle">{t(isUpload ? 'newRun.uploading' : 'newRun.walking')}</p>
      <div
        className="bar"
        role="progressbar"
        aria-label={t('newRun.uploading')}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        <span className="accent" style={{ width: `${share * 100}%` }} />
      </div>
      <p className="dim num">
        {isUpload
          ? t('newRun.uploaded', {
              sent: format.bytesOf(transfer.sentBytes, transfer.totalBytes),
              files: format.number(transfer.sentFiles),
              total: format.number(transfer.totalFiles),
            })
          : t('newRun.walked', { count: transfer.files, number: format.number(transfer.files), size: format.bytes(transfer.bytes) })}
      </p>
      <button type="button" className="button" onClick={onCancel}>
        {t('app.cancel')}
      </button>
    </div>
  );
}
