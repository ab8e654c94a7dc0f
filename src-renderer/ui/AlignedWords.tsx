import { useTranslation } from 'react-i18next';
import { useFormat } from '../app/language.ts';
import './alignedWords.css';

/** One step of an alignment; a deletion has no hypothesis, an insertion no reference. Times are seconds from the start of the file. */
export interface AlignedStep {
  readonly op: 'hit' | 'substitution' | 'deletion' | 'insertion';
  readonly reference?: string | null;
  readonly hypothesis?: string | null;
  readonly startSec?: number | null;
}

/** The reference with what was heard differently marked: replaced, missing and extra words, by line and in words, never by colour alone. */
export function AlignedWords({ steps }: { readonly steps: readonly AlignedStep[] }) {
  return steps.map((step, index) => {
    // The steps of one alignment never change places.
    const key = index;
    return <Word key={key} step={step} />;
  });
}

function Word({ step }: { readonly step: AlignedStep }) {
  const { t } = useTranslation();
  const format = useFormat();
  const reference = step.reference ?? '';
  const hypothesis = step.hypothesis ?? '';
  const at = step.startSec == null ? '' : ` · ${format.position(step.startSec)}`;
  switch (step.op) {
    case 'hit':
      return at === '' ? (
        `${reference} `
      ) : (
        <>
          <span title={format.position(step.startSec ?? 0)}>{reference}</span>{' '}
        </>
      );
    case 'substitution': {
      const text = t('inspector.insteadOf', { word: reference });
      return (
        <>
          <u title={`${text}${at}`}>{hypothesis}</u>
          <span className="srOnly"> ({text})</span>{' '}
        </>
      );
    }
    case 'deletion':
      return (
        <>
          <s title={t('inspector.missing', { word: reference })} aria-hidden="true">
            {reference}
          </s>
          <span className="srOnly">({t('inspector.missing', { word: reference })})</span>{' '}
        </>
      );
    case 'insertion':
      return (
        <>
          <ins title={`${t('inspector.extra', { word: hypothesis })}${at}`} aria-hidden="true">
            {hypothesis}
          </ins>
          <span className="srOnly">({t('inspector.extra', { word: hypothesis })})</span>{' '}
        </>
      );
  }
}
