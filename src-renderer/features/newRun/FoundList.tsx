import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunSummary } from '#shared/contract/runs.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { useErrorText, useFormat } from '../../app/language.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';

const SHOWN = 200;
type Tab = 'problem' | 'noReference' | 'remarks';

/** Files that cannot be used, files without a reference, and remarks on folders and transcripts. */
export function FoundList({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  const noReferenceCount = run.itemCount - run.withReferenceCount;
  const [chosen, setChosen] = useState<Tab | null>(null);
  const first: Tab =
    run.unusableCount > 0 ? 'problem' : run.problemCount > 0 ? 'remarks' : noReferenceCount > 0 ? 'noReference' : 'problem';
  const tab = chosen ?? first;
  const isAllGood = run.status === 'ready' && run.unusableCount === 0 && run.problemCount === 0 && noReferenceCount === 0;
  const chip = (name: Tab, text: string) => (
    <button type="button" className="chip" aria-pressed={tab === name} onClick={() => setChosen(name)}>
      {text}
    </button>
  );
  return (
    <section className="card foundList" aria-labelledby="foundTitle">
      <h2 id="foundTitle">{t('preflight.list')}</h2>
      {isAllGood ? (
        <p className="dim">{t('preflight.allGood')}</p>
      ) : (
        <>
          <div className="chips" role="group" aria-labelledby="foundTitle">
            {chip('problem', t('preflight.tabUnusable', { number: format.number(run.unusableCount) }))}
            {chip('noReference', t('preflight.tabNoReference', { number: format.number(noReferenceCount) }))}
            {chip('remarks', t('preflight.tabProblems', { number: format.number(run.problemCount) }))}
          </div>
          {tab === 'remarks' ? <Remarks run={run} /> : <FileReasons run={run} filter={tab} />}
        </>
      )}
    </section>
  );
}

function FileReasons({ run, filter }: { readonly run: RunSummary; readonly filter: 'problem' | 'noReference' }) {
  const { t } = useTranslation();
  const format = useFormat();
  const describe = useErrorText();
  const { data: page, isCurrent, error } = useAnswer('items.list', { runId: run.id, filter, count: SHOWN }, run.status);
  if (error !== null) return <ErrorNote error={error} />;
  if (page === null || !isCurrent) return null;
  if (page.items.length === 0) return <p className="dim">{t('preflight.noneInList')}</p>;
  return (
    <>
      {filter === 'problem' && <p className="dim">{t('preflight.unusableNote')}</p>}
      <ul className="reasons" tabIndex={0} aria-labelledby="foundTitle">
        {page.items.map((item) => (
          <li key={item.id}>
            <span className="wrapAnywhere">{item.fileId}</span>
            {item.problem !== null && <span className="dim">{describe({ code: item.problem, data: {} }).what}</span>}
          </li>
        ))}
      </ul>
      {page.total > page.items.length && (
        <p className="faint">{t('preflight.firstOf', { shown: format.number(page.items.length), total: format.number(page.total) })}</p>
      )}
    </>
  );
}

function Remarks({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  const describe = useErrorText();
  if (run.problems.length === 0) return <p className="dim">{t('preflight.noneInList')}</p>;
  return (
    <>
      <ul className="reasons" tabIndex={0} aria-labelledby="foundTitle">
        {run.problems.map(({ code, path, detail }) => (
          <li key={`${code} ${path} ${detail ?? ''}`}>
            <span className="wrapAnywhere">{path}</span>
            <span className="dim">{describe({ code, data: detail === undefined ? {} : { detail } }).what}</span>
          </li>
        ))}
      </ul>
      {run.problemCount > run.problems.length && (
        <p className="faint">
          {t('preflight.firstOf', { shown: format.number(run.problems.length), total: format.number(run.problemCount) })}
        </p>
      )}
    </>
  );
}
