import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunOptions, WhenDone } from '#shared/contract/runs.ts';
import { argumentsOf, argumentsText } from '../servers/argumentLines.ts';
import { Field, NumberField } from './OptionFields.tsx';
import type { InvalidField } from './optionInput.ts';

interface Props {
  readonly options: RunOptions;
  onChange(part: Partial<RunOptions>): void;
  onValidity(field: InvalidField, isValid: boolean): void;
  onCommandValidity(isValid: boolean): void;
}

const HOUR_SEC = 3_600;
const ACTIONS = ['nothing', 'sleep', 'shutDown', 'command'] as const;

/** Limits of a run that nobody watches, and what happens to the machine when it has ended. */
export function NightOptions({ options, onChange, onValidity, onCommandValidity }: Props) {
  const { t } = useTranslation();
  const { maxDurationSec, failureThresholdRatio, diskLimitMb, queueSize } = options;
  return (
    <fieldset className="nightOptions">
      <legend>{t('night.title')}</legend>
      <p className="hint">{t('night.hint')}</p>
      <div className="fieldGrid">
        <NumberField
          id="maxHours"
          label={t('night.maxHours')}
          value={maxDurationSec === null ? null : Math.max(1, Math.round(maxDurationSec / HOUR_SEC))}
          min={1}
          max={8_760}
          onChange={(hours) => onChange({ maxDurationSec: hours === null ? null : hours * HOUR_SEC })}
          onValidity={onValidity}
        />
        <NumberField
          id="failurePercent"
          label={t('night.failurePercent')}
          hint={t('night.failureHint')}
          value={failureThresholdRatio === null ? null : Math.round(failureThresholdRatio * 100)}
          min={1}
          max={100}
          onChange={(percent) => onChange({ failureThresholdRatio: percent === null ? null : percent / 100 })}
          onValidity={onValidity}
        />
        <NumberField
          id="diskLimit"
          label={t('night.diskLimit')}
          value={diskLimitMb}
          min={1}
          max={1_000_000_000}
          onChange={(megabytes) => onChange({ diskLimitMb: megabytes })}
          onValidity={onValidity}
        />
        <NumberField
          id="queueSize"
          label={t('night.queueSize')}
          value={queueSize}
          min={1}
          max={100_000}
          needsNumber
          onChange={(files) => files !== null && onChange({ queueSize: files })}
          onValidity={onValidity}
        />
        <WhenDoneChoice value={options.whenDone} onChange={(whenDone) => onChange({ whenDone })} onValidity={onCommandValidity} />
      </div>
    </fieldset>
  );
}

interface ChoiceProps {
  readonly value: WhenDone;
  onChange(whenDone: WhenDone): void;
  onValidity(isValid: boolean): void;
}

function WhenDoneChoice({ value, onChange, onValidity }: ChoiceProps) {
  const { t } = useTranslation();
  const [action, setAction] = useState(value.action);
  const [command, setCommand] = useState(value.action === 'command' ? value.command : '');
  const [args, setArgs] = useState(value.action === 'command' ? argumentsText(value.args) : '');
  /** Without a program it is no choice: nothing is passed on, and Start waits. */
  const tell = (next: WhenDone['action'], program: string, lines: string): void => {
    const isValid = next !== 'command' || program.trim() !== '';
    onValidity(isValid);
    if (!isValid) onChange({ action: 'nothing' });
    else if (next === 'command') onChange({ action: 'command', command: program.trim(), args: argumentsOf(lines) });
    else onChange({ action: next });
  };
  return (
    <>
      <Field id="whenDone" label={t('night.whenDone')} hint={t('night.whenDoneHint')}>
        <select
          id="whenDone"
          className="select"
          value={action}
          aria-describedby="whenDoneHint"
          onChange={(event) => {
            const next = ACTIONS.find((known) => known === event.currentTarget.value) ?? 'nothing';
            setAction(next);
            tell(next, command, args);
          }}
        >
          {ACTIONS.map((known) => (
            <option key={known} value={known}>
              {t(`night.whenDones.${known}`)}
            </option>
          ))}
        </select>
      </Field>
      {action === 'command' && (
        <>
          <Field id="whenDoneCommand" label={t('night.command')} hint={t('night.commandHint')}>
            <input
              id="whenDoneCommand"
              className="input"
              value={command}
              spellCheck={false}
              aria-invalid={command.trim() === ''}
              aria-describedby="whenDoneCommandHint"
              onChange={(event) => {
                setCommand(event.currentTarget.value);
                tell(action, event.currentTarget.value, args);
              }}
            />
          </Field>
          <Field id="whenDoneArgs" label={t('night.args')}>
            <textarea
              id="whenDoneArgs"
              className="input"
              rows={2}
              value={args}
              spellCheck={false}
              onChange={(event) => {
                setArgs(event.currentTarget.value);
                tell(action, command, event.currentTarget.value);
              }}
            />
          </Field>
        </>
      )}
    </>
  );
}
