import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { HistoryGroup } from '#shared/contract/history.ts';
import { MODES } from '#shared/domain/mode.ts';
import { useFormat } from '../../app/language.ts';
import { barsOf, HISTORY_FIGURES, MAX_BARS, type HistoryFigure } from './historyView.ts';
import { useHistoryText } from './useHistoryText.ts';

interface HistoryChartProps {
  readonly by: readonly string[];
  /** In the order of the table. */
  readonly groups: readonly HistoryGroup[];
  readonly figure: HistoryFigure;
  onFigure(figure: HistoryFigure): void;
}

/** One figure of the first groups as bars; where modes are compared, in their colours. */
export function HistoryChart({ by, groups, figure, onFigure }: HistoryChartProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const text = useHistoryText();
  const id = useId();
  const bars = barsOf(groups, figure);
  const modePlace = by.indexOf('mode');
  return (
    <section className="card historyChart" aria-labelledby={`${id}title`}>
      <div className="historyChartHead">
        <h2 id={`${id}title`}>{t('history.chart')}</h2>
        <select
          className="select"
          aria-label={t('history.figure')}
          value={figure}
          onChange={(event) => onFigure(event.currentTarget.value as HistoryFigure)}
        >
          {HISTORY_FIGURES.map((name) => (
            <option key={name} value={name}>
              {t(`history.figures.${name}`)}
            </option>
          ))}
        </select>
        {groups.length > MAX_BARS && <span className="sub">{t('history.firstBars', { number: format.number(MAX_BARS) })}</span>}
      </div>
      {bars.length === 0 ? (
        <p className="dim">{t('history.noFigure')}</p>
      ) : (
        <ul className="historyBars">
          {bars.map(({ key, value, share }) => {
            const mode = MODES.find((name) => modePlace !== -1 && name === key[modePlace]);
            return (
              <li key={JSON.stringify(key)}>
                <span className="historyBarName">{by.map((name, place) => text.value(name, key[place] ?? null)).join(' · ')}</span>
                <span className="historyBarTrack" aria-hidden="true">
                  <span className={mode ?? 'accent'} style={{ width: `${share * 100}%` }} />
                </span>
                <span className="num">{text.figure(figure, value)}</span>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
