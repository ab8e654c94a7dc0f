import type { Clock } from '#main/core/ports.ts';
import type { Segment, SettledPart, Transcription, Word } from '../asrAdapter.ts';
import { audioSecOf, bytesOf } from './samples.ts';

const MS_BYTES = bytesOf(0.001);

/** A segment as a server says it; what it leaves open is filled in. */
export interface HeardSegment {
  readonly text: string;
  /** null: from the end of the segment before. */
  readonly startMs: number | null;
  /** null: to the end of the audio sent so far. */
  readonly endMs: number | null;
  readonly words?: readonly Word[];
}

/** What was sent and heard of one file, with the times that every adapter measures alike. */
export class Transcript {
  readonly #clock: Clock;
  #segments: Segment[] = [];
  #language: string | null = null;
  #decodeSec: number | null = null;
  #sentBytes = 0;
  #firstSentMs: number | null = null;
  #firstTextMs: number | null = null;
  /** Last moment at which audio left or the text changed. */
  #lastChangeMs: number | null = null;
  /** Text that may still change, as last said. */
  #openText = '';
  #news = 0;
  /** Segments told by `settle`. */
  #settled = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Of the file itself, without silence that was added. */
  get audioSec(): number {
    return audioSecOf(this.#sentBytes);
  }

  /** As `audioSec`, float32 bytes. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** null until the first audio leaves. */
  get firstSentMs(): number | null {
    return this.#firstSentMs;
  }

  /** How often the server has said something that it had not said before. */
  get news(): number {
    return this.#news;
  }

  /** Right before the first audio leaves; a file of nothing starts when its end is said. */
  start(): void {
    this.#firstSentMs ??= this.#clock.monotonicMs();
  }

  /** @param bytes float32 bytes of the file */
  sent(bytes: number): void {
    this.#sentBytes += bytes;
    this.#lastChangeMs = this.#clock.monotonicMs();
  }

  /** Text that may still change. */
  heardText(text: string): void {
    if (text === this.#openText) return;
    this.#openText = text;
    this.#heardNews(text);
  }

  addSegment(heard: HeardSegment): void {
    this.#openText = '';
    this.#heardNews(heard.text);
    const segment = this.#complete(heard, this.#segments.at(-1)?.endMs ?? 0);
    if (segment.text !== '') this.#segments.push(segment);
  }

  /** For servers that repeat all they know in every message. */
  replaceSegments(heard: readonly HeardSegment[]): void {
    const before = this.#text();
    this.#segments = [];
    for (const each of heard) {
      const segment = this.#complete(each, this.#segments.at(-1)?.endMs ?? 0);
      if (segment.text !== '') this.#segments.push(segment);
    }
    const text = this.#text();
    if (text !== before) this.#heardNews(text);
  }

  heardLanguage(language: string | null | undefined): void {
    if (language !== undefined && language !== null && language !== '') this.#language ??= language;
  }

  heardDecodeSec(seconds: number): void {
    this.#decodeSec = seconds;
  }

  /** What became final since the last time this was asked. @param samples audio it came from, all parts together */
  settle(samples: number): SettledPart {
    const { language, processingSec, decodeSec, firstTokenLatencyMs } = this.#figures(this.#clock.monotonicMs());
    const segments = this.#segments.slice(this.#settled);
    this.#settled = this.#segments.length;
    return { samples, segments, language, processingSec, decodeSec, firstTokenLatencyMs };
  }

  /** @param endedByQuiet nothing said that the results have ended: they ended with the last change */
  result(endedByQuiet = false): Transcription {
    const nowMs = this.#clock.monotonicMs();
    const endMs = endedByQuiet ? (this.#lastChangeMs ?? nowMs) : nowMs;
    const audioMs = this.#audioMs;
    return {
      ...this.#figures(endMs),
      text: this.#text(),
      // A server that was given silence after the audio may place its last words there.
      segments: this.#segments.map((segment) => within(segment, audioMs)),
      audioSec: this.audioSec,
    };
  }

  #figures(endMs: number): Pick<Transcription, 'language' | 'processingSec' | 'decodeSec' | 'firstTokenLatencyMs'> {
    const startMs = this.#firstSentMs ?? endMs;
    return {
      language: this.#language,
      processingSec: (endMs - startMs) / 1_000,
      decodeSec: this.#decodeSec,
      firstTokenLatencyMs: this.#firstTextMs === null ? null : this.#firstTextMs - startMs,
    };
  }

  /** Whole milliseconds stay whole: the divisor is a power of two. */
  get #audioMs(): number {
    return this.#sentBytes / MS_BYTES;
  }

  #heardNews(text: string): void {
    if (text.trim() === '') return;
    this.#news += 1;
    this.#lastChangeMs = this.#clock.monotonicMs();
    this.#firstTextMs ??= this.#lastChangeMs;
  }

  #text(): string {
    return this.#segments.map(({ text }) => text).join(' ');
  }

  #complete({ text, startMs, endMs, words = [] }: HeardSegment, previousEndMs: number): Segment {
    const from = startMs ?? words[0]?.startMs ?? previousEndMs;
    const to = endMs ?? words.at(-1)?.endMs ?? this.#audioMs;
    return { startMs: from, endMs: Math.max(from, to), text: text.trim(), words };
  }
}

/** A segment or a word with its times inside the first `limitMs` of the audio. */
export function within<T extends { readonly startMs: number; readonly endMs: number }>(
  timed: T & { words?: readonly Word[] },
  limitMs: number,
): T {
  if (timed.startMs >= 0 && timed.endMs <= limitMs) return timed;
  const clamp = (ms: number): number => Math.max(0, Math.min(ms, limitMs));
  return {
    ...timed,
    startMs: clamp(timed.startMs),
    endMs: clamp(timed.endMs),
    ...(timed.words === undefined ? {} : { words: timed.words.map((word) => within(word, limitMs)) }),
  };
}
