import { type QueueDocument, QueueDocumentSchema } from '#shared/contract/queue.ts';
import type { MessageLocale } from '#shared/errors/messages.ts';
import { ZOD_MESSAGES } from '../../i18n/zodMessages.ts';

/** Longer files hold something else: 100,000 changed files take about 20 MB. */
export const MAX_QUEUE_FILE_BYTES = 64_000_000;

export type ReadQueue =
  | { readonly document: QueueDocument }
  /** `place` is a path in the file; null: the file as a whole is no JSON. */
  | { readonly problem: { readonly place: string | null; readonly message: string } };

/** The queue in an exported file, or the first thing that is wrong with it. */
export function readQueueFile(text: string, locale: MessageLocale): ReadQueue {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return { problem: { place: null, message: error instanceof Error ? error.message : String(error) } };
  }
  const parsed = QueueDocumentSchema.safeParse(document, { error: ZOD_MESSAGES[locale] });
  if (parsed.success) return { document: parsed.data };
  const issue = parsed.error.issues[0];
  return { problem: { place: issue?.path.map(String).join('.') || 'JSON', message: issue?.message ?? '' } };
}
