import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunSummary } from '#shared/contract/runs.ts';
import { useFormat } from '../../app/language.ts';
import { Sparkline } from '../../charts/Sparkline.tsx';
import type { RunPoint } from '../../state/slices/runs.ts';
import { usePanel } from '../../state/store.ts';
import { cpuSeries, gpuMemorySeries, gpuSeries, memorySeries, shownGpu, workerSeries, type GaugeSeries } from './gaugeView.ts';

const NO_POINTS: readonly RunPoint[] = [];

export function Gauges({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  const samples = usePanel((state) => state.samples);
  const points = usePanel((state) => state.pointsByRun[run.id] ?? NO_POINTS);
  const last = samples.at(-1);
  const gpu = shownGpu(last);
  const gpuIndex = gpu?.index ?? 0;
  const orNothing = (value: string | null): ReactNode => value ?? <span className="notAvailable">{t('gauge.notAvailable')}</span>;
  const used = (usedBytes: number | null | undefined, totalBytes: number | null | undefined): string | null =>
    usedBytes == null ? null : totalBytes == null ? format.bytes(usedBytes) : format.bytesOf(usedBytes, totalBytes);
  const percent = (value: number | null | undefined): string | null => (value == null ? null : format.percent(value / 100, 0));
  const isHeldBack = run.workersReason !== null;
  // While one server goes and the next one comes there is nobody to count.
  const hasNoMode = run.activeWorkers === 0 && run.allowedWorkers === 0 && !isHeldBack;
  return (
    <section className="gauges" aria-label={t('run.gauges')}>
      <Gauge
        name={t('gauge.cpu')}
        value={orNothing(percent(last?.cpuPercent))}
        series={cpuSeries(samples)}
        color="var(--stream)"
        isFilled
        limit={run.options.cpuLimitPercent}
      />
      <Gauge
        name={t('gauge.memory')}
        value={orNothing(used(last?.memoryUsedBytes, last?.memoryTotalBytes))}
        series={memorySeries(samples)}
        color="var(--chunk)"
      />
      <Gauge
        name={gpu === null ? t('gauge.gpuNone') : t('gauge.gpu', { index: gpu.index })}
        value={orNothing(percent(gpu?.utilizationPercent))}
        series={gpuSeries(samples, gpuIndex)}
        color="var(--orig)"
      />
      <Gauge
        name={t('gauge.gpuMemory')}
        value={orNothing(used(gpu?.memoryUsedBytes, gpu?.memoryTotalBytes))}
        series={gpuMemorySeries(samples, gpuIndex)}
        color="var(--orig)"
      />
      <Gauge
        name={t('gauge.workers')}
        value={
          hasNoMode ? (
            <span className="notAvailable">{t(run.status === 'running' ? 'gauge.betweenModes' : 'gauge.idle')}</span>
          ) : (
            <>
              {format.number(run.activeWorkers)}{' '}
              <span className={isHeldBack ? 'gaugeOf warnText' : 'gaugeOf'}>
                {t('gauge.ofWorkers', { number: format.number(run.workersFacts?.possible ?? run.allowedWorkers) })}
                {run.workersReason !== null && ` · ${t(`gauge.${run.workersReason}`)}`}
              </span>
            </>
          )
        }
        series={workerSeries(points)}
        color={isHeldBack ? 'var(--warn)' : 'var(--stream)'}
      />
    </section>
  );
}

interface GaugeProps {
  readonly name: string;
  readonly value: ReactNode;
  readonly series: GaugeSeries;
  readonly color: string;
  readonly isFilled?: boolean;
  readonly limit?: number;
}

function Gauge({ name, value, series, ...look }: GaugeProps) {
  return (
    <div className="card gauge" role="group" aria-label={name}>
      <div className="gaugeHead">
        <span>{name}</span>
        <b className="num">{value}</b>
      </div>
      <Sparkline points={series.points} max={series.max} {...look} />
    </div>
  );
}
