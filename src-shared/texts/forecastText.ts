import type { RunPlan, RunSummary } from '../contract/runs.ts';
import type { MessageLocale } from '../errors/messages.ts';

type Estimate = Pick<RunPlan, 'etaSec' | 'etaLowSec' | 'etaHighSec'>;

/** Why fewer files run at once than the servers would take; null when nothing holds them back. */
export function workersText(
  run: Pick<RunSummary, 'allowedWorkers' | 'workersReason' | 'workersFacts'>,
  locale: MessageLocale,
): string | null {
  const { allowedWorkers: allowed, workersReason: reason, workersFacts: facts } = run;
  if (reason === null || facts === null) return null;
  const isKorean = locale === 'ko';
  const extent = isKorean ? `작업자 ${facts.possible}개 중 ${allowed}개` : `${allowed} of ${facts.possible} workers`;
  return `${extent}: ${isKorean ? causeKo(reason, facts) : causeEn(reason, facts)}`;
}

type Reason = NonNullable<RunSummary['workersReason']>;
type Facts = NonNullable<RunSummary['workersFacts']>;

function causeEn(reason: Reason, { forecastMb, limitMb, cpuPercent, cpuLimitPercent }: Facts): string {
  switch (reason) {
    case 'memoryLimit':
      return `memory forecast for one more ${gigabytes(forecastMb)} of ${gigabytes(limitMb)}`;
    case 'machineMemory':
      return `memory forecast of the whole machine for one more ${gigabytes(forecastMb)} of ${gigabytes(limitMb)}`;
    case 'cpuLimit':
      return `CPU at ${percent(cpuPercent)}, one more would pass the limit of ${percent(cpuLimitPercent)}`;
  }
}

function causeKo(reason: Reason, { forecastMb, limitMb, cpuPercent, cpuLimitPercent }: Facts): string {
  switch (reason) {
    case 'memoryLimit':
      return `하나 더 실행하면 예상 메모리 ${gigabytes(forecastMb)} / 한도 ${gigabytes(limitMb)}`;
    case 'machineMemory':
      return `하나 더 실행하면 컴퓨터 전체 예상 메모리 ${gigabytes(forecastMb)} / 한도 ${gigabytes(limitMb)}`;
    case 'cpuLimit':
      return `CPU ${percent(cpuPercent)}, 하나 더 실행하면 한도 ${percent(cpuLimitPercent)} 초과`;
  }
}

/** How long it still takes, with the range it should lie in; null while nothing is known. */
export function leftText({ etaSec, etaLowSec, etaHighSec }: Estimate, locale: MessageLocale): string | null {
  if (etaSec === null || etaLowSec === null || etaHighSec === null) return null;
  const [eta, low, high] = [etaSec, etaLowSec, etaHighSec].map((seconds) => length(seconds, locale));
  return locale === 'ko' ? `약 ${eta} 남음 (${low}~${high})` : `about ${eta} left, between ${low} and ${high}`;
}

/** Whole minutes above a minute: more would pretend to know. */
function length(seconds: number, locale: MessageLocale): string {
  const isKorean = locale === 'ko';
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))}${isKorean ? '초' : ' s'}`;
  const minutes = Math.round(seconds / 60);
  const rest = `${minutes % 60}${isKorean ? '분' : ' min'}`;
  return minutes < 60 ? rest : `${Math.floor(minutes / 60)}${isKorean ? '시간' : ' h'} ${rest}`;
}

function gigabytes(mb: number | null): string {
  return mb === null ? '?' : mb < 1_000 ? `${Math.round(mb)} MB` : `${(mb / 1_024).toFixed(1)} GB`;
}

function percent(value: number | null): string {
  return value === null ? '?' : `${Math.round(value)} %`;
}
