import { useTranslation } from 'react-i18next';
import { SettingsSchema, type Settings } from '#shared/contract/settings.ts';
import { useSave } from './useSave.ts';

/** What happens to interrupted runs at the next start. */
export function InterruptedSettings({ value }: { readonly value: Settings['resumeInterrupted'] }) {
  const { t } = useTranslation();
  const { save } = useSave();
  return (
    <section className="card settingsCard" aria-labelledby="interruptedSettingsTitle">
      <h2 id="interruptedSettingsTitle">{t('queue.setting.title')}</h2>
      <div className="field">
        <label htmlFor="resumeInterrupted">{t('queue.setting.label')}</label>
        <select
          id="resumeInterrupted"
          className="select"
          value={value}
          onChange={(event) => save({ resumeInterrupted: SettingsSchema.shape.resumeInterrupted.parse(event.currentTarget.value) })}
        >
          <option value="ask">{t('queue.setting.ask')}</option>
          <option value="auto">{t('queue.setting.auto')}</option>
        </select>
      </div>
    </section>
  );
}
