import type { ReactNode } from 'react';
import type { WireError } from '#shared/errors/nightshiftError.ts';
import { useTranslation } from 'react-i18next';
import { useErrorText } from '../app/language.ts';
import { hrefOf } from '../app/routing.ts';

/** What happened, what Nightshift did, what can be done, and the screen where it can be done. */
export function ErrorNote({ error, children }: { readonly error: WireError; readonly children?: ReactNode }) {
  const text = useErrorText()(error);
  const { t } = useTranslation();
  const fix = fixOf(error.code);
  return (
    <div className="note bad">
      <strong className="wrapAnywhere">{text.what}</strong>
      <span className="did">{text.did}</span>
      <span>{text.advice}</span>
      {(fix !== null || children !== undefined) && (
        <div className="actions">
          {fix !== null && (
            <a className="button small" href={hrefOf({ screen: fix })}>
              {t(fix === 'settings' ? 'error.openSettings' : 'error.openServers')}
            </a>
          )}
          {children}
        </div>
      )}
    </div>
  );
}

/** Where an error can be repaired; null when no screen helps. */
function fixOf(code: WireError['code']): 'settings' | 'servers' | null {
  if (code === 'PORT_IN_USE' || code === 'DECODER_MISSING' || code.startsWith('MODEL_')) return 'settings';
  return code.startsWith('SERVER_') ? 'servers' : null;
}
