import type { ReactNode } from 'react';
import type { WireError } from '#shared/errors/nightshiftError.ts';
import { useTranslation } from 'react-i18next';
import { useErrorText } from '../app/language.ts';
import { hrefOf, parseRoute, useHash } from '../app/routing.ts';

interface Props {
  readonly error: WireError;
  /** What the error is about, where the place does not say it. */
  readonly title?: string;
  readonly children?: ReactNode;
}

/** What happened, what Nightshift did, what can be done, and the screen where it can be done. */
export function ErrorNote({ error, title, children }: Props) {
  const text = useErrorText()(error);
  const { t } = useTranslation();
  const place = parseRoute(useHash()).screen;
  const found = fixOf(error.code);
  const fix = found === place ? null : found;
  return (
    <div className="note bad">
      <strong className="wrapAnywhere">
        {title !== undefined && `${title}: `}
        {text.what}
      </strong>
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
