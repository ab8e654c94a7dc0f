import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { RunOptionsSchema, type RunOptions, type RunPlan, type RunSummary } from '#shared/contract/runs.ts';
import { MODES } from '#shared/domain/mode.ts';
import type { WireError } from '#shared/errors/nightshiftError.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { hrefOf, navigate } from '../../app/routing.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { usePanel } from '../../state/store.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { GoOn, Unprepared } from '../run/Unprepared.tsx';
import { runActions } from '../run/progressView.ts';
import { FoundList } from './FoundList.tsx';
import { OptionsForm } from './OptionsForm.tsx';
import { withField, type InvalidField } from './optionInput.ts';

/** What was found in the chosen files, what to do with it, and Start. */
export function Preflight({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const format = useFormat();
  const ports = usePanel((state) => state.settings?.ports);
  const [options, setOptions] = useState<RunOptions>(() =>
    RunOptionsSchema.parse({ ...run.options, ...(ports === undefined ? {} : { ports }) }),
  );
  const { plan, counts, error: planError } = usePlan(run, options);
  const [invalid, setInvalid] = useState<readonly InvalidField[]>([]);
  const [firstInvalid] = invalid;
  const [isGateValid, setGateValid] = useState(true);
  const [isCommandValid, setCommandValid] = useState(true);
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
  const { preparesAgain } = runActions(run);

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
          {preparesAgain && <GoOn run={run} />}
          {!hasEnded && (
            <button
              type="button"
              className="button primary"
              disabled={
                !isReady ||
                command.isBusy ||
                plan === null ||
                taskCount === 0 ||
                firstInvalid !== undefined ||
                !isGateValid ||
                !isCommandValid
              }
              aria-describedby="startHeldBack"
              onClick={start}
            >
              <StartText plan={plan} taskCount={taskCount} />
            </button>
          )}
        </div>
      </div>
      <p role="status" id="startHeldBack" className="startHeldBack badText">
        {firstInvalid !== undefined &&
          t(firstInvalid.canBeEmpty ? 'preflight.invalidOrEmpty' : 'preflight.invalid', {
            field: firstInvalid.label,
            min: format.number(firstInvalid.min),
            max: format.number(firstInvalid.max),
          })}
        {firstInvalid === undefined && !isGateValid && t('gate.holdsStart')}
        {firstInvalid === undefined && isGateValid && !isCommandValid && t('night.commandMissing')}
      </p>
      {preparesAgain && <Unprepared />}
      {planError !== null && (
        <div className="preflightError">
          <ErrorNote error={planError} />
        </div>
      )}
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
            <OptionsForm
              options={options}
              counts={counts}
              onChange={setOptions}
              onValidity={(field, isValid) => setInvalid((before) => withField(before, field, isValid))}
              onGateValidity={setGateValid}
              onCommandValidity={setCommandValid}
            />
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

/** Time without a change after which the plan is asked for, ms. */
const PLAN_AFTER_MS = 150;

/** The plan for the present options, and the counts of every mode, so that a mode can be judged before it is ticked. */
function usePlan(run: RunSummary, options: RunOptions): { plan: RunPlan | null; counts: RunPlan | null; error: WireError | null } {
  const [settled, setSettled] = useState(options);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(options), PLAN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [options]);
  const isReady = run.status === 'ready';
  const hasAll = settled.modes.length === MODES.length;
  const plan = useAnswer('runs.plan', isReady ? { runId: run.id, options: settled } : null);
  const all = useAnswer('runs.plan', isReady && !hasAll ? { runId: run.id, options: { ...settled, modes: [...MODES] } } : null);
  return { plan: plan.data, counts: hasAll ? plan.data : all.data, error: plan.error };
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
