import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useShallow } from 'zustand/react/shallow';
import type { ComparedSystem } from '#shared/contract/compare.ts';
import type { CompareChoice } from '../../app/compareAddress.ts';
import { hrefOf, navigate, redirect } from '../../app/routing.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { usePanel } from '../../state/store.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { CompareHeader } from './CompareHeader.tsx';
import { useShownSystems } from './comparisonText.ts';
import { CostTable } from './CostTable.tsx';
import { Disagreements } from './Disagreements.tsx';
import { Headline } from './Headline.tsx';
import { comparableModes, proposedSystems } from './proposal.ts';
import { SystemsDialog } from './SystemsDialog.tsx';
import { useOutcomeVersion, type ComparisonQuestion } from './useComparison.ts';
import { WerCard } from './WerCard.tsx';
import './compare.css';

/** Modes and runs against each other: which is better and how sure that is, what each costs, and in which files they differ. */
export function CompareScreen({ choice }: { readonly choice: CompareChoice }) {
  const runs = usePanel(useShallow((state) => Object.values(state.runById)));
  const proposed = useMemo(() => proposedSystems(runs), [runs]);
  const isOpen = choice.systems.length > 0;
  useEffect(() => {
    // The address says what is compared, so that a run that ends meanwhile does not change it.
    if (!isOpen && proposed.length > 0) redirect({ screen: 'compare', choice: { ...choice, systems: proposed } });
  }, [isOpen, proposed, choice]);
  if (choice.systems.length > 1) return <Opened choice={choice} />;
  if (choice.systems[0] !== undefined) return <OneChosen choice={choice} system={choice.systems[0]} />;
  return proposed.length > 0 ? null : <NoneChosen choice={choice} hasSome={runs.some((run) => comparableModes(run).length > 0)} />;
}

function Opened({ choice }: { readonly choice: CompareChoice }) {
  const { t } = useTranslation();
  const version = useOutcomeVersion(choice.systems);
  const question: ComparisonQuestion = { systems: [...choice.systems], normalizer: choice.normalizer, clusterBy: choice.clusterBy };
  const { data, input, isCurrent, error } = useAnswer('compare.open', question, version);
  if (error !== null) {
    return (
      <div className="empty compareState">
        <h1>{t('comparison.failedTitle')}</h1>
        <ErrorNote error={error} />
        <ChooseButtons choice={choice} />
      </div>
    );
  }
  if (data === null || input === null) {
    return (
      <p className="empty" role="status">
        {t('comparison.loading')}
      </p>
    );
  }
  return <Shown choice={choice} comparison={data} question={input} version={version} isCurrent={isCurrent} />;
}

interface ShownProps {
  readonly choice: CompareChoice;
  readonly comparison: Parameters<typeof Headline>[0]['comparison'];
  readonly question: ComparisonQuestion;
  readonly version: string;
  readonly isCurrent: boolean;
}

/** The last comparison stays while the next one is made; its files are asked for as it was. */
function Shown({ choice, comparison, question, version, isCurrent }: ShownProps) {
  const { t } = useTranslation();
  const systems = useShownSystems(comparison);
  return (
    <div className="compareScreen" aria-busy={!isCurrent}>
      <CompareHeader choice={choice} comparison={comparison} systems={systems} />
      <div className="compareTop">
        <Headline comparison={comparison} systems={systems} />
        <div className="compareCards">
          <WerCard comparison={comparison} systems={systems} />
          <CostTable comparison={comparison} systems={systems} />
        </div>
      </div>
      <Disagreements key={JSON.stringify(question)} question={question} comparison={comparison} systems={systems} version={version} />
      <p className="srOnly" role="status">
        {isCurrent ? '' : t('comparison.renewing')}
      </p>
    </div>
  );
}

function OneChosen({ choice, system }: { readonly choice: CompareChoice; readonly system: ComparedSystem }) {
  const { t } = useTranslation();
  const runName = usePanel((state) => state.runById[system.runId]?.name ?? `#${system.runId}`);
  return (
    <div className="empty compareState">
      <h1>{t('comparison.oneChosen', { name: `${t(`mode.${system.mode}`)} · ${runName}` })}</h1>
      <p>{t('comparison.oneChosenText')}</p>
      <ChooseButtons choice={choice} />
    </div>
  );
}

function NoneChosen({ choice, hasSome }: { readonly choice: CompareChoice; readonly hasSome: boolean }) {
  const { t } = useTranslation();
  if (hasSome) {
    return (
      <div className="empty compareState">
        <h1>{t('comparison.noneChosen')}</h1>
        <p>{t('comparison.noneChosenText')}</p>
        <ChooseButtons choice={choice} />
      </div>
    );
  }
  return (
    <div className="empty compareState">
      <h1>{t('comparison.noRuns')}</h1>
      <p>{t('comparison.noRunsText')}</p>
      <a className="button primary" href={hrefOf({ screen: 'newRun', runId: null })}>
        {t('nav.newRun')}
      </a>
    </div>
  );
}

/** What helps where nothing can be shown. */
function ChooseButtons({ choice }: { readonly choice: CompareChoice }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="compareButtons">
      <button type="button" className="button primary" onClick={() => setOpen(true)}>
        {t('comparison.choose')}
      </button>
      <a className="button" href={hrefOf({ screen: 'runs' })}>
        {t('run.toRuns')}
      </a>
      {isOpen && (
        <SystemsDialog
          systems={choice.systems}
          onUse={(systems) => {
            setOpen(false);
            navigate({ screen: 'compare', choice: { ...choice, systems } });
          }}
          onClose={() => setOpen(false)}
        />
      )}
    </div>
  );
}
