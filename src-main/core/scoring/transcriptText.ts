import { MODES } from '#shared/domain/mode.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { readQuotedCells, type CellRow } from '#shared/util/quotedCells.ts';

/**
 * Forms in which texts to compare are written:
 * - `trn`: `text (id)`, as NIST's sclite reads it; lines that begin with `;;` are comments
 * - `kaldi`: `id text`
 * - `lines`: text alone; the id is the number of the line
 * - `csv`, `tsv`: a header and a row for each text; quotes as in RFC 4180 in `csv`, no quotes in `tsv`
 * - `jsonl`: an object on each line, or one array of objects
 * - `results`: `results.json` of S0 or of Nightshift
 */
export const TRANSCRIPT_FORMATS = ['trn', 'kaldi', 'lines', 'csv', 'tsv', 'jsonl', 'results'] as const;
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

/** A file of texts, as it was read. */
export interface TranscriptFile {
  /** As the user wrote it: it stands in messages, and its ending tells the form. */
  readonly name: string;
  readonly content: string;
  /** null: by ending and content. */
  readonly format: TranscriptFormat | null;
  /** Which mode of a `results` file, or which column of a table holds the hypothesis; null: the only one, or the usual names. */
  readonly mode: string | null;
}

/** One text, or one reference with its hypothesis. */
export interface TranscriptRow {
  readonly id: string;
  /** null where the file does not say. */
  readonly speaker: string | null;
  /** null: not in this file. */
  readonly reference: string | null;
  /** null: there is no answer. */
  readonly hypothesis: string | null;
}

export interface Transcripts {
  readonly rows: readonly TranscriptRow[];
  /** Rows of a `results` file that were cancelled, left out or not reached: they have no outcome to compare. */
  readonly notRun: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;
interface Entry {
  readonly line: number;
  readonly fields: Fields;
}

const ID_FIELDS = [
  ...['id', 'utt_id', 'uttid', 'utterance_id', 'file_id', 'file_name', 'audio_filepath', 'audio_path', 'audio', 'path', 'file'],
];
const SPEAKER_FIELDS = ['speaker', 'speaker_id', 'spk', 'client_id'];
const REFERENCE_FIELDS = ['ref', 'reference', 'text', 'transcript', 'transcription', 'sentence'];
const HYPOTHESIS_FIELDS = ['hyp', 'hypothesis', 'pred_text', 'prediction'];

function invalid(name: string, detail: string): NightshiftError {
  return new NightshiftError('INPUT_INVALID', { field: name, detail });
}

/** Text of a file of transcripts: UTF-8, a byte order mark dropped. @throws INPUT_INVALID for anything else */
export function decodeTranscripts(bytes: Uint8Array, name: string): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) throw invalid(name, 'it is UTF-16; save it as UTF-8');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new NightshiftError('INPUT_INVALID', { field: name, detail: 'it is not UTF-8' }, { cause });
  }
}

/**
 * Rows of a file that has one side: `reference` or `hypothesis` of each row is its text, the other is null. Of a file that has both the one asked
 * for is taken. @throws INPUT_INVALID naming file and line
 */
export function parseOneSide(file: TranscriptFile, side: 'reference' | 'hypothesis'): Transcripts {
  const fields =
    side === 'reference'
      ? REFERENCE_FIELDS
      : [...(file.mode === null ? [] : [file.mode]), ...HYPOTHESIS_FIELDS, ...REFERENCE_FIELDS.filter((field) => !field.startsWith('ref'))];
  const { entries, notRun } = someEntriesOf(file);
  const field = usedField(entries, fields);
  if (field === null) throw noColumn(file, side, fields);
  const rows = entries.map(({ line, fields: row }) => {
    const text = textIn(row, field);
    const isAnswer = side === 'hypothesis';
    if (text === null && !isAnswer) throw invalid(file.name, `line ${line}: there is no "${field}"`);
    return { ...idOf(line, row), reference: isAnswer ? null : text, hypothesis: isAnswer ? text : null };
  });
  return { rows, notRun };
}

/** Rows of a file that has both sides. A row without a hypothesis is a missing answer. @throws INPUT_INVALID naming file and line */
export function parsePairs(file: TranscriptFile): Transcripts {
  const hypothesisFields = file.mode === null ? HYPOTHESIS_FIELDS : [file.mode, ...HYPOTHESIS_FIELDS];
  const { entries, notRun, isResults } = someEntriesOf(file);
  const reference = usedField(entries, REFERENCE_FIELDS);
  const hypothesis = usedField(entries, hypothesisFields);
  if (reference === null) throw noColumn(file, 'reference', REFERENCE_FIELDS);
  if (hypothesis === null) throw noColumn(file, 'hypothesis', hypothesisFields);
  const rows = entries.map(({ line, fields: row }) => {
    const text = textIn(row, reference);
    // A night may have had files without a transcript; a list of pairs may not.
    if (text === null && !isResults) throw invalid(file.name, `line ${line}: there is no "${reference}"`);
    return { ...idOf(line, row), reference: text, hypothesis: textIn(row, hypothesis) };
  });
  return { rows, notRun };
}

/**
 * Names under which a file with both sides keeps hypotheses of several systems: the modes of a `results` file, or those of the columns of a table that are
 * called like a mode.
 */
export function modesIn(file: TranscriptFile): string[] {
  const format = file.format ?? formatOf(file);
  if (format === 'results') return [...resultModes(file).keys()];
  const [first] = entriesOf({ ...file, format }).entries;
  return first === undefined ? [] : MODES.filter((mode) => mode in first.fields);
}

/** Whether the first word of each line was taken for its id although neither the user nor the name says so: of text alone it would be lost. */
export function isGuessedKaldi(file: TranscriptFile): boolean {
  const isNamedAsKaldiDoes = /(?:^|[/\\])text$/.test(file.name);
  return file.format === null && !isNamedAsKaldiDoes && file.content.trim() !== '' && formatOf(file) === 'kaldi';
}

function noColumn(file: TranscriptFile, side: 'reference' | 'hypothesis', fields: readonly string[]): NightshiftError {
  const { name, mode } = file;
  const modes = side === 'hypothesis' && mode === null ? modesIn(file) : [];
  if (modes.length > 0) return sayWhichMode(name, modes);
  return invalid(name, `it has no ${side}: none of its rows has ${fields.join(', ')}`);
}

function sayWhichMode(name: string, modes: readonly string[]): NightshiftError {
  return new NightshiftError('INPUT_INVALID', { field: '--mode', detail: `${name} has ${modes.join(', ')}: say which` });
}

function usedField(entries: readonly Entry[], fields: readonly string[]): string | null {
  return fields.find((field) => entries.some((entry) => field in entry.fields)) ?? null;
}

function textIn(fields: Fields, name: string): string | null {
  const value = fields[name];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;
}

function idOf(line: number, fields: Fields): { readonly id: string; readonly speaker: string | null } {
  const idField = ID_FIELDS.find((field) => textIn(fields, field) !== null);
  const speakerField = SPEAKER_FIELDS.find((field) => textIn(fields, field) !== null);
  return {
    id: idField === undefined ? String(line) : (textIn(fields, idField) ?? String(line)).replaceAll('\\', '/'),
    speaker: speakerField === undefined ? null : textIn(fields, speakerField),
  };
}

function someEntriesOf(file: TranscriptFile): ReturnType<typeof entriesOf> {
  const found = entriesOf(file);
  if (found.entries.length === 0 && found.notRun.length === 0) throw invalid(file.name, 'there is no text in it');
  return found;
}

function entriesOf(file: TranscriptFile): {
  readonly entries: readonly Entry[];
  readonly notRun: readonly string[];
  readonly isResults: boolean;
} {
  const format = file.format ?? formatOf(file);
  const plain = (entries: readonly Entry[]): ReturnType<typeof entriesOf> => ({ entries, notRun: [], isResults: false });
  switch (format) {
    case 'trn':
      return plain(linesOf(file).flatMap((line) => trnEntry(file, line)));
    case 'kaldi':
      return plain(linesOf(file).flatMap(kaldiEntry));
    case 'lines':
      return plain(linesOf(file).map(({ line, text }) => ({ line, fields: { id: String(line), text } })));
    case 'csv':
      return plain(tableEntries(file, readQuoted(file)));
    case 'tsv':
      return plain(
        tableEntries(
          file,
          linesOf(file).map(({ line, text }) => ({ line, cells: text.split('\t') })),
        ),
      );
    case 'jsonl':
      return plain(objectEntries(file));
    case 'results':
      return resultEntries(file);
  }
}

function formatOf(file: TranscriptFile): TranscriptFormat {
  const ending = /\.([^./\\]+)$/.exec(file.name)?.[1]?.toLowerCase() ?? '';
  switch (ending) {
    case 'trn':
    case 'csv':
    case 'tsv':
      return ending;
    case 'jsonl':
    case 'ndjson':
      return 'jsonl';
  }
  const start = file.content.trimStart();
  if (start.startsWith('[')) return 'jsonl';
  if (start.startsWith('{')) return isResultsDocument(parsedOrNull(file.content)) ? 'results' : 'jsonl';
  const first = linesOf(file).find(({ text }) => text.trim() !== '' && !text.startsWith(';;'));
  return first !== undefined && TRN_LINE.test(first.text) ? 'trn' : 'kaldi';
}

/** Lines end with LF, CR LF or CR. A last line without an end is one; an empty one after the last end is none. */
function linesOf({ content }: TranscriptFile): { readonly line: number; readonly text: string }[] {
  const lines = content.split(/\r\n|\n|\r/).map((text, index) => ({ line: index + 1, text }));
  if (lines.at(-1)?.text === '') lines.pop();
  return lines;
}

const TRN_LINE = /^(.*)\(([^()\s]+)\)\s*$/u;

function trnEntry(file: TranscriptFile, { line, text }: { readonly line: number; readonly text: string }): Entry[] {
  if (text.trim() === '' || text.startsWith(';;')) return [];
  const match = TRN_LINE.exec(text);
  if (match === null) throw invalid(file.name, `line ${line}: expected "text (id)"`);
  const [, words = '', id = ''] = match;
  return [{ line, fields: { id, text: words.trim() } }];
}

function kaldiEntry({ line, text }: { readonly line: number; readonly text: string }): Entry[] {
  const match = /^\s*(\S+)\s*(.*)$/su.exec(text);
  return match === null ? [] : [{ line, fields: { id: match[1] ?? '', text: (match[2] ?? '').trim() } }];
}

function tableEntries(file: TranscriptFile, rows: readonly CellRow[]): Entry[] {
  const [header, ...body] = rows.filter(({ cells }) => cells.some((cell) => cell !== ''));
  if (header === undefined) return [];
  const names = header.cells.map((name) => name.trim());
  return body.map(({ line, cells }) => {
    if (cells.length !== names.length) {
      throw invalid(file.name, `line ${line}: expected ${names.length} columns as in the header, got ${cells.length}`);
    }
    return { line, fields: Object.fromEntries(names.map((name, column) => [name, cells[column] ?? ''])) };
  });
}

function readQuoted({ name, content }: TranscriptFile): readonly CellRow[] {
  const { rows, unclosedLine } = readQuotedCells(content);
  if (unclosedLine !== null) throw invalid(name, `line ${unclosedLine}: a quote is opened and never closed`);
  return rows;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function objectEntries(file: TranscriptFile): Entry[] {
  const array = file.content.trimStart().startsWith('[') ? parsedOrNull(file.content) : null;
  if (Array.isArray(array)) {
    return array.map((fields: unknown, index) => {
      if (!isObject(fields)) throw invalid(file.name, `element ${index + 1} is no object`);
      return { line: index + 1, fields };
    });
  }
  return linesOf(file).flatMap(({ line, text }) => {
    if (text.trim() === '') return [];
    const fields = parsedOrNull(text);
    if (!isObject(fields)) throw invalid(file.name, `line ${line}: expected a JSON object`);
    return [{ line, fields }];
  });
}

function isResultsDocument(document: unknown): document is Record<string, unknown> {
  return isObject(document) && Object.values(document).some((section) => isObject(section) && Array.isArray(section['raw_results']));
}

function resultModes(file: TranscriptFile): Map<string, readonly unknown[]> {
  const document = parsedOrNull(file.content);
  if (!isResultsDocument(document)) throw invalid(file.name, 'it is no results file: no mode in it has "raw_results"');
  const modes = new Map<string, readonly unknown[]>();
  for (const [mode, section] of Object.entries(document)) {
    const rows = isObject(section) ? section['raw_results'] : null;
    if (Array.isArray(rows)) modes.set(mode, rows as readonly unknown[]);
  }
  return modes;
}

/** Without an outcome in them; S0 has no such field, and every row of it is an outcome. */
const NOT_RUN: readonly unknown[] = ['skipped', 'cancelled', 'pending'];

function resultEntries(file: TranscriptFile): ReturnType<typeof entriesOf> {
  const modes = resultModes(file);
  const names = [...modes.keys()];
  const [only] = modes.size === 1 ? modes.keys() : [];
  const mode = file.mode ?? only;
  if (mode === undefined) throw sayWhichMode(file.name, names);
  const results = modes.get(mode);
  if (results === undefined) {
    throw new NightshiftError('INPUT_INVALID', { field: '--mode', detail: `${file.name} has ${names.join(', ')}, got "${mode}"` });
  }
  const notRun: string[] = [];
  const entries: Entry[] = [];
  for (const [index, row] of results.entries()) {
    const line = index + 1;
    if (!isObject(row)) throw invalid(file.name, `row ${line} of ${mode} is no object`);
    if (NOT_RUN.includes(row['status'])) notRun.push(idOf(line, row).id);
    else entries.push({ line, fields: row['status'] === 'failed' ? { ...row, hypothesis: null } : row });
  }
  return { entries, notRun, isResults: true };
}
