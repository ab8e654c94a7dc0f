import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Comparison } from '#shared/contract/compare.ts';
import type { CompareChoice } from '../../app/compareAddress.ts';
import { useNow } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { hrefOf, navigate } from '../../app/routing.ts';
import { ReportDialog } from '../report/ReportDialog.tsx';
import { useReport } from '../report/useReport.ts';
import { isSameSystem } from './proposal.ts';
import { RescoreDialog } from './RescoreDialog.tsx';
import { SystemDot } from './SystemDot.tsx';
import { comparisonTitle, type ShownSystem } from './systemNames.ts';
import { SystemsDialog } from './SystemsDialog.tsx';

interface Props {
  readonly choice: CompareChoice;
  readonly comparison: Comparison;
  readonly systems: readonly ShownSystem[];
}

/** What is compared and how, and everything that changes it. */
export function CompareHeader({ choice, comparison, systems }: Props) {
  const { t } = useTranslation();
  const [dialog, setDialog] = useState<'systems' | 'rescore' | null>(null);
  const [firstSystem] = systems;
  // A report is of one run.
  const onlyRunId = firstSystem !== undefined && systems.every(({ runId }) => runId === firstSystem.runId) ? firstSystem.runId : null;
  const change = (part: Partial<CompareChoice>): void => {
    setDialog(null);
    navigate({ screen: 'compare', choice: { ...choice, ...part } });
  };
  return (
    <header className="compareHeader">
      <div className="compareTitle">
        <h1 className="wrapAnywhere">{comparisonTitle(systems)}</h1>
        <SubLine comparison={comparison} />
        <ul className="compareSystems" aria-label={t('comparison.systems')}>
          {systems.map((system) => (
            <li key={`${system.runId} ${system.mode}`}>
              <SystemDot system={system} />
              <a
                href={hrefOf({ screen: 'run', runId: system.runId })}
                title={`${t('comparison.openRun')}: ${system.runName} #${system.runId}`}
              >
                {system.name}
              </a>
              <button
                type="button"
                className="button quiet compareRemove"
                aria-label={t('comparison.remove', { name: system.name })}
                title={t('comparison.remove', { name: system.name })}
                onClick={() => change({ systems: choice.systems.filter((other) => !isSameSystem(other, system)) })}
              >
                <span aria-hidden="true">✕</span>
              </button>
            </li>
          ))}
          {comparison.speakers.length > 1 && (
            <li>
              <label className="check" title={t('comparison.bySpeakersHint')}>
                <input
                  type="checkbox"
                  checked={choice.clusterBy === 'speaker'}
                  onChange={(event) => change({ clusterBy: event.currentTarget.checked ? 'speaker' : 'none' })}
                />
                {t('comparison.bySpeakers')}
              </label>
            </li>
          )}
        </ul>
      </div>
      <div className="compareButtons">
        <button type="button" className="button" onClick={() => setDialog('systems')}>
          {t('comparison.add')}
        </button>
        <button type="button" className="button" onClick={() => setDialog('rescore')}>
          {t('comparison.rescore')}
        </button>
        {onlyRunId !== null && <ReportButton runId={onlyRunId} />}
      </div>
      {dialog === 'systems' && (
        <SystemsDialog systems={choice.systems} onUse={(chosen) => change({ systems: chosen })} onClose={() => setDialog(null)} />
      )}
      {dialog === 'rescore' && (
        <RescoreDialog
          normalizer={choice.normalizer}
          ofFirstRun={comparison.systems[0]?.runNormalizer ?? ''}
          onUse={(normalizer) => change({ normalizer })}
          onClose={() => setDialog(null)}
        />
      )}
    </header>
  );
}

function ReportButton({ runId }: { readonly runId: number }) {
  const { t } = useTranslation();
  const exporting = useReport(runId);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="button primary" onClick={() => setOpen(true)}>
        {t(exporting.state.step === 'writing' ? 'report.writing' : 'report.openDialog')}
      </button>
      <ReportDialog runId={runId} isOpen={isOpen} exporting={exporting} onClose={() => setOpen(false)} />
    </>
  );
}

function SubLine({ comparison }: { readonly comparison: Comparison }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const models = [...new Set(comparison.systems.map(({ modelName }) => modelName))];
  const [model] = models;
  const starts = comparison.systems.flatMap(({ startedAtMs }) => (startedAtMs === null ? [] : [startedAtMs]));
  const ends = comparison.systems.flatMap(({ endedAtMs }) => (endedAtMs === null ? [] : [endedAtMs]));
  const parts = [
    t('comparison.files', { count: comparison.files, number: format.number(comparison.files) }),
    t('comparison.normalizer', { name: comparison.normalizerLabel }),
    ...(models.length > 1 ? [t('comparison.models')] : model == null ? [] : [t('comparison.model', { name: model })]),
    t(`comparison.${comparison.pacing}`),
    ...(starts.length === 0 || ends.length === 0
      ? []
      : [t('comparison.period', { from: format.clock(Math.min(...starts), now), to: format.clock(Math.max(...ends), now) })]),
  ];
  return <p className="sub">{parts.join(' · ')}</p>;
}
