import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useShallow } from 'zustand/react/shallow';
import { MODES, inModeOrder, type Mode } from '#shared/domain/mode.ts';
import { NORMALIZERS } from '#shared/domain/scores.ts';
import { suggestedWorkers } from '#shared/domain/workers.ts';
import type { RunOptions, RunPlan } from '#shared/contract/runs.ts';
import type { ModelInfo } from '#shared/contract/system.ts';
import { useClient } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { selectServers } from '../../state/slices/servers.ts';
import { usePanel } from '../../state/store.ts';
import { GateChoice } from './GateChoice.tsx';
import { LANGUAGES } from './languages.ts';
import { NORMALIZER_LABELS } from './normalizerLabels.ts';
import { NightOptions } from './NightOptions.tsx';
import { Field, NumberField } from './OptionFields.tsx';
import { toggleMode, type InvalidField } from './optionInput.ts';
import { ServerChoice } from './ServerChoice.tsx';
import { serversIn } from './serverChoice.ts';

interface Props {
  readonly options: RunOptions;
  /** Plan of all modes, ticked or not; null before it is known. */
  readonly counts: RunPlan | null;
  onChange(options: RunOptions): void;
  /** A field's text can be used or not; what cannot is not part of the options. */
  onValidity(field: InvalidField, isValid: boolean): void;
  onGateValidity(isValid: boolean): void;
  /** Whether the command that is run at the end is named, where one is wanted. */
  onCommandValidity(isValid: boolean): void;
}

export function OptionsForm({ options, counts, onChange, onValidity, onGateValidity, onCommandValidity }: Props) {
  const { t, i18n } = useTranslation();
  const names = new Intl.DisplayNames([i18n.language], { type: 'language' });
  const format = useFormat();
  const servers = usePanel(useShallow(selectServers));
  const suggested = usePanel(({ system }) => (system === null ? null : suggestedWorkers(system.cpuCount, system.memoryTotalBytes)));
  const change = (part: Partial<RunOptions>): void => onChange({ ...options, ...part });
  return (
    <section className="card optionsForm" aria-labelledby="optionsTitle">
      <h2 id="optionsTitle">{t('preflight.options')}</h2>
      <ModeChoice
        options={options}
        counts={counts}
        onChange={(modes) => change({ modes, serverIds: serversIn(options.serverIds, servers, modes) })}
      />
      <ServerChoice options={options} servers={servers} onChange={(serverIds) => change({ serverIds })} />
      <div className="fieldGrid">
        <NumberField
          id="limit"
          label={t('preflight.limit')}
          hint={t('preflight.limitHint')}
          value={options.limit}
          min={1}
          max={1_000_000_000}
          onChange={(limit) => change({ limit })}
          onValidity={onValidity}
        />
        <Field id="model" label={t('preflight.model')}>
          <ModelSelect value={options.model} onChange={(model) => change({ model })} />
        </Field>
        <Field id="language" label={t('preflight.language')}>
          <select
            id="language"
            className="select"
            value={options.language ?? ''}
            onChange={(event) => change({ language: event.currentTarget.value === '' ? null : event.currentTarget.value })}
          >
            <option value="">{t('preflight.languageAuto')}</option>
            {LANGUAGES.map((tag) => (
              <option key={tag} value={tag}>
                {names.of(tag)}
              </option>
            ))}
          </select>
        </Field>
        <Field id="normalizer" label={t('preflight.normalizer')}>
          <select
            id="normalizer"
            className="select"
            value={options.normalizer}
            disabled={!options.calculateWer}
            onChange={(event) => {
              const normalizer = NORMALIZERS.find((name) => name === event.currentTarget.value);
              if (normalizer !== undefined) change({ normalizer });
            }}
          >
            {NORMALIZERS.map((name) => (
              <option key={name} value={name}>
                {t(NORMALIZER_LABELS[name])}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <label className="check">
        <input type="checkbox" checked={options.calculateWer} onChange={(event) => change({ calculateWer: event.currentTarget.checked })} />
        {t('preflight.calculateWer')}
      </label>
      <details className="advanced">
        <summary>{t('preflight.advanced')}</summary>
        <div className="fieldGrid">
          <Field id="pacing" label={t('preflight.pacing')}>
            <select
              id="pacing"
              className="select"
              value={options.pacing}
              onChange={(event) => change({ pacing: event.currentTarget.value === 'realTime' ? 'realTime' : 'asFast' })}
            >
              <option value="asFast">{t('preflight.pacingFast')}</option>
              <option value="realTime">{t('preflight.pacingReal')}</option>
            </select>
          </Field>
          <Field id="servers" label={t('preflight.servers')}>
            <select
              id="servers"
              className="select"
              value={options.servers}
              onChange={(event) => change({ servers: event.currentTarget.value === 'running' ? 'running' : 'own' })}
            >
              <option value="own">{t('preflight.serversOwn')}</option>
              <option value="running">{t('preflight.serversRunning')}</option>
            </select>
          </Field>
          {options.modes.length > 1 && (
            <Field id="modesAtOnce" label={t('preflight.modesAtOnce')} hint={t('preflight.modesAtOnceHint')}>
              <select
                id="modesAtOnce"
                className="select"
                value={Math.min(options.modesAtOnce, options.modes.length)}
                aria-describedby="modesAtOnceHint"
                onChange={(event) => change({ modesAtOnce: Number(event.currentTarget.value) })}
              >
                <option value={1}>{t('preflight.modesOneByOne')}</option>
                {options.modes.slice(1).map((mode, index) => (
                  <option key={mode} value={index + 2}>
                    {t('preflight.modesTogether', { number: index + 2 })}
                  </option>
                ))}
              </select>
            </Field>
          )}
          <NumberField
            id="workers"
            label={t('preflight.workers')}
            hint={t('preflight.workersHint', { number: suggested === null ? '–' : format.number(suggested) })}
            value={options.workers}
            min={1}
            max={256}
            onChange={(workers) => change({ workers })}
            onValidity={onValidity}
          />
          <NumberField
            id="maxRetries"
            label={t('preflight.maxRetries')}
            value={options.maxRetries}
            min={0}
            max={100}
            needsNumber
            onChange={(maxRetries) => maxRetries !== null && change({ maxRetries })}
            onValidity={onValidity}
          />
        </div>
        <NightOptions options={options} onChange={change} onValidity={onValidity} onCommandValidity={onCommandValidity} />
        <GateChoice options={options} onChange={(gate) => change({ gate })} onValidity={onGateValidity} />
      </details>
    </section>
  );
}

function ModeChoice({
  options,
  counts,
  onChange,
}: {
  readonly options: RunOptions;
  readonly counts: RunPlan | null;
  onChange(modes: Mode[]): void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const count = (value: number | undefined): string => (value === undefined ? '–' : format.number(value));
  return (
    <fieldset className="modeChoice">
      <legend className="dim">{t('preflight.modes')}</legend>
      {MODES.map((mode) => {
        const isOn = options.modes.includes(mode);
        const planned = counts?.modes.find((entry) => entry.mode === mode);
        return (
          <label key={mode} className={isOn ? 'modeToggle on' : 'modeToggle'}>
            <span className="modeToggleHead">
              <input
                type="checkbox"
                checked={isOn}
                disabled={isOn && options.modes.length === 1}
                onChange={() => onChange(inModeOrder(toggleMode(options.modes, mode)))}
              />
              <span className={`dot ${mode}`} />
              {t(`mode.${mode}`)}
            </span>
            <span className="modeToggleHint">{t(`modeHint.${mode}`)}</span>
            <span className="modeToggleCounts num">
              <span>
                {t('preflight.found')} <b>{count(planned?.found)}</b>
              </span>
              <span>
                {t('preflight.alreadyDone')} <b>{count(planned?.alreadyDone)}</b>
              </span>
              <span>
                {t('preflight.remaining')} <b>{count(planned?.remaining)}</b>
              </span>
              {planned !== undefined && planned.unusable > 0 && (
                <span>
                  {t('preflight.unusableCount')} <b className="badText">{count(planned.unusable)}</b>
                </span>
              )}
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}

function ModelSelect({ value, onChange }: { readonly value: string | null; onChange(model: string | null): void }) {
  const { t } = useTranslation();
  const client = useClient();
  const current = usePanel((state) => state.system?.model?.name ?? '–');
  const [models, setModels] = useState<readonly ModelInfo[]>([]);
  useEffect(() => {
    let isCurrent = true;
    client.request('models.list', {}).then(
      (found) => {
        if (isCurrent) setModels(found.models);
      },
      // The choice from the settings stays; a broken list must not hide Start.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [client]);
  return (
    <select id="model" className="select" value={value ?? ''} onChange={(event) => onChange(event.currentTarget.value || null)}>
      <option value="">{t('preflight.modelDefault', { name: current })}</option>
      {models.map((model) => (
        <option key={model.path} value={model.path}>
          {model.name}
        </option>
      ))}
    </select>
  );
}
