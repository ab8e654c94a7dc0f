import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Alert } from '#shared/contract/alerts.ts';
import { alertText } from '#shared/texts/alertText.ts';
import { useNow } from '../../app/clientContext.ts';
import { useFormat, useLocale } from '../../app/language.ts';
import { hrefOf } from '../../app/routing.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { usePanel } from '../../state/store.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import './alerts.css';

/** How many alerts there are; opens their list. Each is said once to who listens, when it comes. */
export function Alerts() {
  const { t } = useTranslation();
  const format = useFormat();
  const locale = useLocale();
  const active = usePanel((state) => state.alerts);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className={active.length > 0 ? 'button small alertsButton some' : 'button quiet small alertsButton'}
        onClick={() => setOpen(true)}
      >
        {active.length === 0
          ? t('night.alerts.none')
          : t('night.alerts.open', { count: active.length, number: format.number(active.length) })}
      </button>
      <ul className="srOnly" aria-live="polite" aria-relevant="additions">
        {active.map((alert) => (
          <li key={keyOf(alert)}>{alertText(alert, locale).what}</li>
        ))}
      </ul>
      <Dialog isOpen={isOpen} title={t('night.alerts.title')} isWide onClose={() => setOpen(false)}>
        {isOpen && <AlertList active={active} />}
        <div className="actions">
          <a className="button" href={hrefOf({ screen: 'settings' })} onClick={() => setOpen(false)}>
            {t('night.alerts.toSettings')}
          </a>
          <button type="button" className="button primary" onClick={() => setOpen(false)}>
            {t('app.close')}
          </button>
        </div>
      </Dialog>
    </>
  );
}

function AlertList({ active }: { readonly active: readonly Alert[] }) {
  const { t } = useTranslation();
  const locale = useLocale();
  const { data, error } = useAnswer('alerts.list', { count: 50 }, active.length);
  return (
    <div className="alertList">
      <h3>{t('night.alerts.activeTitle')}</h3>
      {active.length === 0 && <p className="dim">{t('night.alerts.noneActive')}</p>}
      <ul>
        {active.map((alert) => {
          const { what, advice } = alertText(alert, locale);
          return (
            <li key={keyOf(alert)} className="note warn">
              <strong>{what}</strong> <When alert={alert} isActive /> <p>{advice}</p>
            </li>
          );
        })}
      </ul>
      <h3>{t('night.alerts.recentTitle')}</h3>
      {error !== null && <ErrorNote error={error} />}
      {data?.recent.length === 0 && <p className="dim">{t('night.alerts.noneRecent')}</p>}
      <ul>
        {data?.recent.map((alert) => (
          <li key={keyOf(alert)}>
            {alertText(alert, locale).what} <When alert={alert} isActive={false} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function When({ alert, isActive }: { readonly alert: Alert; readonly isActive: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const from = format.clock(alert.raisedAtMs, now);
  return (
    <span className="dim num">
      {isActive
        ? t('night.alerts.since', { time: from })
        : alert.clearedAtMs === null
          ? t('night.alerts.unknownEnd', { from })
          : t('night.alerts.until', { from, to: format.clock(alert.clearedAtMs, now) })}
    </span>
  );
}

function keyOf({ kind, subject, raisedAtMs }: Alert): string {
  return `${kind} ${subject ?? ''} ${raisedAtMs}`;
}
