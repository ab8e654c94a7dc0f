import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { HISTORY_PARAMETERS, type HistoryFigures, type NamedHistoryParameter } from '#shared/contract/history.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import { RUN_STATUSES, type RunStatus } from '#shared/domain/run.ts';
import { useFormat } from '../../app/language.ts';
import type { HistoryFigure } from './historyView.ts';

export interface HistoryText {
  /** Name of a parameter. */
  parameter(name: string): string;
  /** A value of a parameter in words where there are some; null is said, too. */
  value(parameter: string | undefined, value: string | null): string;
  figure(figure: HistoryFigure, value: number): string;
  /** A figure of a group; a dash where there is none. */
  cell(figures: HistoryFigures, figure: HistoryFigure): string;
}

/** Words and numbers of the history. */
export function useHistoryText(): HistoryText {
  const { t } = useTranslation();
  const format = useFormat();
  return useMemo(() => {
    const figure = (name: HistoryFigure, value: number): string => {
      switch (name) {
        case 'runs':
        case 'done':
        case 'reused':
        case 'failed':
          return format.number(value);
        case 'successRatio':
          return format.percent(value, 1);
        case 'werRatio':
          return format.percent(value);
        case 'rtf':
          return format.number(value, 3);
        case 'audioSec':
        case 'meanProcessingSec':
          return format.duration(value);
      }
    };
    const isNamed = (name: string): name is NamedHistoryParameter => (HISTORY_PARAMETERS as readonly string[]).includes(name);
    const isMode = (value: string): value is Mode => (MODES as readonly string[]).includes(value);
    const isStatus = (value: string): value is RunStatus => (RUN_STATUSES as readonly string[]).includes(value);
    return {
      figure,
      parameter: (name) => (isNamed(name) ? t(`history.parameters.${name}`) : name),
      value(parameter, value) {
        if (value === null) return t('history.unknown');
        if (parameter === 'mode' && isMode(value)) return t(`mode.${value}`);
        if (parameter === 'status' && isStatus(value)) return t(`runStatus.${value}`);
        if (parameter === 'pacing' && (value === 'asFast' || value === 'realTime')) return t(`history.values.${value}`);
        if (parameter === 'servers' && (value === 'own' || value === 'running')) return t(`history.values.${value}`);
        if (parameter === 'outcome' && (value === 'done' || value === 'failed' || value === 'cancelled' || value === 'skipped')) {
          return t(`history.values.${value}`);
        }
        return value;
      },
      cell: (figures, name) => {
        const value = figures[name];
        return value === null ? '–' : figure(name, value);
      },
    };
  }, [t, format]);
}
