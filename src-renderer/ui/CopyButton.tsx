import { useTranslation } from 'react-i18next';
import { usePanel } from '../state/store.ts';

/** Puts a text on the clipboard and says so. */
export function CopyButton({ text, label }: { readonly text: string; readonly label?: string }) {
  const { t } = useTranslation();
  const addNotice = usePanel((state) => state.addNotice);
  const copy = async (): Promise<void> => {
    await copyText(text);
    addNotice({ kind: 'info', text: t('app.copied', { text }) });
  };
  return (
    <button type="button" className="button small" onClick={() => void copy()}>
      {label ?? t('compare.copyPath')}
    </button>
  );
}

/** The clipboard of the browser, or the old way where it is not allowed. */
async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}
