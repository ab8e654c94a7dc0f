import { useTranslation } from 'react-i18next';
import { CopyButton } from '../ui/CopyButton.tsx';

const COMMAND = 'nightshift serve --link';

/** Shown when the host no longer accepts this page: nothing else would work. */
export function LostLink() {
  const { t } = useTranslation();
  return (
    <main className="fullPage">
      <h1>{t('lostLink.title')}</h1>
      <p>{t('lostLink.what')}</p>
      <p className="dim">{t('lostLink.did')}</p>
      <p>{t('lostLink.advice')}</p>
      <div className="commandLine">
        <code>{COMMAND}</code>
        <CopyButton text={COMMAND} />
      </div>
    </main>
  );
}
