import type { TranscriptFormat } from '#shared/contract/reports.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { assertNever } from '#shared/util/assertNever.ts';
import type { CheckedSegment } from '#main/core/quality/checkResult.ts';

/** What one transcript file is made of. */
export interface TranscriptSource {
  readonly fileId: string;
  readonly mode: Mode;
  readonly text: string;
  readonly segments: readonly CheckedSegment[];
  readonly language: string | null;
  readonly audioSec: number;
}

/** Lines of a subtitle and its time on screen: 42 characters, two lines, seven seconds (Netflix Timed Text Style Guide, English); wide characters count two. */
const LINE_WIDTH = 42;
const MAX_LINES = 2;
const MAX_CUE_MS = 7_000;
/** Two lines are never cut exactly in the middle. */
const LINE_SLACK = 4;
/** A silence this long ends a subtitle (ours). */
const CUE_GAP_MS = 1_500;

export interface Cue {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
}

/** The file of one format. Empty text: an empty file, in `vtt` its header alone. */
export function transcriptText(source: TranscriptSource, format: TranscriptFormat): string {
  switch (format) {
    case 'txt':
      return linesOf(source)
        .map((line) => `${line}\n`)
        .join('');
    case 'srt':
      return cuesOf(source)
        .map((cue, index) => `${index + 1}\n${cueTimes(cue, ',')}\n${wrapped(oneLine(cue.text).replaceAll('-->', '->'))}\n\n`)
        .join('');
    case 'vtt':
      return `WEBVTT\n\n${cuesOf(source)
        .map((cue) => `${cueTimes(cue, '.')}\n${escapeVtt(wrapped(oneLine(cue.text)))}\n\n`)
        .join('')}`;
    case 'tsv':
      return `start\tend\ttext\n${segmentsOf(source)
        .map(({ startMs, endMs, text }) => `${Math.round(startMs)}\t${Math.round(endMs)}\t${oneLine(text)}\n`)
        .join('')}`;
    case 'transcript-json':
      return `${JSON.stringify(toJson(source), null, 2)}\n`;
    default:
      return assertNever(format);
  }
}

function linesOf(source: TranscriptSource): string[] {
  return segmentsOf(source)
    .map(({ text }) => oneLine(text))
    .filter((line) => line !== '');
}

/** A server that gives no segments still gave a text: it is one segment as long as the audio. */
function segmentsOf({ text, segments, audioSec }: TranscriptSource): readonly CheckedSegment[] {
  if (segments.length > 0 || text.trim() === '') return segments;
  return [{ startMs: 0, endMs: audioSec * 1_000, text, words: [] }];
}

/** Subtitles in the order of time that never overlap: long segments are cut between words. */
export function cuesOf(source: TranscriptSource): Cue[] {
  const cues: Cue[] = [];
  let lastEndMs = 0;
  for (const piece of segmentsOf(source).flatMap(cutSegment)) {
    const text = oneLine(piece.text);
    if (text === '') continue;
    const startMs = Math.max(lastEndMs, piece.startMs);
    const endMs = Math.max(startMs + 1, piece.endMs);
    cues.push({ startMs, endMs, text });
    lastEndMs = endMs;
  }
  return cues;
}

function cutSegment(segment: CheckedSegment): Cue[] {
  const { words } = segment;
  if (words.length === 0) return [segment];
  // Tokens of languages without spaces are joined as the recogniser joined them.
  const glue =
    words.map(({ word }) => word.trim()).join('') === segment.text.replaceAll(/\s+/gu, '') && !/\s/u.test(segment.text.trim()) ? '' : ' ';
  const cues: Cue[] = [];
  let open: Cue | null = null;
  for (const { word, startMs, endMs } of words) {
    const alone: Cue = { startMs, endMs, text: word.trim() };
    const longer: Cue | null = open === null ? null : joined(open, alone, glue);
    if (open !== null && longer === null) cues.push(open);
    open = longer ?? alone;
  }
  return open === null ? cues : [...cues, open];
}

/** Both in one subtitle; null where it would be too long, too wide, or stand through a silence. */
function joined(cue: Cue, next: Cue, glue: string): Cue | null {
  const text = `${cue.text}${glue}${next.text}`;
  const isTooMuch =
    next.startMs - cue.endMs > CUE_GAP_MS || next.endMs - cue.startMs > MAX_CUE_MS || widthOf(text) > LINE_WIDTH * MAX_LINES - LINE_SLACK;
  return isTooMuch ? null : { startMs: cue.startMs, endMs: Math.max(cue.endMs, next.endMs), text };
}

const WIDE = /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\uFF00-\uFF60]/u;

function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}

/** Two lines of about the same width where one would be too long. */
function wrapped(text: string): string {
  if (widthOf(text) <= LINE_WIDTH) return text;
  const words = text.split(' ');
  let best = { at: 0, difference: Infinity };
  for (let at = 1; at < words.length; at++) {
    const difference = Math.abs(widthOf(words.slice(0, at).join(' ')) - widthOf(words.slice(at).join(' ')));
    if (difference < best.difference) best = { at, difference };
  }
  return best.at === 0 ? text : `${words.slice(0, best.at).join(' ')}\n${words.slice(best.at).join(' ')}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
}

function escapeVtt(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function cueTimes({ startMs, endMs }: Cue, mark: ',' | '.'): string {
  return `${clockText(startMs, mark)} --> ${clockText(endMs, mark)}`;
}

/** `01:02:03,004`; hours have at least two digits. */
export function clockText(ms: number, mark: ',' | '.'): string {
  const whole = Math.max(0, Math.round(ms));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor(whole / 60_000) % 60;
  const seconds = Math.floor(whole / 1_000) % 60;
  return `${two(hours)}:${two(minutes)}:${two(seconds)}${mark}${String(whole % 1_000).padStart(3, '0')}`;
}

/** Field names as Whisper writes them; times in seconds. */
function toJson(source: TranscriptSource): unknown {
  return {
    file_id: source.fileId,
    mode: source.mode,
    text: source.text,
    language: source.language,
    duration: source.audioSec,
    segments: segmentsOf(source).map(({ startMs, endMs, text, words }, id) => ({
      id,
      start: startMs / 1_000,
      end: endMs / 1_000,
      text,
      words: words.map(({ word, startMs: wordStartMs, endMs: wordEndMs, confidence }) => ({
        word,
        start: wordStartMs / 1_000,
        end: wordEndMs / 1_000,
        probability: confidence,
      })),
    })),
  };
}
