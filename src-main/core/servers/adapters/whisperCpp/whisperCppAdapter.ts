import { z } from 'zod';
import type { Clock, HttpClient } from '#main/core/ports.ts';
import type { AdapterProfile, AsrAdapter } from '../asrAdapter.ts';
import { addressOf } from '../shared/address.ts';
import { requireReady } from '../shared/httpReady.ts';
import { authorization, type HttpRules, HttpSession, type PieceAnswer } from '../shared/httpSession.ts';
import { parseJson } from '../shared/json.ts';
import { languageCodeOf, primaryLanguageOf } from '../shared/languageCode.ts';
import { joinPieces, toMs } from '../shared/wordTimes.ts';

/**
 * Talks to `POST /inference` of whisper.cpp's server (`examples/server/server.cpp`, read at 233fe1f). It sends its head only when the
 * whole file is decoded, and a closed connection ends the decoding.
 */
export function createWhisperCppAdapter(profile: AdapterProfile, ports: { readonly clock: Clock; readonly http: HttpClient }): AsrAdapter {
  const { prompt, language: ownLanguage, apiKey, model } = profile.options;
  const rules: HttpRules = {
    fileField: 'file',
    fields: ({ language }) => {
      const wanted = language ?? ownLanguage;
      return [
        ['response_format', 'verbose_json'],
        // Left out, it would be English, whatever is spoken.
        ['language', wanted === null ? 'auto' : primaryLanguageOf(wanted)],
        // Costs another pass of the encoder.
        ['no_language_probabilities', 'true'],
        // Or segments of 60 characters would end in the middle of words.
        ['split_on_word', 'true'],
        ...(prompt === null ? [] : [['prompt', prompt] as const]),
      ];
    },
    read: readInference,
  };
  return {
    connect: async (url, signal) => {
      await requireReady(ports, profile, url, authorization(apiKey), signal);
      const hello = { protocol: 'whisper-cpp', capacity: profile.capacity ?? 1, model, instance: null } as const;
      return new HttpSession({ ...ports, url: addressOf('http', url, profile), profile, hello, rules });
    },
  };
}

/** What it calls words are the model's tokens. */
const TokenSchema = z.object({ word: z.string(), start: z.number(), end: z.number(), probability: z.number().nullish() });
const AnswerSchema = z.object({
  language: z.string().nullish(),
  segments: z.array(z.object({ text: z.string(), start: z.number(), end: z.number(), words: z.array(TokenSchema).nullish() })),
});

function readInference(body: string): PieceAnswer | null {
  const answer = AnswerSchema.safeParse(parseJson(body)).data;
  if (answer === undefined) return null;
  return {
    language: languageCodeOf(answer.language),
    segments: answer.segments.map(({ text, start, end, words }) => ({
      text,
      startMs: toMs(start),
      endMs: toMs(end),
      words: joinPieces(
        (words ?? []).map((token) => ({
          text: token.word,
          startSec: token.start,
          endSec: token.end,
          probability: token.probability ?? null,
        })),
      ),
    })),
  };
}
