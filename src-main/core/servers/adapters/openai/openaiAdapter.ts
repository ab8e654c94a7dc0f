import { z } from 'zod';
import type { Clock, HttpClient } from '#main/core/ports.ts';
import type { AdapterProfile, AsrAdapter, Word } from '../asrAdapter.ts';
import { addressOf } from '../shared/address.ts';
import { requireReady } from '../shared/httpReady.ts';
import { authorization, type HttpRules, HttpSession, type PieceAnswer } from '../shared/httpSession.ts';
import { parseJson } from '../shared/json.ts';
import { languageCodeOf, primaryLanguageOf } from '../shared/languageCode.ts';
import { toMs, toWords } from '../shared/wordTimes.ts';

/** The name that every server of this kind takes for "your speech model". */
const DEFAULT_MODEL = 'whisper-1';
/** How servers say no to a format that their model cannot give: speaches 500, vLLM 400, others 422. */
const NO_SUCH_FORMAT: ReadonlySet<number> = new Set([400, 422, 500, 501]);

/**
 * Talks to `POST /v1/audio/transcriptions` as OpenAI defined it and speaches, vLLM, WhisperLiveKit and others answer it (speaches read at
 * 870e1e1): a WAV file in a form. Asks for segments and words with their times; a server that cannot give them is asked for bare text
 * from then on. Every field of an answer but `text` may be missing.
 */
export function createOpenaiAdapter(profile: AdapterProfile, ports: { readonly clock: Clock; readonly http: HttpClient }): AsrAdapter {
  const { model, prompt, language: ownLanguage, apiKey } = profile.options;
  // Remembered for all files: a server does not learn a format.
  let format: 'verbose_json' | 'json' = 'verbose_json';
  let isProven = false;
  const rules: HttpRules = {
    fileField: 'file',
    fields: ({ language }) => {
      const wanted = language ?? ownLanguage;
      return [
        ['model', model ?? DEFAULT_MODEL],
        ['response_format', format],
        ...(format === 'json' ? [] : [['timestamp_granularities[]', 'word'] as const, ['timestamp_granularities[]', 'segment'] as const]),
        ...(wanted === null ? [] : [['language', primaryLanguageOf(wanted)] as const]),
        ...(prompt === null ? [] : [['prompt', prompt] as const]),
      ];
    },
    read: (body) => {
      const answer = readOpenaiAnswer(body);
      if (answer !== null) isProven = true;
      return answer;
    },
    fallBack: ({ status }) => {
      if (isProven || format === 'json' || !NO_SUCH_FORMAT.has(status)) return false;
      format = 'json';
      return true;
    },
  };
  return {
    connect: async (url, signal) => {
      await requireReady(ports, profile, url, authorization(apiKey), signal);
      const hello = { protocol: 'openai', capacity: profile.capacity ?? 1, model, instance: null } as const;
      return new HttpSession({ ...ports, url: addressOf('http', url, profile), profile, hello, rules });
    },
  };
}

const WordSchema = z.object({ word: z.string(), start: z.number(), end: z.number() });
const AnswerSchema = z.object({
  text: z.string(),
  language: z.string().nullish(),
  segments: z.array(z.object({ text: z.string(), start: z.number(), end: z.number() })).nullish(),
  words: z.array(WordSchema).nullish(),
});

/** `json` or `verbose_json`. @returns null when it is neither */
export function readOpenaiAnswer(body: string): PieceAnswer | null {
  const answer = AnswerSchema.safeParse(parseJson(body)).data;
  if (answer === undefined) return null;
  const language = languageCodeOf(answer.language);
  const said = answer.segments?.filter(({ text }) => text.trim() !== '') ?? [];
  const words = toWords(
    (answer.words ?? []).map(({ word, start, end }) => ({ text: word, startSec: start, endSec: end, probability: null })),
  );
  if (said.length === 0) return { language, segments: [{ text: answer.text, startMs: null, endMs: null, words }] };
  const segments = said.map(({ text, start, end }) => ({ text, startMs: toMs(start), endMs: toMs(end) }));
  return { language, segments: withWords(segments, words) };
}

interface Timed {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Words stand beside the segments: each belongs to the last segment that begins before its middle. */
function withWords(segments: readonly Timed[], words: readonly Word[]): (Timed & { words: readonly Word[] })[] {
  let next = 0;
  return segments.map((segment, index) => {
    const untilMs = segments[index + 1]?.startMs ?? Number.POSITIVE_INFINITY;
    const from = next;
    for (let word = words[next]; word !== undefined && (word.startMs + word.endMs) / 2 < untilMs; word = words[next]) next += 1;
    return { ...segment, words: words.slice(from, next) };
  });
}
