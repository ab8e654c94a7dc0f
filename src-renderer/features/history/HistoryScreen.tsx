import { useId, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { HISTORY_PARAMETERS, isHistoryParameter } from '#shared/contract/history.ts';
import { hrefOf } from '../../app/routing.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { usePanel } from '../../state/store.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { HistoryChart } from './HistoryChart.tsx';
import { HistoryTable } from './HistoryTable.tsx';
import { FIRST_SORT, HISTORY_PERIODS, nextSort, periodStart, sortGroups, type HistoryFigure, type HistoryPeriod } from './historyView.ts';
import './history.css';

const OTHER = 'other';
const NONE = '';

/** What was done so far, added up by one or two parameters of runs. */
export function HistoryScreen() {
  const { t } = useTranslation();
  const [first, setFirst] = useState<string>('day');
  const [second, setSecond] = useState<string>('mode');
  const [period, setPeriod] = useState<HistoryPeriod>('all');
  const [sort, setSort] = useState(FIRST_SORT);
  const [figure, setFigure] = useState<HistoryFigure>('werRatio');
  // New outcomes are asked for when a run begins or ends, not with every file.
  const version = usePanel((state) => state.runIds.map((id) => `${id} ${state.runById[id]?.endedAtMs ?? ''}`).join());
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the beginning of a period moves when there is something new to ask for
  const sinceMs = useMemo(() => periodStart(period, Date.now()), [period, version]);
  const by = [first, second].filter((name, place) => isHistoryParameter(name) && (place === 0 || name !== first));
  const { data, error } = useAnswer('history.groups', by.length === 0 ? null : { by, sinceMs }, version);
  // While the next answer is on its way the table still shows the last question.
  const shownBy = data?.groups[0]?.key.length === by.length ? by : by.slice(0, data?.groups[0]?.key.length ?? by.length);
  const groups = data === null ? [] : sortGroups(data.groups, shownBy, sort);

  const choose = (set: (name: string) => void) => (name: string) => {
    set(name);
    setSort(FIRST_SORT);
  };
  return (
    <div className="screen">
      <div className="screenHead">
        <div>
          <h1>{t('history.title')}</h1>
          <p className="sub">{t('history.sub')}</p>
        </div>
        <a className="button" href={hrefOf({ screen: 'runs' })}>
          {t('history.allRuns')}
        </a>
      </div>
      <div className="historyChoices">
        <ParameterChoice label={t('history.by')} value={first} taken={NONE} onChoose={choose(setFirst)} isOptional={false} />
        <ParameterChoice label={t('history.andBy')} value={second} taken={first} onChoose={choose(setSecond)} isOptional />
        <div className="field">
          <label htmlFor="historyPeriod">{t('history.period')}</label>
          <select
            id="historyPeriod"
            className="select"
            value={period}
            onChange={(event) => setPeriod(event.currentTarget.value as HistoryPeriod)}
          >
            {(Object.keys(HISTORY_PERIODS) as HistoryPeriod[]).map((name) => (
              <option key={name} value={name}>
                {t(`history.periods.${name}`)}
              </option>
            ))}
          </select>
        </div>
      </div>
      {error !== null && <ErrorNote error={error} />}
      {data !== null && data.groupCount === 0 && (
        <div className="empty">
          <h2>{t('history.emptyTitle')}</h2>
          <p>{t(period === 'all' ? 'history.emptyText' : 'history.emptyPeriodText')}</p>
        </div>
      )}
      {data !== null && data.groupCount > 0 && (
        <>
          <HistoryChart by={shownBy} groups={groups} figure={figure} onFigure={setFigure} />
          <HistoryTable
            by={shownBy}
            groups={groups}
            total={data.total}
            hiddenCount={data.groupCount - data.groups.length}
            sort={sort}
            onSort={(column) => {
              setSort(nextSort(sort, column));
              if (typeof column !== 'number') setFigure(column);
            }}
          />
        </>
      )}
    </div>
  );
}

interface ParameterChoiceProps {
  readonly label: string;
  readonly value: string;
  /** Chosen in the other list. */
  readonly taken: string;
  readonly isOptional: boolean;
  onChoose(name: string): void;
}

/** A list of the named parameters; any other option of a run or field of its tasks is typed. */
function ParameterChoice({ label, value, taken, isOptional, onChoose }: ParameterChoiceProps) {
  const { t } = useTranslation();
  const id = useId();
  const [isOther, setOther] = useState(false);
  const [text, setText] = useState('');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="select"
        value={isOther ? OTHER : value}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          setOther(chosen === OTHER);
          if (chosen !== OTHER) onChoose(chosen);
        }}
      >
        {isOptional && <option value={NONE}>{t('history.nothing')}</option>}
        {HISTORY_PARAMETERS.filter((name) => name !== taken).map((name) => (
          <option key={name} value={name}>
            {t(`history.parameters.${name}`)}
          </option>
        ))}
        <option value={OTHER}>{t('history.other')}</option>
      </select>
      {isOther && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (isHistoryParameter(text.trim())) onChoose(text.trim());
          }}
        >
          <input
            className="input mono"
            aria-label={t('history.otherLabel', { label })}
            placeholder="option.windowSec"
            value={text}
            spellCheck={false}
            autoComplete="off"
            aria-invalid={text !== '' && !isHistoryParameter(text.trim())}
            onChange={(event) => setText(event.currentTarget.value)}
            onBlur={() => isHistoryParameter(text.trim()) && onChoose(text.trim())}
          />
        </form>
      )}
    </div>
  );
}
