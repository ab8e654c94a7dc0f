import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { RunOptionsSchema, type RunOptions, type RunPlan, type RunSummary } from '#shared/contract/runs.ts';
import { toWireError } from '#shared/errors/nightshiftError.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { hrefOf, navigate } from '../../app/routing.ts';
import { usePanel } from '../../state/store.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { FoundList } from './FoundList.tsx';
import { OptionsForm } from './OptionsForm.tsx';

/** What was found in the chosen files, what to do with it, and Start. */
export function Preflight({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const ports = usePanel((state) => state.settings?.ports);
  const [options, setOptions] = useState<RunOptions>(() =>
    RunOptionsSchema.parse({ ...run.options, ...(ports === undefined ? {} : { ports }) }),
  );
  const plan = usePlan(run, options);
  const isReady = run.status === 'ready';
  const planned = plan?.modes.filter(({ mode }) => options.modes.includes(mode)) ?? [];
  const taskCount = planned.reduce((sum, mode) => sum + mode.remaining, 0);

  const start = (): void =>
    command.run(async () => {
      const started = await client.request('runs.start', { runId: run.id, options });
      usePanel.getState().setRun(started, Date.now());
      navigate({ screen: 'run', runId: run.id });
    });
  const discard = (): void =>
    command.run(async () => {
      if (run.status === 'preparing') await client.request('runs.stop', { runId: run.id });
      await client.request('runs.remove', { runId: run.id });
      navigate({ screen: 'newRun', runId: null });
    });
  const hasEnded = run.status === 'failed' || run.status === 'stopped' || run.status === 'interrupted';

  return (
    <div className="screen preflight">
      <div className="screenHead">
        <div>
          <h1>{run.name}</h1>
          <p className="sub wrapAnywhere">{run.sources.join(' · ')}</p>
        </div>
        <div className="headButtons">
          <button type="button" className="button" disabled={command.isBusy} onClick={discard}>
            {t(hasEnded ? 'preflight.backToStart' : 'preflight.discard')}
          </button>
          {!hasEnded && (
            <button
              type="button"
              className="button primary"
              disabled={!isReady || command.isBusy || plan === null || taskCount === 0}
              onClick={start}
            >
              <StartText plan={plan} taskCount={taskCount} />
            </button>
          )}
        </div>
      </div>
      {run.error !== null && (
        <div className="preflightError">
          <ErrorNote error={run.error} />
        </div>
      )}
      {!hasEnded && (
        <>
          <Counts run={run} />
          <div role="status">{run.status === 'preparing' && <Looking run={run} />}</div>
          {plan !== null && <Warnings plan={plan} onUseRunning={() => setOptions({ ...options, servers: 'running' })} />}
          <div className="preflightColumns">
            <OptionsForm options={options} plan={plan} onChange={setOptions} />
            <FoundList run={run} />
          </div>
        </>
      )}
    </div>
  );
}

function StartText({ plan, taskCount }: { readonly plan: RunPlan | null; readonly taskCount: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (plan === null) return t('preflight.start');
  if (taskCount === 0) return t('preflight.nothingToDo');
  return t('preflight.startCount', { count: taskCount, number: format.number(taskCount) });
}

function Counts({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  const facts = [
    [t('preflight.files'), format.number(run.itemCount), ''],
    [t('preflight.audio'), format.duration(run.audioSec), ''],
    [t('preflight.withReference'), format.number(run.withReferenceCount), ''],
    [t('preflight.unusable'), format.number(run.unusableCount), run.unusableCount > 0 ? 'bad' : ''],
  ] as const;
  return (
    <dl className="counts">
      {facts.map(([name, value, tone]) => (
        <div key={name} className="card">
          <dt>{name}</dt>
          <dd className={`num ${tone}`}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Looking({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  const share = run.itemCount > 0 ? run.inspectedCount / run.itemCount : 0;
  return (
    <div className="card looking">
      <span>{t('preflight.looking')}</span>
      <div className="bar">
        <span className="accent" style={{ width: `${share * 100}%` }} />
      </div>
      <span className="dim num">
        {run.itemCount === 0
          ? t('preflight.lookingFirst')
          : t('preflight.lookingCount', { inspected: format.number(run.inspectedCount), found: format.number(run.itemCount) })}
      </span>
    </div>
  );
}

/** The plan for the present options; asked again a moment after they changed. */
function usePlan(run: RunSummary, options: RunOptions): RunPlan | null {
  const client = useClient();
  const addNotice = usePanel((state) => state.addNotice);
  const [plan, setPlan] = useState<RunPlan | null>(null);
  const isReady = run.status === 'ready';
  const runId = run.id;
  useEffect(() => {
    if (!isReady) return undefined;
    let isCurrent = true;
    const timer = setTimeout(() => {
      client.request('runs.plan', { runId, options }).then(
        (found) => {
          if (isCurrent) setPlan(found);
        },
        (error: unknown) => addNotice({ kind: 'error', error: toWireError(error) }),
      );
    }, 150);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, runId, isReady, options, addNotice]);
  return plan;
}

function Warnings({ plan, onUseRunning }: { readonly plan: RunPlan; onUseRunning(): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const shown = useMemo(() => [...new Map(plan.warnings.map((warning) => [JSON.stringify(warning), warning])).entries()], [plan]);
  if (shown.length === 0) return null;
  const settings = (text: string) => (
    <a className="button small" href={hrefOf({ screen: 'settings' })}>
      {text}
    </a>
  );
  return (
    <ul className="warnings">
      {shown.map(([key, { code, data }]) => {
        const number = Number(data['count'] ?? data['files'] ?? 0);
        switch (code) {
          case 'sampleModelVocabulary':
            return (
              <li key={key} className="note warn">
                <strong>
                  {t('warning.sampleModelVocabulary', { words: format.number(Number(data['words'] ?? data['vocabularyWords'] ?? 140)) })}
                </strong>
                <span>{t('warning.sampleModelVocabularyText')}</span>
                <div className="actions">{settings(t('preflight.chooseModel'))}</div>
              </li>
            );
          case 'noReferences':
            return (
              <li key={key} className="note">
                <strong>{t('warning.noReferences')}</strong>
                <span>{t('warning.noReferencesText')}</span>
              </li>
            );
          case 'unusableFiles':
            return (
              <li key={key} className="note warn">
                <strong>{t('warning.unusableFiles', { count: number, number: format.number(number) })}</strong>
                <span>{t('warning.unusableFilesText')}</span>
              </li>
            );
          case 'decoderMissing':
            return (
              <li key={key} className="note bad">
                <strong>{t('warning.decoderMissing')}</strong>
                <span>{t('warning.decoderMissingText')}</span>
                <div className="actions">{settings(t('error.openSettings'))}</div>
              </li>
            );
          case 'portInUse':
            return (
              <li key={key} className="note warn">
                <strong>{t('warning.portInUse', { port: String(data['port'] ?? '') })}</strong>
                <span>{t('warning.portInUseText')}</span>
                <div className="actions">
                  <button type="button" className="button small" onClick={onUseRunning}>
                    {t('preflight.useRunning')}
                  </button>
                  {settings(t('error.openSettings'))}
                </div>
              </li>
            );
        }
      })}
    </ul>
  );
}
