import { useTranslation } from 'react-i18next';

/** Passed or not, in words; nothing for a run that was never judged. */
export function GateMark({ passed }: { readonly passed: boolean | null }) {
  const { t } = useTranslation();
  if (passed === null) return null;
  return (
    <span className={`pill ${passed ? 'ok' : 'bad'}`} data-gate={passed ? 'passed' : 'failed'}>
      <span aria-hidden="true">{passed ? '✓' : '✕'}</span> {t(passed ? 'gate.passed' : 'gate.failed')}
    </span>
  );
}
