import type { z } from 'zod';
import en from 'zod/v4/locales/en.js';
import ko from 'zod/v4/locales/ko.js';
import type { MessageLocale } from '#shared/errors/messages.ts';

/** What a schema says is wrong, in the language of the panel. */
export const ZOD_MESSAGES: Readonly<Record<MessageLocale, z.core.$ZodErrorMap>> = { en: en().localeError, ko: ko().localeError };
