import { useTranslation } from 'react-i18next';
import { useFormat } from '../../app/language.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { stepViews, type StepView } from './serverView.ts';
import type { TestRun } from './useServerTests.ts';

const MARKS: Readonly<Record<StepView['state'], string>> = { ok: '✓', failed: '✗', skipped: '–', now: '…', waiting: '·', notTried: '·' };

/** The steps of a test as they happen, then whether the server works, or the code and sentence of what does not. */
export function TestSteps({ run }: { readonly run: TestRun }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (run.error !== null) return <ErrorNote error={run.error} />;
  return (
    <div className="testSteps">
      <ol>
        {stepViews(run.steps, run.isRunning).map((view) => (
          <li key={view.step} className={view.state}>
            <span className="stepMark" aria-hidden="true">
              {MARKS[view.state]}
            </span>
            <span className="stepName">
              {t(`servers.test.step.${view.step}`)}
              <span className="srOnly">: {t(`servers.test.state.${view.state}`)}</span>
            </span>
            <span className="stepDetail wrapAnywhere">
              <StepDetail view={view} />
            </span>
            <span className="stepTime num">{view.told !== null && format.duration(view.told.elapsedMs / 1000)}</span>
          </li>
        ))}
      </ol>
      <p role="status" className={run.passed === false ? 'badText' : run.passed === true ? 'okText' : 'dim'}>
        {run.passed === null ? t('servers.test.running') : t(run.passed ? 'servers.test.passed' : 'servers.test.failed')}
      </p>
    </div>
  );
}

function StepDetail({ view }: { readonly view: StepView }) {
  const { t } = useTranslation();
  if (view.told === null) return <span className="faint">{t(`servers.test.state.${view.state}`)}</span>;
  const { note, detail, reference, error } = view.told;
  if (error !== null) {
    return (
      <>
        <code>{error.code}</code>
        <ErrorNote error={error} />
      </>
    );
  }
  const said = note === null ? '' : t(`servers.test.note.${note}`, { reference: reference ?? '' });
  if (note === 'spoken') {
    return (
      <>
        {detail}
        <span className="faint"> ({said})</span>
      </>
    );
  }
  return [detail, said].filter((text) => text !== '').join(' · ');
}
