import { lazy, Suspense, useEffect, useId, useMemo, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { LogEntry } from '#shared/contract/log.ts';
import type { RunHistory } from '#shared/contract/resources.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { eventText } from '#shared/texts/eventText.ts';
import { useFormat, useLocale } from '../../app/language.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import {
  historyShape,
  lineExtent,
  placeAt,
  SHOWN_FIGURES,
  zoomed,
  type HistoryLine,
  type HistoryShape,
  type Stretch,
} from '../../charts/historySeries.ts';
import { usePanel } from '../../state/store.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { runActions } from './progressView.ts';
import './machineHistory.css';

const HistoryChart = lazy(() => import('../../charts/HistoryChart.tsx'));

/** Buckets asked for: about as many as the chart has pixels. */
const POINTS = 1_000;
/** As often as readings are written. */
const REFRESH_MS = 10_000;
/** The next reading after the end of a run writes what was left. */
const LAST_MS = 3_000;
/** Below this length seconds are told. */
const SECONDS_BELOW_MS = 30 * 60_000;
const ZOOM = 0.5;

/** The machine while the run was under way, folded away until somebody wants it. */
export function MachineHistory({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  if (run.startedAtMs === null) return null;
  return (
    <section className="card machineHistory" aria-label={t('machine.title')}>
      <button type="button" className="machineToggle" aria-expanded={isOpen} aria-controls={id} onClick={() => setOpen(!isOpen)}>
        <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {t('machine.title')}
        <span className="dim">{t('machine.sub')}</span>
      </button>
      <div id={id}>{isOpen && <OpenHistory run={run} />}</div>
    </section>
  );
}

function OpenHistory({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const [zoom, setZoom] = useState<Stretch | null>(null);
  const isLive = !runActions(run).isOver;
  const version = useTicks(isLive, run.endedAtMs);
  const { data, error } = useAnswer(
    'resources.runHistory',
    { runId: run.id, fromMs: zoom?.fromMs ?? null, toMs: zoom?.toMs ?? null, points: POINTS, figures: SHOWN_FIGURES },
    `${version} ${run.endedAtMs}`,
  );
  if (error !== null) return <ErrorNote error={error} />;
  // The place is kept while the first answer is on its way.
  if (data === null) return <div className="historyPlace" role="status" />;
  if (data.firstMs === null) return <p className="dim">{t('machine.none')}</p>;
  return <History data={data} zoom={zoom} onZoom={setZoom} />;
}

/** Rises while readings come; once more when the last ones of a run that has just ended are written. */
function useTicks(isLive: boolean, endedAtMs: number | null): number {
  const [ticks, setTicks] = useState(0);
  useEffect(() => {
    const tick = (): void => setTicks((count) => count + 1);
    if (!isLive) {
      if (endedAtMs === null || Date.now() - endedAtMs > REFRESH_MS) return undefined;
      const last = setTimeout(tick, LAST_MS);
      return () => clearTimeout(last);
    }
    const timer = setInterval(tick, REFRESH_MS);
    return () => clearInterval(timer);
  }, [isLive, endedAtMs]);
  return ticks;
}

interface HistoryProps {
  readonly data: RunHistory;
  /** null: the whole run. */
  readonly zoom: Stretch | null;
  readonly onZoom: (zoom: Stretch | null) => void;
}

function History({ data, zoom, onZoom }: HistoryProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const locale = useLocale();
  const theme = usePanel((state) => state.settings?.theme ?? 'system');
  const shape = useMemo(() => historyShape(data), [data]);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [cursorMs, setCursorMs] = useState<number | null>(null);
  const whole = { fromMs: data.firstMs ?? data.fromMs, toMs: data.lastMs ?? data.toMs };
  const { fromMs, toMs } = zoom ?? whole;
  const shown = { fromMs, toMs };
  const marks = useMemo(() => data.marks.map(({ atMs, level }) => ({ atMs, tone: level })), [data]);
  const cursor = cursorMs === null ? null : placeAt(shape.atMs, cursorMs);
  const timeText = (atMs: number): string => {
    const hasSeconds = toMs - fromMs < SECONDS_BELOW_MS;
    return hasSeconds ? format.clockWithSeconds(atMs) : format.clock(atMs, whole.toMs);
  };
  const valueText = (line: HistoryLine, value: number): string =>
    line.unit === 'percent' ? format.percent(value / 100, 0) : format.bytes(value);
  const lineName = ({ figure, subject }: HistoryLine): string => t(`machine.lines.${figure}`, { index: subject });

  const near = nearMarks(data, cursorMs);
  const failed =
    cursorMs === null ? 0 : (data.failures.findLast(({ atMs }) => atMs <= cursorMs && cursorMs < atMs + data.bucketMs)?.count ?? 0);
  const happened = [
    ...(failed === 0 ? [] : [t('machine.failed', { count: failed, number: format.number(failed) })]),
    ...near.map((mark) => eventText(mark, locale)),
  ].join(' · ');
  const cursorAt = cursor === null ? null : (shape.atMs[cursor] ?? null);
  const valueAt = (line: HistoryLine): string | null => {
    const value = cursor === null ? line.mean.findLast((entry) => entry !== null) : line.mean[cursor];
    return value == null ? null : valueText(line, value);
  };
  const spoken =
    cursorAt === null
      ? t('machine.noCursor')
      : [timeText(cursorAt), ...shape.lines.map((line) => `${lineName(line)} ${valueAt(line) ?? t('gauge.notAvailable')}`), happened]
          .filter((text) => text !== '')
          .join(', ');

  const zoomBy = (factor: number): void => onZoom(zoomed(shown, whole, cursorMs ?? (fromMs + toMs) / 2, factor));
  const onKeyDown = (event: KeyboardEvent): void => {
    const place = nextPlace(event.key, event.shiftKey, cursor, shape);
    if (place !== null) setCursorMs(shape.atMs[place] ?? null);
    else if (event.key === '+' || event.key === '=') zoomBy(ZOOM);
    else if (event.key === '-') zoomBy(1 / ZOOM);
    else if (event.key === '0' || event.key === 'Escape') onZoom(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <>
      <div className="historyTools">
        <span className="num dim">
          {timeText(fromMs)} – {timeText(toMs)} · {t('machine.bucket', { length: format.duration(data.bucketMs / 1_000) })}
        </span>
        <span className="historyButtons">
          <button type="button" className="button small" onClick={() => zoomBy(ZOOM)} aria-label={t('machine.closer')}>
            +
          </button>
          <button
            type="button"
            className="button small"
            disabled={zoom === null}
            onClick={() => zoomBy(1 / ZOOM)}
            aria-label={t('machine.wider')}
          >
            −
          </button>
          <button type="button" className="button small" disabled={zoom === null} onClick={() => onZoom(null)}>
            {t('machine.whole')}
          </button>
        </span>
      </div>
      <p className="srOnly">
        {t('machine.summary', { from: timeText(fromMs), to: timeText(toMs) })}{' '}
        {shape.lines.map((line) => {
          const extent = lineExtent(line);
          const facts = extent === null ? null : { mean: valueText(line, extent.mean), max: valueText(line, extent.max) };
          return facts === null ? '' : `${lineName(line)}: ${t('machine.extent', facts)}. `;
        })}
        {t('machine.marks', { count: data.marks.length, number: format.number(data.marks.length) })}
      </p>
      <div
        className="historyPlace"
        role="slider"
        tabIndex={0}
        aria-label={t('machine.chart')}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, shape.atMs.length - 1)}
        aria-valuenow={cursor ?? 0}
        aria-valuetext={spoken}
        onKeyDown={onKeyDown}
      >
        <Suspense fallback={null}>
          <HistoryChart
            {...{ shape, hidden, marks, shown, cursor, theme, timeText }}
            failures={data.failures}
            onCursor={(place) => setCursorMs(place === null ? null : (shape.atMs[place] ?? null))}
            onZoom={onZoom}
            percentText={(value) => format.percent(value / 100, 0)}
            bytesText={(value) => format.bytes(value)}
          />
        </Suspense>
      </div>
      <p className="historyCursor num">
        {cursorAt === null ? <span className="dim">{t('machine.hint')}</span> : <b>{timeText(cursorAt)}</b>} {happened}
      </p>
      <div className="historyLines" role="group" aria-label={t('machine.shown')}>
        {shape.lines.map((line) => {
          const extent = lineExtent(line);
          return (
            <button
              key={line.key}
              type="button"
              className="historyLine"
              aria-pressed={!hidden.has(line.key)}
              onClick={() => setHidden(toggled(hidden, line.key))}
            >
              <svg viewBox="0 0 18 4" aria-hidden="true">
                <line
                  x1="0"
                  x2="18"
                  y1="2"
                  y2="2"
                  stroke={`var(${line.color})`}
                  strokeWidth="3"
                  strokeDasharray={line.isDashed ? '5 3' : undefined}
                />
              </svg>
              <span>{lineName(line)}</span>{' '}
              <b className="num">{valueAt(line) ?? <span className="notAvailable">{t('gauge.notAvailable')}</span>}</b>{' '}
              {extent !== null && <span className="dim num">{t('machine.most', { max: valueText(line, extent.max) })}</span>}
            </button>
          );
        })}
      </div>
      {data.marks.length > 0 && (
        <details className="historyMarks">
          <summary>{t('machine.marks', { count: data.marks.length, number: format.number(data.marks.length) })}</summary>
          {!data.isAllMarks && <p className="dim">{t('machine.notAll')}</p>}
          <ol>
            {data.marks.map((mark) => (
              <li key={mark.id}>
                <button type="button" data-level={mark.level} onClick={() => setCursorMs(mark.atMs)}>
                  <span className="num dim">{timeText(mark.atMs)}</span> {eventText(mark, locale)}
                </button>
              </li>
            ))}
          </ol>
        </details>
      )}
    </>
  );
}

/** What happened in the bucket under the cursor. */
function nearMarks({ marks, bucketMs }: RunHistory, cursorMs: number | null): LogEntry[] {
  if (cursorMs === null) return [];
  const fromMs = Math.floor(cursorMs / bucketMs) * bucketMs;
  // A second or two is less than a hand can aim at.
  const reachMs = Math.max(0, (3_000 - bucketMs) / 2);
  return marks.filter(({ atMs }) => atMs >= fromMs - reachMs && atMs < fromMs + bucketMs + reachMs).slice(0, 4);
}

/** Where a key moves the cursor; null for any other key. */
function nextPlace(key: string, isFar: boolean, cursor: number | null, { atMs }: HistoryShape): number | null {
  const last = atMs.length - 1;
  const far = Math.max(1, Math.round(last / 10));
  const from = cursor ?? last;
  const within = (place: number): number => Math.min(last, Math.max(0, place));
  switch (key) {
    case 'ArrowLeft':
      return within(from - (isFar ? far : 1));
    case 'ArrowRight':
      return within(from + (isFar ? far : 1));
    case 'PageDown':
      return within(from - far);
    case 'PageUp':
      return within(from + far);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}

function toggled(set: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(key)) next.add(key);
  return next;
}
