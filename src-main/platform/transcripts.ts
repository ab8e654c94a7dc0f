import { readFileSync, statSync } from 'node:fs';
import type { ScanProblem } from '#main/core/ports.ts';

/** References that lie beside recordings, and what is wrong with them. */

type Report = (problem: ScanProblem) => void;

/** Larger than any transcript of one chapter or recording; above it a `.txt` is some other file. */
const MAX_TRANSCRIPT_BYTES = 64 << 20;

/**
 * Text of a transcript: UTF-8 (a byte order mark is dropped), else Windows-1252, which reads every byte and is what old
 * Western editors wrote. @returns null when it cannot be read
 */
export function readTranscript(path: string, report: Report): string | null {
  let bytes: Buffer;
  try {
    // Looked at before it is opened: reading a pipe would wait for ever, and a `.txt` can be gigabytes of something else.
    const info = statSync(path);
    if (!info.isFile()) throw new Error('not a regular file');
    if (info.size > MAX_TRANSCRIPT_BYTES) throw new Error(`${String(info.size)} bytes are no transcript`);
    bytes = readFileSync(path);
  } catch (error) {
    report({ code: 'TRANSCRIPT_UNREADABLE', path, detail: error instanceof Error ? error.message : String(error) });
    return null;
  }
  const hasUtf16Mark = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (hasUtf16Mark) {
    report({ code: 'TRANSCRIPT_NOT_UTF8', path, detail: 'UTF-16' });
    return new TextDecoder(bytes[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(bytes);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    report({ code: 'TRANSCRIPT_NOT_UTF8', path, detail: 'windows-1252' });
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/**
 * A LibriSpeech `*.trans.txt`: a line per utterance, id, blank, text. A line with only an id is a reference of no words. Of an
 * id that occurs twice the first line counts. @returns null when the file cannot be read
 */
export function readTransTxt(path: string, report: Report): Map<string, string> | null {
  const text = readTranscript(path, report);
  if (text === null) return null;
  const references = new Map<string, string>();
  for (const line of text.split(/\r\n|\n|\r/)) {
    const [, id, reference] = /^[ \t]*([^ \t]+)[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (id === undefined) continue;
    if (references.has(id)) report({ code: 'TRANSCRIPT_DUPLICATE_ID', path, detail: id });
    else references.set(id, reference ?? '');
  }
  return references;
}

/** A text beside one recording: the whole file is the reference, lines joined by a space. @returns null when it cannot be read */
export function readSideCar(path: string, report: Report): string | null {
  const text = readTranscript(path, report);
  return text === null
    ? null
    : text
        .split(/[\r\n]+/)
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .join(' ');
}
