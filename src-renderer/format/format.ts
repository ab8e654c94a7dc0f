/** Languages of the panel. */
export const LOCALES = ['en', 'ko'] as const;
export type Locale = (typeof LOCALES)[number];

const NBSP = '\u00a0';
const UNITS = {
  en: { ms: `${NBSP}ms`, s: `${NBSP}s`, min: `${NBSP}min`, h: `${NBSP}h`, d: `${NBSP}d`, percent: `${NBSP}%` },
  ko: { ms: '밀리초', s: '초', min: '분', h: '시간', d: '일', percent: '%' },
} as const;
const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;

export interface Format {
  readonly locale: Locale;
  /** `digits` after the decimal point; whole numbers by default. */
  number(value: number, digits?: number): string;
  /** A ratio as a percentage with its sign; two digits as in reports. */
  percent(ratio: number, digits?: number): string;
  /** A ratio as a percentage without the sign, one digit, for narrow cells. */
  percentBare(ratio: number): string;
  /** A difference of two ratios in percentage points, without a sign of percent. */
  points(ratio: number, digits?: number): string;
  /** The p of a test with its relation: `= 0.021`, `< 0.0001`; as many digits as say something. */
  pValue(p: number): string;
  /** Whole sentence-like length: `410 ms`, `8.4 s`, `12 min`, `5 h 24 min`, `2 d 3 h`. */
  duration(seconds: number): string;
  /** A place in a recording: `0:03.2`, `1:02:03.4`. */
  position(seconds: number): string;
  /** Time left until something happens, in whole seconds below a minute. */
  countdown(seconds: number): string;
  /** Binary multiples, as memory is sold. */
  bytes(value: number): string;
  /** `11.2 / 32 GB`: both in the unit of the second. */
  bytesOf(used: number, total: number): string;
  /** Clock time, with the day where it is not the same day as `nowMs`. */
  clock(atMs: number, nowMs: number): string;
  clockWithSeconds(atMs: number): string;
}

function inUnits(value: number): { exponent: number; scaled: number } {
  let exponent = 0;
  let scaled = Math.abs(value);
  while (scaled >= 1024 && exponent < BYTE_UNITS.length - 1) {
    scaled /= 1024;
    exponent += 1;
  }
  return { exponent, scaled: Math.sign(value) * scaled };
}

/** All numbers, lengths and times of the panel become text here and nowhere else. */
export function createFormat(locale: Locale, timeZone?: string): Format {
  const tag = locale === 'ko' ? 'ko-KR' : 'en-GB';
  const zone = timeZone === undefined ? {} : { timeZone };
  const units = UNITS[locale];
  const byDigits = new Map<number, Intl.NumberFormat>();
  const time = new Intl.DateTimeFormat(tag, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...zone });
  const seconds = new Intl.DateTimeFormat(tag, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', ...zone });
  const day = new Intl.DateTimeFormat(tag, { day: 'numeric', month: 'short', ...zone });
  const dayKey = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit', ...zone });

  const number = (value: number, digits = 0): string => {
    let format = byDigits.get(digits);
    if (format === undefined) {
      format = new Intl.NumberFormat(locale === 'ko' ? 'ko-KR' : 'en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
      byDigits.set(digits, format);
    }
    return format.format(value);
  };
  const short = (value: number): string => number(value, value < 100 && Math.round(value * 10) % 10 !== 0 ? 1 : 0);
  const pair = (major: number, majorUnit: string, minor: number, minorUnit: string): string =>
    minor === 0 ? `${number(major)}${majorUnit}` : `${number(major)}${majorUnit} ${number(minor)}${minorUnit}`;

  const duration = (value: number): string => {
    if (!Number.isFinite(value)) return '–';
    const positive = Math.max(0, value);
    if (positive > 0 && positive < 0.9995) return `${number(Math.round(positive * 1000))}${units.ms}`;
    if (positive < 59.95) return `${number(positive, 1)}${units.s}`;
    const minutes = Math.round(positive / 60);
    if (positive < 600) {
      const whole = Math.round(positive);
      return pair(Math.floor(whole / 60), units.min, whole % 60, units.s);
    }
    if (minutes < 60) return `${number(minutes)}${units.min}`;
    const hours = Math.floor(minutes / 60);
    if (hours < 48) return pair(hours, units.h, minutes % 60, units.min);
    return pair(Math.floor(hours / 24), units.d, hours % 24, units.h);
  };

  return {
    locale,
    number,
    percent: (ratio, digits = 2) => `${number(ratio * 100, digits)}${units.percent}`,
    percentBare: (ratio) => number(ratio * 100, 1),
    points: (ratio, digits = 2) => number(ratio * 100, digits),
    pValue: (p) => (p < 0.0001 ? `< ${number(0.0001, 4)}` : `= ${number(p, p < 0.001 ? 4 : p < 0.1 ? 3 : 2)}`),
    duration,
    position(value) {
      const tenths = Math.round(Math.max(0, value) * 10);
      const whole = Math.floor(tenths / 10);
      const inMinute = `${String(whole % 60).padStart(2, '0')}.${tenths % 10}`;
      const minutes = Math.floor(whole / 60);
      return minutes < 60 ? `${minutes}:${inMinute}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${inMinute}`;
    },
    countdown(value) {
      const whole = Math.max(0, Math.ceil(value));
      return whole < 60 ? `${number(whole)}${units.s}` : duration(whole);
    },
    bytes(value) {
      const { exponent, scaled } = inUnits(value);
      return `${exponent === 0 ? number(scaled) : short(scaled)}${NBSP}${BYTE_UNITS[exponent] ?? 'B'}`;
    },
    bytesOf(used, total) {
      const { exponent, scaled } = inUnits(total);
      return `${short(used / 1024 ** exponent)} / ${short(scaled)}${NBSP}${BYTE_UNITS[exponent] ?? 'B'}`;
    },
    clock: (atMs, nowMs) =>
      dayKey.format(atMs) === dayKey.format(nowMs) ? time.format(atMs) : `${day.format(atMs)}, ${time.format(atMs)}`,
    clockWithSeconds: (atMs) => seconds.format(atMs),
  };
}

/** The language of the panel: the setting, or the browser's when it is `auto`. */
export function resolveLocale(setting: 'auto' | Locale, browserLanguages: readonly string[]): Locale {
  if (setting !== 'auto') return setting;
  for (const tag of browserLanguages) {
    const primary = tag.toLowerCase().split('-')[0];
    if (primary === 'ko' || primary === 'en') return primary;
  }
  return 'en';
}
