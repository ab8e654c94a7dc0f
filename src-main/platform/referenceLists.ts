import { dirname, extname, join, resolve } from 'node:path';
import { readQuotedCells } from '#shared/util/quotedCells.ts';
import type { ScanProblem } from '#main/core/ports.ts';
import { hasMediaExtension } from '#shared/domain/mediaKinds.ts';
import { readTranscript } from './transcripts.ts';

/** Lists that name recordings and what is said in them: tables, NeMo and audiofolder lines, Kaldi folders. They supply texts and never files. */

type Report = (problem: ScanProblem) => void;

/** One line of a list. */
interface ListedText {
  readonly line: number;
  /** As written: a path, or the name of a recording without its ending. */
  readonly file: string;
  readonly text: string;
}

interface ParsedList {
  readonly rows: readonly ListedText[];
  /** Its form could be that of any text: it is a list only when it names something that was found. */
  readonly isGuess: boolean;
  readonly broken: readonly { readonly line: number; readonly detail: string }[];
}

/** Columns and fields that name the recording, the likeliest first: NeMo, audiofolder, Common Voice and what people write. */
const FILE_FIELDS = ['audio_filepath', 'file_name', 'path', 'audio_path', 'audio', 'file', 'filename', 'wav'];
const TEXT_FIELDS = ['text', 'sentence', 'transcription', 'transcript', 'reference', 'ref'];

/** Folders beside a list in which corpora keep the recordings: Common Voice `clips`, LJSpeech `wavs`. */
const AUDIO_FOLDERS = ['.', 'clips', 'wavs', 'wav', 'audio'];

/** Lines told of one list; the rest is a number. */
const MAX_TOLD = 100;

/** Whether a file may be a list by its name. Kaldi's is called `text`, NeMo's manifests often `….json`. */
export function isListName(name: string): boolean {
  if (name.startsWith('._')) return false;
  return name === 'text' || /\.(?:csv|tsv|jsonl|ndjson)$/i.test(name) || /manifest[^/\\]*\.json$/i.test(name);
}

/**
 * The list in a file. Kaldi's paths are in `wav.scp` beside it; a command that stands there in place of a path is told and never run.
 * @returns null when the file is something else, or cannot be read
 */
function readList(path: string, report: Report): ParsedList | null {
  const aboutReading: ScanProblem[] = [];
  const content = readTranscript(path, (problem) => aboutReading.push(problem));
  const list = content === null ? null : parseList(path, content, report);
  // How some table is encoded that is no list concerns nobody.
  if (content === null || list !== null) for (const problem of aboutReading) report(problem);
  return list;
}

function parseList(path: string, content: string, report: Report): ParsedList | null {
  switch (extname(path).toLowerCase()) {
    case '.csv':
      return pipeTable(content) ?? commaTable(content);
    case '.tsv':
      return headedTable(linesOf(content).map(({ line, text }) => ({ line, cells: text.split('\t') })));
    case '':
      return kaldiList(path, content, report);
    default:
      return objectLines(content);
  }
}

function linesOf(content: string): { readonly line: number; readonly text: string }[] {
  return content.split(/\r\n|\n|\r/).map((text, index) => ({ line: index + 1, text }));
}

/** LJSpeech: `name|text as printed|text as spoken`, no header and no quotes. What is spoken is the reference. */
function pipeTable(content: string): ParsedList | null {
  const rows: ListedText[] = [];
  const broken: { line: number; detail: string }[] = [];
  for (const { line, text } of linesOf(content)) {
    if (text.trim() === '') continue;
    const [file = '', printed, spoken = ''] = text.split('|').map((cell) => cell.trim());
    const isRow = printed !== undefined && file !== '' && !/[,"\s]/.test(file);
    if (!isRow && rows.length === 0) return null;
    if (isRow) rows.push({ line, file, text: spoken === '' ? printed : spoken });
    else broken.push({ line, detail: 'expected name|text' });
  }
  return rows.length === 0 ? null : { rows, broken, isGuess: true };
}

function commaTable(content: string): ParsedList | null {
  const { rows, unclosedLine } = readQuotedCells(content);
  const list = headedTable(rows);
  if (list === null || unclosedLine === null) return list;
  return { ...list, broken: [...list.broken, { line: unclosedLine, detail: 'a quote is opened and never closed' }] };
}

function headedTable(cellRows: readonly { readonly line: number; readonly cells: readonly string[] }[]): ParsedList | null {
  const [header, ...body] = cellRows.filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  const names = (header?.cells ?? []).map((name) => name.trim().toLowerCase());
  const columnOf = (fields: readonly string[]): number => names.indexOf(fields.find((field) => names.includes(field)) ?? '\n');
  const fileColumn = columnOf(FILE_FIELDS);
  const textColumn = columnOf(TEXT_FIELDS);
  if (fileColumn === -1 || textColumn === -1) return null;
  const rows: ListedText[] = [];
  const broken: { line: number; detail: string }[] = [];
  for (const { line, cells } of body) {
    const file = cells[fileColumn]?.trim() ?? '';
    const text = cells[textColumn];
    if (cells.length !== names.length) broken.push({ line, detail: `expected ${names.length} columns, got ${cells.length}` });
    else if (file === '' || text === undefined) broken.push({ line, detail: 'it names no file' });
    else rows.push({ line, file, text: text.trim() });
  }
  return { rows, broken, isGuess: false };
}

/** An object on each line. It is a list when one of them names a file and a text. */
function objectLines(content: string): ParsedList | null {
  const rows: ListedText[] = [];
  const broken: { line: number; detail: string }[] = [];
  for (const { line, text: json } of linesOf(content)) {
    if (json.trim() === '') continue;
    const fields = objectIn(json);
    const file = fields === null ? null : stringIn(fields, FILE_FIELDS);
    const text = fields === null ? null : stringIn(fields, TEXT_FIELDS);
    if (fields === null) broken.push({ line, detail: 'it is no JSON object' });
    else if (file === null) broken.push({ line, detail: 'it names no file' });
    else if (text === null) broken.push({ line, detail: `it has no text for ${file}` });
    else rows.push({ line, file, text: text.trim() });
  }
  return rows.length === 0 ? null : { rows, broken, isGuess: false };
}

function objectIn(json: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function stringIn(fields: Readonly<Record<string, unknown>>, names: readonly string[]): string | null {
  const found = names.map((name) => fields[name]).find((value) => typeof value === 'string');
  return typeof found === 'string' ? found : null;
}

/** `id text`, with `id path` in `wav.scp`; without that file the id is the name of the recording. */
function kaldiList(path: string, content: string, report: Report): ParsedList | null {
  const broken: { line: number; detail: string }[] = [];
  const scp = join(dirname(path), 'wav.scp');
  const places = new Map<string, string | null>();
  for (const { line, text } of linesOf(readTranscript(scp, () => undefined) ?? '')) {
    const [, id, place = ''] = /^\s*(\S+)\s+(.*?)\s*$/.exec(text) ?? [];
    if (id === undefined) continue;
    const isCommand = place.endsWith('|') || place.startsWith('|');
    places.set(id, isCommand ? null : place);
    if (isCommand) {
      report({ code: 'TRANSCRIPT_LINE_INVALID', path: scp, detail: `line ${line}: a command in place of a file; it was not run` });
    }
  }
  const rows = linesOf(content).flatMap(({ line, text }): ListedText[] => {
    const [, id, words = ''] = /^\s*(\S+)\s*(.*?)\s*$/.exec(text) ?? [];
    if (id === undefined) return [];
    const place = places.size === 0 ? id : places.get(id);
    if (place === undefined) broken.push({ line, detail: `wav.scp has no ${id}` });
    return typeof place === 'string' ? [{ line, file: place, text: words }] : [];
  });
  return { rows, broken, isGuess: places.size === 0 };
}

/** A recording that was found, as far as lists are concerned. */
export interface Listable {
  readonly path: string;
  readonly reference: string | null;
}

/** A list to read, and whether the whole folder it lies in was scanned: only then does it say something that a file is missing. */
export interface ListPlace {
  readonly path: string;
  readonly isWhole: boolean;
}

/**
 * Gives recordings without a text of their own that of a list; of two lists the first, in the order given, counts. A path that leads to nothing that was
 * found, wherever it points, is only told: a list never makes Nightshift read another file.
 * @returns texts by path of the recording
 */
export function referencesFromLists(
  places: readonly ListPlace[],
  found: readonly Listable[],
  report: Report,
): Map<string, { readonly text: string; readonly path: string }> {
  const given = new Map<string, { readonly text: string; readonly path: string }>();
  if (places.length === 0) return given;
  const byPath = new Map(found.map((file) => [file.path, file] as const));
  const byStem = new Map(found.map((file) => [withoutEnding(file.path), file] as const));
  const served = new Set<string>();
  for (const { path, isWhole } of places) {
    const list = readList(path, report);
    if (list === null) continue;
    const rows = list.rows.map((row) => ({ ...row, recording: recordingOf(dirname(path), row.file, byPath, byStem) }));
    if (list.isGuess && rows.every(({ recording }) => recording === null)) continue;
    const tell = limited(path, report);
    for (const { line, detail } of list.broken) tell('TRANSCRIPT_LINE_INVALID', `line ${line}: ${detail}`);
    for (const { file, text, recording } of rows) {
      const before = recording === null ? undefined : given.get(recording.path);
      if (recording === null) {
        if (isWhole) tell('TRANSCRIPT_UNUSED_ID', file);
      } else if (before !== undefined && before.text !== text) tell('TRANSCRIPT_DUPLICATE_ID', file);
      else if (before === undefined && recording.reference === null) {
        given.set(recording.path, { text, path });
        if (isWhole) served.add(dirname(recording.path));
      }
    }
    tell.rest();
  }
  for (const { path, reference } of found) {
    if (reference === null && !given.has(path) && served.has(dirname(path))) report({ code: 'REFERENCE_MISSING', path });
  }
  return given;
}

function recordingOf(
  folder: string,
  file: string,
  byPath: ReadonlyMap<string, Listable>,
  byStem: ReadonlyMap<string, Listable>,
): Listable | null {
  for (const place of AUDIO_FOLDERS) {
    const path = resolve(folder, place, file);
    const recording = byPath.get(path) ?? (hasMediaExtension(file) ? undefined : byStem.get(path));
    if (recording !== undefined) return recording;
  }
  return null;
}

function withoutEnding(path: string): string {
  return path.slice(0, path.length - extname(path).length);
}

/** Problems of one list, no more than people read; `rest` says how many there were besides. */
function limited(path: string, report: Report): ((code: ScanProblem['code'], detail: string) => void) & { rest(): void } {
  const counts = new Map<ScanProblem['code'], number>();
  const tell = (code: ScanProblem['code'], detail: string): void => {
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    if (count <= MAX_TOLD) report({ code, path, detail });
  };
  const rest = (): void => {
    for (const [code, count] of counts) {
      if (count > MAX_TOLD) report({ code, path, detail: `and ${count - MAX_TOLD} more lines` });
    }
  };
  return Object.assign(tell, { rest });
}
