import { useTranslation } from 'react-i18next';
import { useErrorText, useFormat } from '../../app/language.ts';
import { rowTone, type RowState } from './rowView.ts';

/** The state of a file, as a coloured dot and in words. */
export function RowStateText({ state }: { readonly state: RowState }) {
  const text = useStateText(state);
  return (
    <>
      <span className={`dot ${rowTone(state)}`} />
      <span className="stateText" title={text}>
        {text}
      </span>
    </>
  );
}

function useStateText(state: RowState): string {
  const { t } = useTranslation();
  const format = useFormat();
  const describe = useErrorText();
  const reason = (code: Parameters<typeof describe>[0]['code']): string => describe({ code, data: {} }).what.replace(/\.$/, '');
  switch (state.kind) {
    case 'unusable':
      return t('rowState.unusable', { reason: reason(state.code) });
    case 'failed':
      return state.code === null ? t('rowState.failedPlain') : t('rowState.failed', { reason: reason(state.code) });
    case 'doubtful':
      return t('rowState.doubtful', { reason: reason(state.code) });
    case 'retry':
      return state.waitSec === null
        ? t('rowState.retryNow', { attempt: state.attempt, of: state.of })
        : t('rowState.retryIn', { attempt: state.attempt, of: state.of, wait: format.countdown(state.waitSec) });
    case 'transcribing':
    case 'queued':
    case 'held':
    case 'cancelled':
    case 'skipped':
    case 'done':
    case 'notPlanned':
      return t(`rowState.${state.kind}`);
  }
}
