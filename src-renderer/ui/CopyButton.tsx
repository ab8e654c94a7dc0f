import { useTranslation } from 'react-i18next';
import { usePanel } from '../state/store.ts';
import { copyText } from './copyText.ts';

/** Puts a text on the clipboard and says whether that worked. */
export function CopyButton({ text, label }: { readonly text: string; readonly label?: string }) {
  const { t } = useTranslation();
  const addNotice = usePanel((state) => state.addNotice);
  const copy = async (): Promise<void> => {
    const isCopied = await copyText(text);
    addNotice({ kind: 'info', text: t(isCopied ? 'app.copied' : 'app.notCopied', { text }) });
  };
  return (
    <button type="button" className="button small" onClick={() => void copy()}>
      {label ?? t('compare.copyPath')}
    </button>
  );
}
