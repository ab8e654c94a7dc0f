import type { MessageLocale } from '#shared/errors/messages.ts';

/** Numbers as the HTML and Markdown reports show them; a dash where there is none. */
export interface ReportFormat {
  /** `5.23 %`, in Korean `5.23%`. */
  percent(ratio: number | null, digits?: number): string;
  /** `5.23`, of a difference of ratios. */
  points(ratio: number): string;
  whole(count: number): string;
  /** ` %` or `%`, as it follows a number. */
  readonly percentSign: string;
  /** Of a percentage that was measured as such, without decimals. */
  percentage(percent: number): string;
  fixed(value: number | null, digits: number): string;
  /** `250 ms`, `4.20 s`, `3 min 20 s`, `5 h 24 min`. */
  seconds(sec: number | null): string;
  milliseconds(ms: number | null): string;
  megabytes(mb: number | null): string;
  /** Below 0.0001 as `< 0.0001`. */
  pValue(p: number | null): string;
  /** Local time with its offset, `2026-11-21 22:04:05 +09:00`. */
  time(ms: number | null): string;
}

export const DASH = '–';

export function createReportFormat(language: MessageLocale): ReportFormat {
  const locale = language === 'ko' ? 'ko-KR' : 'en-US';
  const wholeFormat = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  // Korean writes units without a space; elsewhere it must not break the line.
  const percentSign = language === 'ko' ? '%' : '\u00A0%';
  const units = language === 'ko' ? { h: '시간', min: '분', s: '초' } : { h: '\u00A0h', min: '\u00A0min', s: '\u00A0s' };
  const fixed = (value: number | null, digits: number): string => (value === null ? DASH : value.toFixed(digits));
  const seconds = (sec: number | null): string => {
    if (sec === null) return DASH;
    if (sec > 0 && sec < 0.9995) return `${Math.max(1, Math.round(sec * 1_000))}\u00A0ms`;
    if (sec < 59.95) return `${sec.toFixed(sec < 10 ? 2 : 1)}${units.s}`;
    const whole = Math.round(sec);
    if (whole < 3_600) return `${Math.floor(whole / 60)}${units.min} ${whole % 60}${units.s}`;
    const minutes = Math.round(whole / 60);
    return `${wholeFormat.format(Math.floor(minutes / 60))}${units.h} ${minutes % 60}${units.min}`;
  };
  return {
    percent: (ratio, digits = 2) => (ratio === null ? DASH : `${(ratio * 100).toFixed(digits)}${percentSign}`),
    points: (ratio) => (Math.abs(ratio) * 100).toFixed(2),
    percentSign,
    percentage: (percent) => `${percent.toFixed(0)}${percentSign}`,
    whole: (count) => wholeFormat.format(count),
    fixed,
    seconds,
    milliseconds: (ms) => (ms === null ? DASH : ms < 10_000 ? `${Math.round(ms)}\u00A0ms` : seconds(ms / 1_000)),
    megabytes: (mb) => (mb === null ? DASH : mb >= 1_024 ? `${(mb / 1_024).toFixed(1)} GB` : `${wholeFormat.format(mb)} MB`),
    pValue: (p) => (p === null ? DASH : p < 0.0001 ? '< 0.0001' : p.toFixed(4)),
    time: (ms) => (ms === null ? DASH : localTime(ms)),
  };
}

function localTime(ms: number): string {
  const at = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const offsetMinutes = -at.getTimezoneOffset();
  const sign = offsetMinutes < 0 ? '-' : '+';
  const offset = `${sign}${two(Math.floor(Math.abs(offsetMinutes) / 60))}:${two(Math.abs(offsetMinutes) % 60)}`;
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} ${offset}`;
}
