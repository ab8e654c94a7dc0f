import { useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { MODES, inModeOrder, type Mode } from '#shared/domain/mode.ts';
import { NORMALIZERS } from '#shared/domain/scores.ts';
import type { RunOptions, RunPlan } from '#shared/contract/runs.ts';
import type { ModelInfo } from '#shared/contract/system.ts';
import { useClient } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { usePanel } from '../../state/store.ts';
import { toggleMode, wholeNumber } from './optionInput.ts';

interface Props {
  readonly options: RunOptions;
  readonly plan: RunPlan | null;
  onChange(options: RunOptions): void;
}

const LANGUAGES = ['en', 'ko', 'ja', 'zh', 'de', 'fr', 'es'] as const;

export function OptionsForm({ options, plan, onChange }: Props) {
  const { t, i18n } = useTranslation();
  const names = new Intl.DisplayNames([i18n.language], { type: 'language' });
  const change = (part: Partial<RunOptions>): void => onChange({ ...options, ...part });
  return (
    <section className="card optionsForm" aria-labelledby="optionsTitle">
      <h2 id="optionsTitle">{t('preflight.options')}</h2>
      <ModeChoice options={options} plan={plan} onChange={(modes) => change({ modes })} />
      <div className="fieldGrid">
        <NumberField
          id="limit"
          label={t('preflight.limit')}
          hint={t('preflight.limitHint')}
          value={options.limit}
          min={1}
          max={1_000_000_000}
          onChange={(limit) => change({ limit })}
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
                {name === 'none' ? t('preflight.normalizerNone') : name === 'simple' ? t('preflight.normalizerSimple') : name}
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
          <NumberField
            id="workers"
            label={t('preflight.workers')}
            hint={t('preflight.workersHint')}
            value={options.workers}
            min={1}
            max={256}
            onChange={(workers) => change({ workers })}
          />
          <NumberField
            id="maxRetries"
            label={t('preflight.maxRetries')}
            value={options.maxRetries}
            min={0}
            max={100}
            onChange={(maxRetries) => maxRetries !== null && change({ maxRetries })}
          />
        </div>
      </details>
    </section>
  );
}

function ModeChoice({
  options,
  plan,
  onChange,
}: {
  readonly options: RunOptions;
  readonly plan: RunPlan | null;
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
        const planned = isOn ? plan?.modes.find((entry) => entry.mode === mode) : undefined;
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

function Field({
  id,
  label,
  hint,
  children,
}: {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly children: ReactNode;
}) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {hint !== undefined && (
        <span className="hint" id={`${id}Hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

interface NumberProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly value: number | null;
  readonly min: number;
  readonly max: number;
  onChange(value: number | null): void;
}

/** A whole number or nothing; what cannot be used is marked and not passed on. */
function NumberField({ id, label, hint, value, min, max, onChange }: NumberProps) {
  const [text, setText] = useState(value === null ? '' : String(value));
  const parsed = wholeNumber(text, min, max);
  return (
    <Field id={id} label={label} {...(hint === undefined ? {} : { hint })}>
      <input
        id={id}
        className="input num"
        inputMode="numeric"
        value={text}
        aria-invalid={parsed === undefined}
        aria-describedby={hint === undefined ? undefined : `${id}Hint`}
        onChange={(event) => {
          setText(event.currentTarget.value);
          const next = wholeNumber(event.currentTarget.value, min, max);
          if (next !== undefined) onChange(next);
        }}
      />
    </Field>
  );
}
