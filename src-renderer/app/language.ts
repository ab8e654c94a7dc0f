import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { WireError } from '#shared/errors/nightshiftError.ts';
import { errorText, type ErrorText } from '#shared/errors/messages.ts';
import { createFormat, type Format, type Locale } from '../format/format.ts';

const formats: Partial<Record<Locale, Format>> = {};

export function useLocale(): Locale {
  const { i18n } = useTranslation();
  return i18n.language === 'ko' ? 'ko' : 'en';
}

/** Numbers, lengths and times in the language of the panel. */
export function useFormat(): Format {
  const locale = useLocale();
  return useMemo(() => (formats[locale] ??= createFormat(locale)), [locale]);
}

/** What happened, what Nightshift did and what can be done, for any error. */
export function useErrorText(): (error: WireError) => ErrorText {
  const locale = useLocale();
  return useMemo(() => (error: WireError) => errorText(error, locale), [locale]);
}
