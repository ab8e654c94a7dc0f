import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AlertRules } from '#shared/contract/alerts.ts';
import { THRESHOLD_KINDS } from '#shared/domain/alert.ts';
import { ALERT_NAMES } from '#shared/texts/alertText.ts';
import { useLocale } from '../../app/language.ts';
import { isPairValid, KINDS, readAlertRules, textsOf, USUAL_TEXTS } from './alertForm.ts';
import { useSave } from './useSave.ts';

/** What raises an alert and what ends it. */
export function AlertSettings({ rules }: { readonly rules: AlertRules }) {
  const { t } = useTranslation();
  const locale = useLocale();
  const { save, isBusy } = useSave();
  const [texts, setTexts] = useState(() => textsOf(rules));
  const [switches, setSwitches] = useState({ diskFilling: rules.diskFilling, noProgress: rules.noProgress });
  const read = readAlertRules(texts, switches);
  const isChanged = JSON.stringify(read) !== JSON.stringify(readAlertRules(textsOf(rules), rules));
  const wrong = KINDS.find((kind) => !isPairValid(texts, kind));
  return (
    <section className="card settingsCard" aria-labelledby="alertsTitle">
      <h2 id="alertsTitle">{t('night.settings.title')}</h2>
      <p className="dim" id="alertsHint">
        {t('night.settings.hint')}
      </p>
      <form
        className="alertRules"
        onSubmit={(event) => {
          event.preventDefault();
          if (read !== null) save({ alerts: read });
        }}
      >
        <div className="alertRule dim" aria-hidden="true">
          <span />
          <span>{t('night.settings.raise')}</span>
          <span>{t('night.settings.clear')}</span>
        </div>
        {KINDS.map((kind) => {
          const name = ALERT_NAMES[locale][kind];
          const { unit } = THRESHOLD_KINDS[kind];
          const change = (part: Partial<(typeof texts)[typeof kind]>): void => setTexts({ ...texts, [kind]: { ...texts[kind], ...part } });
          return (
            <div key={kind} className="alertRule">
              <label className="check">
                <input
                  type="checkbox"
                  aria-label={t('night.settings.isOnOf', { name })}
                  checked={texts[kind].isOn}
                  onChange={(event) => change({ isOn: event.currentTarget.checked })}
                />
                {name}
              </label>
              {(['raise', 'clear'] as const).map((edge) => (
                <span key={edge} className="inputRow">
                  <input
                    className="input num"
                    inputMode="decimal"
                    aria-label={t(edge === 'raise' ? 'night.settings.raiseOf' : 'night.settings.clearOf', { name, unit })}
                    aria-describedby="alertsWrong"
                    aria-invalid={!isPairValid(texts, kind)}
                    value={texts[kind][edge]}
                    onChange={(event) => change({ [edge]: event.currentTarget.value })}
                  />
                  <span className="dim">{unit}</span>
                </span>
              ))}
            </div>
          );
        })}
        {(['diskFilling', 'noProgress'] as const).map((kind) => (
          <label key={kind} className="check">
            <input
              type="checkbox"
              checked={switches[kind].isOn}
              onChange={(event) => setSwitches({ ...switches, [kind]: { isOn: event.currentTarget.checked } })}
            />
            {ALERT_NAMES[locale][kind]}
          </label>
        ))}
        <p id="alertsWrong" role="status" className="badText">
          {wrong !== undefined && t('night.settings.order', { max: THRESHOLD_KINDS[wrong].max })}
        </p>
        <div className="actions">
          <button type="button" className="button" onClick={() => setTexts(USUAL_TEXTS)}>
            {t('night.settings.reset')}
          </button>
          <button type="submit" className="button primary" disabled={isBusy || !isChanged || read === null}>
            {t('settings.save')}
          </button>
        </div>
      </form>
    </section>
  );
}
