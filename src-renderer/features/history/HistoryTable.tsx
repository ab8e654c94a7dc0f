import { useTranslation } from 'react-i18next';
import type { HistoryFigures, HistoryGroup } from '#shared/contract/history.ts';
import { useFormat } from '../../app/language.ts';
import { HISTORY_FIGURES, mixedReason, type HistoryFigure, type HistorySort, type SortColumn } from './historyView.ts';
import { useHistoryText } from './useHistoryText.ts';

interface HistoryTableProps {
  readonly by: readonly string[];
  readonly groups: readonly HistoryGroup[];
  readonly total: HistoryFigures;
  /** Groups that the answer leaves out. */
  readonly hiddenCount: number;
  readonly sort: HistorySort;
  onSort(column: SortColumn): void;
}

/** Groups with their figures, sorted by the heading that is pressed; the last line adds everything up. */
export function HistoryTable({ by, groups, total, hiddenCount, sort, onSort }: HistoryTableProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const text = useHistoryText();
  const heading = (column: SortColumn, name: string) => (
    <th
      key={column}
      scope="col"
      className={typeof column === 'number' ? undefined : 'right'}
      aria-sort={sort.column === column ? (sort.isDescending ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" className="sortButton" onClick={() => onSort(column)}>
        {name}
        <span aria-hidden="true" className="sortMark">
          {sort.column === column ? (sort.isDescending ? '▾' : '▴') : ''}
        </span>
      </button>
    </th>
  );
  return (
    <>
      {/* Wider than a small window: it must be possible to scroll it with the keyboard, too. */}
      <div className="card historyCard" role="region" aria-label={t('history.title')} tabIndex={0}>
        <table className="dataTable">
          <thead>
            <tr>
              {by.map((name, place) => heading(place === 0 ? 0 : 1, text.parameter(name)))}
              {HISTORY_FIGURES.map((figure) => heading(figure, t(`history.figures.${figure}`)))}
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={JSON.stringify(group.key)}>
                {group.key.map((value, place) => (
                  <td key={by[place]} className="historyKey" title={value ?? undefined}>
                    {text.value(by[place], value)}
                  </td>
                ))}
                <Figures figures={group} />
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row" colSpan={by.length}>
                {t('history.total')}
              </th>
              <Figures figures={total} />
            </tr>
          </tfoot>
        </table>
      </div>
      {hiddenCount > 0 && <p className="sub">{t('history.hidden', { count: hiddenCount, number: format.number(hiddenCount) })}</p>}
      <p className="sub historyNote">{t('history.note')}</p>
    </>
  );
}

function Figures({ figures }: { readonly figures: HistoryFigures }) {
  return HISTORY_FIGURES.map((figure) => <FigureCell key={figure} figures={figures} figure={figure} />);
}

function FigureCell({ figures, figure }: { readonly figures: HistoryFigures; readonly figure: HistoryFigure }) {
  const { t } = useTranslation();
  const format = useFormat();
  const text = useHistoryText();
  const mixed = mixedReason(figures, figure);
  const { counts } = figures;
  return (
    <td className={figure === 'failed' && figures.failed > 0 ? 'right badText' : 'right'}>
      {mixed === null ? (
        text.cell(figures, figure)
      ) : (
        <span className="dim" title={t(`history.mixed.${mixed}`)}>
          {t('history.mixed.short')}
          <span className="srOnly">: {t(`history.mixed.${mixed}`)}</span>
        </span>
      )}
      {figure === 'werRatio' && mixed === null && counts !== null && (
        <span className="historyCounts">
          {t('history.counts', {
            errors: format.number(counts.substitutions + counts.deletions + counts.insertions),
            words: format.number(counts.referenceWords),
          })}
        </span>
      )}
    </td>
  );
}
