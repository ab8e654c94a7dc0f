import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Notice } from '../state/slices/notices.ts';
import { usePanel } from '../state/store.ts';
import { ErrorNote } from '../ui/ErrorNote.tsx';

/** Confirmations go away by themselves; errors stay until they are dismissed. */
const INFO_STAYS_MS = 5_000;

export function Notices() {
  const { t } = useTranslation();
  const notices = usePanel((state) => state.notices);
  return (
    <section className="toasts" aria-label={t('app.notices')} aria-live="polite">
      {notices.map((notice) => (
        <NoticeCard key={notice.id} notice={notice} />
      ))}
    </section>
  );
}

function NoticeCard({ notice }: { readonly notice: Notice }) {
  const { t } = useTranslation();
  const dismissNotice = usePanel((state) => state.dismissNotice);
  const { id, kind } = notice;
  useEffect(() => {
    if (kind !== 'info') return undefined;
    const timer = setTimeout(() => dismissNotice(id), INFO_STAYS_MS);
    return () => clearTimeout(timer);
  }, [id, kind, dismissNotice]);
  const dismiss = (
    <button type="button" className="button small" onClick={() => dismissNotice(id)}>
      {t('app.dismiss')}
    </button>
  );
  if (notice.kind === 'error') return <ErrorNote error={notice.error}>{dismiss}</ErrorNote>;
  return (
    <div className="note ok">
      <div className="noteHead">
        <span className="wrapAnywhere">{notice.text}</span>
        {dismiss}
      </div>
    </div>
  );
}
