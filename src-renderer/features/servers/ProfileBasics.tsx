import { useTranslation } from 'react-i18next';
import { MODES } from '#shared/domain/mode.ts';
import { SERVER_PROTOCOLS } from '#shared/domain/profileDefaults.ts';
import { PairRows } from './PairRows.tsx';
import { ChoiceField, ProfileField, TextField } from './ProfileField.tsx';
import { idOf, type ProfileForm, withKind, withStart } from './profileForm.ts';
import type { Problems } from './profileProblems.ts';

interface Props {
  readonly form: ProfileForm;
  readonly problems: Problems;
  readonly isNew: boolean;
  /** Whether fields that are still empty are called wrong: not before the user wanted to save. */
  readonly showsNeeded: boolean;
  onChange(form: ProfileForm): void;
}

/** What nearly every profile says: what it is, how it starts, where it answers and what it is told. */
export function ProfileBasics({ form, problems: all, isNew, showsNeeded, onChange }: Props) {
  const { t } = useTranslation();
  const problems = showsNeeded ? all : withoutNeeded(all);
  const change = (part: Partial<ProfileForm>): void => onChange({ ...form, ...part });
  return (
    <>
      <fieldset className="profileGroup">
        <legend>{t('profile.group.basic')}</legend>
        <div className="profileGrid">
          <TextField place="name" label={t('profile.name')} problems={problems} value={form.name} onChange={(name) => change({ name })} />
          <TextField
            place="id"
            label={t('profile.id')}
            hint={isNew ? t('profile.idHint', { id: idOf({ ...form, id: '' }) }) : t('profile.idFixed')}
            problems={problems}
            value={form.id}
            isReadOnly={!isNew}
            onChange={(id) => change({ id })}
          />
          <ChoiceField
            place="mode"
            label={t('profile.mode')}
            problems={problems}
            value={form.mode}
            choices={MODES.map((mode) => [mode, t(`mode.${mode}`)] as const)}
            onChange={(mode) => onChange(withKind(form, { mode }))}
          />
          <ChoiceField
            place="protocol"
            label={t('profile.protocol')}
            problems={problems}
            value={form.protocol}
            choices={SERVER_PROTOCOLS.map((protocol) => [protocol, t(`profile.protocols.${protocol}`)] as const)}
            onChange={(protocol) => onChange(withKind(form, { protocol }))}
          />
        </div>
      </fieldset>
      <fieldset className="profileGroup">
        <legend>{t('profile.group.start')}</legend>
        <div className="profileGrid">
          <ChoiceField
            place="start"
            label={t('profile.started')}
            problems={problems}
            value={form.startKind}
            choices={[
              ['command', t('profile.startedOurs')],
              ['external', t('profile.startedOthers')],
            ]}
            onChange={(startKind) => onChange(withStart(form, startKind))}
          />
          {form.startKind === 'command' && (
            <>
              <TextField
                place="start.command"
                label={t('profile.command')}
                hint={t('profile.commandHint')}
                problems={problems}
                value={form.command}
                onChange={(command) => change({ command })}
              />
              <TextField
                place="start.cwd"
                label={t('profile.cwd')}
                hint={t('profile.cwdHint')}
                problems={problems}
                value={form.cwd}
                onChange={(cwd) => change({ cwd })}
              />
            </>
          )}
        </div>
        {form.startKind === 'command' && (
          <>
            <ProfileField place="start.args" label={t('profile.args')} hint={t('profile.placeholders')} problems={problems}>
              {(attributes) => (
                <textarea
                  {...attributes}
                  className="input mono"
                  rows={Math.min(8, Math.max(3, form.args.split('\n').length + 1))}
                  spellCheck={false}
                  value={form.args}
                  onChange={(event) => change({ args: event.currentTarget.value })}
                />
              )}
            </ProfileField>
            <PairRows
              place="start.env"
              label={t('profile.env')}
              nameLabel={t('profile.envName')}
              pairs={form.env}
              problems={problems}
              onChange={(env) => change({ env })}
            />
          </>
        )}
      </fieldset>
      <fieldset className="profileGroup">
        <legend>{t('profile.group.place')}</legend>
        <div className="profileGrid">
          <TextField place="host" label={t('profile.host')} problems={problems} value={form.host} onChange={(host) => change({ host })} />
          <TextField
            place="port"
            label={t('profile.port')}
            kind="number"
            problems={problems}
            value={form.port}
            onChange={(port) => change({ port })}
          />
          <TextField place="path" label={t('profile.path')} problems={problems} value={form.path} onChange={(path) => change({ path })} />
        </div>
        <label className="check">
          <input type="checkbox" checked={form.tls} onChange={(event) => change({ tls: event.currentTarget.checked })} />
          {t('profile.tls')}
        </label>
      </fieldset>
      <fieldset className="profileGroup">
        <legend>{t('profile.group.options')}</legend>
        <div className="profileGrid">
          <TextField
            place="options.model"
            label={t('profile.model')}
            hint={t('profile.modelHint')}
            problems={problems}
            value={form.model}
            onChange={(model) => change({ model })}
          />
          <TextField
            place="options.language"
            label={t('profile.language')}
            hint={t('profile.languageHint')}
            problems={problems}
            value={form.language}
            onChange={(language) => change({ language })}
          />
          <TextField
            place="options.apiKey"
            label={t('profile.apiKey')}
            hint={t('profile.apiKeyHint')}
            kind="secret"
            problems={problems}
            value={form.apiKey}
            onChange={(apiKey) => change({ apiKey })}
          />
        </div>
      </fieldset>
    </>
  );
}

function withoutNeeded(problems: Problems): Problems {
  return Object.fromEntries(
    Object.entries(problems).filter(([, problem]) => problem !== undefined && !('key' in problem && problem.key === 'needed')),
  );
}
