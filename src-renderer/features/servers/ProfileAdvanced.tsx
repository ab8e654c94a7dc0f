import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PROTOCOL_DEFAULTS } from '#shared/domain/profileDefaults.ts';
import { useFormat } from '../../app/language.ts';
import { PairRows } from './PairRows.tsx';
import { ChoiceField, ProfileField, TextField } from './ProfileField.tsx';
import type { ProfileForm } from './profileForm.ts';
import type { Problems } from './profileProblems.ts';

interface Props {
  readonly form: ProfileForm;
  readonly problems: Problems;
  onChange(form: ProfileForm): void;
}

/** Places of the fields below: a problem in one of them opens the group. */
const PLACES = /^(options\.(prompt|requestSec|fields)|tailSilenceMs|end|ready|capacity|timeouts|recycle|gpu)/;

/** What the protocol's defaults nearly always say well enough. */
export function ProfileAdvanced(props: Props) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const hasProblem = Object.keys(props.problems).some((place) => PLACES.test(place));
  return (
    <details className="advanced" open={isOpen || hasProblem} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('profile.group.advanced')}</summary>
      <AudioGroup {...props} />
      <ReadyGroup {...props} />
      <TimesGroup {...props} />
      {props.form.startKind === 'command' && <ProcessGroup {...props} />}
      <OptionsGroup {...props} />
    </details>
  );
}

/** A number of the form under its place in the profile. */
function useNumbers({ form, problems, onChange }: Props) {
  return (place: string, key: NumberKey, label: string, hint?: string) => (
    <TextField
      place={place}
      label={label}
      hint={hint}
      kind="number"
      problems={problems}
      value={form[key]}
      onChange={(value) => onChange({ ...form, [key]: value })}
    />
  );
}

type NumberKey =
  | 'tailSilenceMs'
  | 'quietMs'
  | 'deadlineMs'
  | 'capacity'
  | 'connectMs'
  | 'silenceLeastMs'
  | 'silencePerAudio'
  | 'stopGraceMs'
  | 'afterFiles'
  | 'aboveMemoryMb'
  | 'requestSec';

function AudioGroup(props: Props) {
  const { form, problems, onChange } = props;
  const { t } = useTranslation();
  const format = useFormat();
  const number = useNumbers(props);
  const change = (part: Partial<ProfileForm>): void => onChange({ ...form, ...part });
  return (
    <fieldset className="profileGroup">
      <legend>{t('profile.group.audio')}</legend>
      <div className="profileGrid">
        <ChoiceField
          place="sampleFormat"
          label={t('profile.sampleFormat')}
          hint={t('profile.sampleRate', { number: format.number(PROTOCOL_DEFAULTS[form.protocol].sampleRateHz) })}
          problems={problems}
          value={form.sampleFormat}
          choices={[
            ['f32le', t('profile.f32le')],
            ['s16le', t('profile.s16le')],
          ]}
          onChange={(sampleFormat) => change({ sampleFormat })}
        />
        <ChoiceField
          place="pacing"
          label={t('profile.pacing')}
          problems={problems}
          value={form.pacing}
          choices={[
            ['asRun', t('profile.pacingAsRun')],
            ['realTime', t('profile.pacingRealTime')],
          ]}
          onChange={(pacing) => change({ pacing })}
        />
        {number('tailSilenceMs', 'tailSilenceMs', t('profile.tailSilenceMs'))}
        <ChoiceField
          place="end"
          label={t('profile.end')}
          problems={problems}
          value={form.endKind}
          choices={[
            ['marker', t('profile.endMarker')],
            ['close', t('profile.endClose')],
            ['quiet', t('profile.endQuiet')],
          ]}
          onChange={(endKind) => change({ endKind })}
        />
        {form.endKind === 'quiet' && number('end.quietMs', 'quietMs', t('profile.quietMs'))}
      </div>
    </fieldset>
  );
}

function ReadyGroup(props: Props) {
  const { form, problems, onChange } = props;
  const { t } = useTranslation();
  const number = useNumbers(props);
  const change = (part: Partial<ProfileForm>): void => onChange({ ...form, ...part });
  const isOurs = form.startKind === 'command';
  return (
    <fieldset className="profileGroup">
      <legend>{t('profile.group.ready')}</legend>
      <div className="profileGrid">
        <ChoiceField
          place="ready.check"
          label={t('profile.readyCheck')}
          problems={problems}
          value={form.readyKind === 'logLine' && !isOurs ? 'handshake' : form.readyKind}
          choices={[
            ['handshake', t('profile.readyHandshake')],
            ['http', t('profile.readyHttp')],
            ...(isOurs ? [['logLine', t('profile.readyLogLine')] as const] : []),
          ]}
          onChange={(readyKind) => change({ readyKind })}
        />
        {form.readyKind === 'http' && (
          <TextField
            place="ready.check.path"
            label={t('profile.readyPath')}
            problems={problems}
            value={form.readyPath}
            onChange={(readyPath) => change({ readyPath })}
          />
        )}
        {form.readyKind === 'logLine' && isOurs && (
          <TextField
            place="ready.check.pattern"
            label={t('profile.readyPattern')}
            problems={problems}
            value={form.readyPattern}
            onChange={(readyPattern) => change({ readyPattern })}
          />
        )}
        {number('ready.deadlineMs', 'deadlineMs', t('profile.deadlineMs'))}
      </div>
      <label className="check">
        <input type="checkbox" checked={form.warmUp} onChange={(event) => change({ warmUp: event.currentTarget.checked })} />
        {t('profile.warmUp')}
      </label>
    </fieldset>
  );
}

function TimesGroup(props: Props) {
  const { t } = useTranslation();
  const number = useNumbers(props);
  return (
    <>
      <fieldset className="profileGroup">
        <legend>{t('profile.group.capacity')}</legend>
        <div className="profileGrid">{number('capacity', 'capacity', t('profile.capacity'), t('profile.capacityHint'))}</div>
      </fieldset>
      <fieldset className="profileGroup">
        <legend>{t('profile.group.timeouts')}</legend>
        <div className="profileGrid">
          {number('timeouts.connectMs', 'connectMs', t('profile.connectMs'))}
          {number('timeouts.silenceLeastMs', 'silenceLeastMs', t('profile.silenceLeastMs'), t('profile.silenceHint'))}
          {number('timeouts.silencePerAudio', 'silencePerAudio', t('profile.silencePerAudio'))}
          {number('timeouts.stopGraceMs', 'stopGraceMs', t('profile.stopGraceMs'))}
        </div>
      </fieldset>
    </>
  );
}

/** Only of a process that is ours. */
function ProcessGroup(props: Props) {
  const { form, problems, onChange } = props;
  const { t } = useTranslation();
  const number = useNumbers(props);
  return (
    <>
      <fieldset className="profileGroup">
        <legend>{t('profile.group.recycle')}</legend>
        <div className="profileGrid">
          {number('recycle.afterFiles', 'afterFiles', t('profile.afterFiles'), t('profile.never'))}
          {number('recycle.aboveMemoryMb', 'aboveMemoryMb', t('profile.aboveMemoryMb'), t('profile.never'))}
        </div>
      </fieldset>
      <fieldset className="profileGroup">
        <legend>{t('profile.group.gpu')}</legend>
        <div className="profileGrid">
          <ChoiceField
            place="gpu"
            label={t('profile.gpuChoice')}
            problems={problems}
            value={form.gpuKind}
            choices={[
              ['any', t('profile.gpuAny')],
              ['cpu', t('profile.gpuCpu')],
              ['device', t('profile.gpuDevice')],
            ]}
            onChange={(gpuKind) => onChange({ ...form, gpuKind })}
          />
          {form.gpuKind === 'device' && (
            <TextField
              place="gpu.deviceUuid"
              label={t('profile.gpuUuid')}
              hint={t('profile.gpuHint')}
              problems={problems}
              value={form.gpuDevice}
              onChange={(gpuDevice) => onChange({ ...form, gpuDevice })}
            />
          )}
        </div>
      </fieldset>
    </>
  );
}

function OptionsGroup(props: Props) {
  const { form, problems, onChange } = props;
  const { t } = useTranslation();
  const number = useNumbers(props);
  return (
    <fieldset className="profileGroup">
      <legend>{t('profile.group.options')}</legend>
      <div className="profileGrid">{number('options.requestSec', 'requestSec', t('profile.requestSec'), t('profile.requestHint'))}</div>
      <ProfileField place="options.prompt" label={t('profile.prompt')} problems={problems}>
        {(attributes) => (
          <textarea
            {...attributes}
            className="input"
            rows={2}
            value={form.prompt}
            onChange={(event) => onChange({ ...form, prompt: event.currentTarget.value })}
          />
        )}
      </ProfileField>
      <PairRows
        place="options.fields"
        label={t('profile.fields')}
        nameLabel={t('profile.fieldName')}
        pairs={form.fields}
        problems={problems}
        onChange={(fields) => onChange({ ...form, fields })}
      />
    </fieldset>
  );
}
