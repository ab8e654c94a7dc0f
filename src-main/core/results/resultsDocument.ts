import type { RawResult } from '#shared/contract/results.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import type { TaskStatus } from '#shared/domain/run.ts';
import {
  addCounts,
  NO_WORDS,
  NORMALIZER_VERSIONS,
  normalizerLabel,
  werRatio,
  type NormalizerName,
  type WordCounts,
} from '#shared/domain/scores.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';

/** One input of the run in one mode. */
export interface ResultsRow {
  readonly mode: Mode;
  /** Relative to the dropped root, forward slashes, unique in the run. */
  readonly fileId: string;
  readonly path: string;
  readonly reference: string | null;
  readonly hypothesis: string | null;
  /** Of a result or a failure; null without a reference, before there is an outcome, and until it is scored. */
  readonly counts: WordCounts | null;
  readonly audioSec: number | null;
  readonly decodedSec: number | null;
  readonly processingSec: number | null;
  readonly firstTokenLatencyMs: number | null;
  readonly status: TaskStatus;
  readonly errorCode: ErrorCode | null;
  readonly errorDetail: string | null;
  /** Tries so far, the successful one included. */
  readonly attempts: number;
  /** The result is from an earlier run. */
  readonly doneEarlier: boolean;
}

export interface ModeResults {
  readonly mode: Mode;
  /** When the mode last changed, milliseconds since 1970. */
  readonly timestampMs: number;
  readonly rows: readonly ResultsRow[];
}

/** What the results of one run are made of. */
export interface ResultsInput {
  readonly modes: readonly ModeResults[];
  readonly normalizer: NormalizerName;
  /** Of the counts; null where nothing is scored. */
  readonly normalizerVersion: number | null;
  readonly calculateWer: boolean;
  readonly model: string;
  readonly pacing: 'asFast' | 'realTime';
  readonly language: string | null;
}

/** Statistics of a set of rows, as `overall` and each of `folders` carry them. Ratios are fractions, times are seconds. */
interface Statistics {
  /** All rows; = num_done + num_failed + num_skipped + num_cancelled + num_pending. */
  num_files: number;
  /** With a result, made now or earlier. */
  num_done: number;
  num_failed: number;
  /** Left out; always 0, because files beyond the limit are no inputs of the run. The field is part of the format. */
  num_skipped: number;
  num_cancelled: number;
  /** Not reached yet, or being worked on. */
  num_pending: number;
  /** Rows in the word error rate: done or failed, with a reference. */
  num_scored: number;
  /** Pooled: all errors / all reference words. Null without reference words or without scoring. */
  wer: number | null;
  substitutions: number | null;
  deletions: number | null;
  insertions: number | null;
  reference_words: number | null;
  /** Decoded audio of done rows and the time they took; rtf = processing / audio. */
  audio_seconds: number;
  processing_seconds: number;
  rtf: number | null;
}

/** What is in an existing file and has to survive our writing it again. */
export interface ExistingResults {
  /** Top-level entries, modes among them, as key and JSON text. */
  readonly entries: readonly (readonly [key: string, json: string])[];
  readonly modes: ReadonlyMap<Mode, ExistingMode>;
}

interface ExistingMode {
  /** Entries of the mode besides `timestamp`, `overall`, `folders` and `raw_results`. */
  readonly entries: readonly (readonly [key: string, json: string])[];
  /** Rows of another program; `ids` are its file_id and audio_path. */
  readonly rows: readonly { readonly ids: readonly string[]; readonly json: string }[];
  /** Another program's `overall`. */
  readonly overall: string | null;
  readonly folders: readonly (readonly [key: string, json: string])[];
}

export const NOTHING_THERE: ExistingResults = { entries: [], modes: new Map() };

/** Characters between two pauses of `renderResults`: about 1 ms of work (measured), whatever the length of a row. */
const CHARACTERS_IN_SLICE = 128 * 1_024;
const OWN_MODE_KEYS: readonly string[] = ['timestamp', 'overall', 'folders', 'raw_results'];

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a results file, whoever wrote it. Ours and others' have the same keys (S0.19); our rows are told apart by `done_earlier` and `attempts`.
 * In one go: 19 MB, three modes of 10,000 files, hold up the caller for 110 ms (measured), once per change of the file by somebody else.
 * @returns null when it is no JSON object: then it must not be written over.
 */
export function readExistingResults(text: string): ExistingResults | null {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return null;
  }
  if (!isObject(document)) return null;

  const modes = new Map<Mode, ExistingMode>();
  for (const mode of MODES) {
    const section = document[mode];
    if (isObject(section)) modes.set(mode, readMode(section));
  }
  return { entries: jsonEntries(document), modes };
}

function jsonEntries(value: Readonly<Record<string, unknown>>): (readonly [string, string])[] {
  return Object.entries(value).map(([key, entry]) => [key, JSON.stringify(entry)] as const);
}

function readMode(section: Readonly<Record<string, unknown>>): ExistingMode {
  const { overall, folders, raw_results: rawResults } = section;
  const rows = Array.isArray(rawResults) ? (rawResults as readonly unknown[]) : [];
  const foreign = rows.filter((row) => !isOurRow(row));
  // Our own `overall` names the one that was there before us.
  const before = isObject(overall) && overall['generator'] === GENERATOR ? overall['merged_from'] : overall;
  const ownFolders = isObject(folders) ? Object.entries(folders).filter(([, value]) => !isOurFolder(value)) : [];
  return {
    entries: jsonEntries(section).filter(([key]) => !OWN_MODE_KEYS.includes(key)),
    rows: foreign.map((row) => ({ ids: idsOf(row), json: JSON.stringify(row) })),
    overall: before === undefined ? null : JSON.stringify(before),
    folders: ownFolders.map(([key, value]) => [key, JSON.stringify(value)] as const),
  };
}

const GENERATOR = 'nightshift';

function isOurRow(row: unknown): boolean {
  return isObject(row) && typeof row['done_earlier'] === 'boolean' && typeof row['attempts'] === 'number';
}

function isOurFolder(folder: unknown): boolean {
  return isObject(folder) && 'num_pending' in folder && 'num_scored' in folder;
}

function idsOf(row: unknown): string[] {
  if (!isObject(row)) return [];
  const { file_id: fileId, audio_path: audioPath } = row;
  return [fileId, audioPath].filter((id) => typeof id === 'string').map((id) => id.replaceAll('\\', '/'));
}

/**
 * The text of `results.json` for a run, in pieces, with what `existing` has besides:
 *
 * - Top level: `streaming`, `chunked`, `original` as far as they were ever run; modes that this run does not have and keys that we do not know stay
 *   as they are in the file.
 * - Each mode: `timestamp` (ISO 8601, UTC), `overall`, `folders` (by folder of the file id, `.` for the root), `raw_results`.
 * - `overall`: the fields of `Statistics`, then `num_done_earlier`, `normalizer`, `normalizer_version`, `normalizer_label` (both, and what
 *   it leaves out of the published rules), `model`, `pacing` (`asFast`, `realTime`), `language` (null: detected), `generator`; where another program's rows were kept also `num_kept_rows` and
 *   `merged_from`, its own `overall`. Our figures are of this run's inputs alone: rows scored by other rules are never pooled with them.
 * - `raw_results`: `RawResult` of the contract, every input of the run, in the order given; then the kept rows.
 *
 * A result from an earlier run is `done`. A failed file with a reference counts as deletions. Without `calculateWer` all
 * counts and rates are null.
 *
 * @param pause is awaited after every 128 K characters at the latest, or after a row that is longer, so that the event loop turns.
 */
export async function renderResults(input: ResultsInput, existing: ExistingResults, pause: () => Promise<void>): Promise<string[]> {
  const pieces: string[] = [];
  let short = '';
  for (const chunk of resultsChunks(input, existing)) {
    short += chunk;
    if (short.length >= CHARACTERS_IN_SLICE) {
      pieces.push(short);
      short = '';
    }
    await pause();
  }
  return [...pieces, short];
}

function* resultsChunks(input: ResultsInput, existing: ExistingResults): Generator<string> {
  const ours = new Map(input.modes.map((results) => [results.mode, results] as const));
  const untouched = new Map(existing.entries);
  let separator = '{\n';
  for (const mode of MODES) {
    const results = ours.get(mode);
    const kept = untouched.get(mode);
    untouched.delete(mode);
    if (results !== undefined) {
      yield `${separator}  ${JSON.stringify(mode)}: {\n`;
      yield* modeChunks(results, input, existing.modes.get(mode));
      yield '  }';
    } else if (kept !== undefined) yield `${separator}  ${JSON.stringify(mode)}: ${kept}`;
    else continue;
    separator = ',\n';
  }
  for (const [key, json] of untouched) {
    yield `${separator}  ${JSON.stringify(key)}: ${json}`;
    separator = ',\n';
  }
  yield separator === '{\n' ? '{}\n' : '\n}\n';
}

function* modeChunks(results: ModeResults, input: ResultsInput, existing: ExistingMode | undefined): Generator<string> {
  // 1. Figures and rows, slice by slice.
  const overall = new Pool();
  const folders = new Map<string, Pool>();
  const slices: string[] = [];
  const ids = new Set<string>();
  let doneEarlier = 0;
  const ownLines = function* ownLines(): Generator<string> {
    for (const row of results.rows) {
      const raw = toRawResult(row, input);
      const folderName = folderOf(row.fileId);
      const folder = folders.get(folderName) ?? new Pool();
      folders.set(folderName, folder);
      overall.add(raw);
      folder.add(raw);
      if (raw.done_earlier) doneEarlier++;
      ids.add(row.fileId).add(row.path.replaceAll('\\', '/'));
      yield `      ${JSON.stringify(raw)}`;
    }
  };
  for (const slice of slicesOf(ownLines())) {
    slices.push(slice);
    yield '';
  }
  const keptRows = (existing?.rows ?? []).filter((row) => !row.ids.some((id) => ids.has(id)));
  for (const slice of slicesOf(keptRows.map((row) => `      ${row.json}`))) {
    slices.push(slice);
    yield '';
  }

  // 2. The parts in the order people read them.
  const { normalizer, model, pacing, language } = input;
  const normalizerVersion = input.normalizerVersion ?? NORMALIZER_VERSIONS[normalizer];
  const entries = Object.entries({
    ...overall.statistics(),
    num_done_earlier: doneEarlier,
    normalizer,
    normalizer_version: normalizerVersion,
    normalizer_label: normalizerLabel(normalizer, normalizerVersion),
    model,
    pacing,
    language,
    generator: GENERATOR,
  }).map(([key, value]) => [key, JSON.stringify(value)] as const);
  if (keptRows.length > 0) entries.push(['num_kept_rows', String(keptRows.length)]);
  const before = existing?.overall ?? null;
  if (before !== null) entries.push(['merged_from', before]);

  yield `    "timestamp": ${JSON.stringify(new Date(results.timestampMs).toISOString())},\n`;
  yield* block('overall', entries);
  const keptFolders = (existing?.folders ?? []).filter(([name]) => !folders.has(name));
  const folderEntries = function* folderEntries(): Generator<readonly [key: string, json: string]> {
    for (const [name, pool] of folders) yield [name, JSON.stringify(pool.statistics())];
    yield* keptFolders;
  };
  yield* block('folders', folderEntries());
  for (const [key, json] of existing?.entries ?? []) yield `    ${JSON.stringify(key)}: ${json},\n`;
  yield* enclosed('    "raw_results": [', slices, '    ]\n');
}

/** Lines joined with commas, cut where a slice is full. */
function* slicesOf(lines: Iterable<string>): Generator<string> {
  let held: string[] = [];
  let characters = 0;
  for (const line of lines) {
    held.push(line);
    characters += line.length;
    if (characters < CHARACTERS_IN_SLICE) continue;
    yield held.join(',\n');
    held = [];
    characters = 0;
  }
  if (held.length > 0) yield held.join(',\n');
}

/** A JSON object of a mode, an entry on each line. */
function* block(name: string, entries: Iterable<readonly [key: string, json: string]>): Generator<string> {
  const lines = function* lines(): Generator<string> {
    for (const [key, json] of entries) yield `      ${JSON.stringify(key)}: ${json}`;
  };
  yield* enclosed(`    ${JSON.stringify(name)}: {`, slicesOf(lines()), '    },\n');
}

/** `open`, the slices on lines of their own, `close`; all on one line when there is nothing between them. */
function* enclosed(open: string, slices: Iterable<string>, close: string): Generator<string> {
  let separator = '\n';
  yield open;
  for (const slice of slices) {
    yield `${separator}${slice}`;
    separator = ',\n';
  }
  yield separator === '\n' ? close.trimStart() : `\n${close}`;
}

function folderOf(fileId: string): string {
  const end = fileId.lastIndexOf('/');
  return end === -1 ? '.' : fileId.slice(0, end);
}

function statusOf(row: ResultsRow): RawResult['status'] {
  if (row.doneEarlier) return 'done';
  switch (row.status) {
    case 'queued':
    case 'claimed':
      return 'pending';
    case 'done':
    case 'failed':
    case 'skipped':
    case 'cancelled':
      return row.status;
  }
}

/** Counts of a row as the word error rate sees it; null when it is not in it. */
function scoredCounts(row: ResultsRow, status: RawResult['status'], input: ResultsInput): WordCounts | null {
  if (!input.calculateWer || row.reference === null) return null;
  return status === 'done' || status === 'failed' ? row.counts : null;
}

function toRawResult(row: ResultsRow, input: ResultsInput): RawResult {
  const status = statusOf(row);
  const counts = scoredCounts(row, status, input);
  return {
    file_id: row.fileId,
    audio_path: row.path,
    reference: row.reference,
    hypothesis: status === 'done' ? row.hypothesis : null,
    wer: counts === null ? null : werRatio(counts),
    substitutions: counts?.substitutions ?? null,
    deletions: counts?.deletions ?? null,
    insertions: counts?.insertions ?? null,
    reference_words: counts?.referenceWords ?? null,
    duration: roundedOrNull(row.audioSec ?? row.decodedSec),
    decoded_duration: roundedOrNull(row.decodedSec),
    processing_time: roundedOrNull(row.processingSec),
    ...(row.mode === 'streaming' && {
      first_token_latency: row.firstTokenLatencyMs === null ? null : rounded(row.firstTokenLatencyMs / 1_000),
    }),
    status,
    error_code: row.errorCode,
    error: row.errorDetail,
    attempts: row.attempts,
    done_earlier: row.doneEarlier,
  };
}

/** Adds up rows; rates come from the sums and are never averaged. */
class Pool {
  readonly #byStatus: Record<RawResult['status'], number> = { done: 0, failed: 0, skipped: 0, cancelled: 0, pending: 0 };
  #counts: WordCounts = NO_WORDS;
  #scored = 0;
  #audioSec = 0;
  #processingSec = 0;

  add(row: RawResult): void {
    this.#byStatus[row.status]++;
    const { substitutions, deletions, insertions, reference_words: referenceWords } = row;
    if (substitutions !== null && deletions !== null && insertions !== null && referenceWords !== null) {
      const hits = referenceWords - substitutions - deletions;
      this.#counts = addCounts(this.#counts, { substitutions, deletions, insertions, hits, referenceWords });
      this.#scored++;
    }
    if (row.status === 'done' && row.processing_time !== null) {
      this.#audioSec += row.decoded_duration ?? row.duration ?? 0;
      this.#processingSec += row.processing_time;
    }
  }

  statistics(): Statistics {
    const { done, failed, skipped, cancelled, pending } = this.#byStatus;
    const isScored = this.#scored > 0;
    return {
      num_files: done + failed + skipped + cancelled + pending,
      num_done: done,
      num_failed: failed,
      num_skipped: skipped,
      num_cancelled: cancelled,
      num_pending: pending,
      num_scored: this.#scored,
      wer: werRatio(this.#counts),
      substitutions: isScored ? this.#counts.substitutions : null,
      deletions: isScored ? this.#counts.deletions : null,
      insertions: isScored ? this.#counts.insertions : null,
      reference_words: isScored ? this.#counts.referenceWords : null,
      audio_seconds: rounded(this.#audioSec),
      processing_seconds: rounded(this.#processingSec),
      rtf: this.#audioSec > 0 ? this.#processingSec / this.#audioSec : null,
    };
  }
}

/** Seconds to the microsecond: without the noise of binary fractions. */
function rounded(sec: number): number {
  return Math.round(sec * 1e6) / 1e6;
}

function roundedOrNull(sec: number | null): number | null {
  return sec === null ? null : rounded(sec);
}

export interface FolderScore {
  /** First level of the file ids; `.` for files at the root. */
  readonly folder: string;
  readonly mode: Mode;
  readonly files: number;
  readonly counts: WordCounts;
  readonly werRatio: number | null;
}

/** Pooled word errors of each mode by folder of the first path level, as `results.folders` of the contract gives them; sorted by folder. */
export function foldersByMode(input: ResultsInput): FolderScore[] {
  const scores: FolderScore[] = [];
  for (const { mode, rows } of input.modes) {
    const folders = new Map<string, { files: number; counts: WordCounts }>();
    for (const row of rows) {
      const end = row.fileId.indexOf('/');
      const name = end === -1 ? '.' : row.fileId.slice(0, end);
      const folder = folders.get(name) ?? { files: 0, counts: NO_WORDS };
      folders.set(name, folder);
      folder.files++;
      folder.counts = addCounts(folder.counts, scoredCounts(row, statusOf(row), input) ?? NO_WORDS);
    }
    for (const [folder, { files, counts }] of folders) scores.push({ folder, mode, files, counts, werRatio: werRatio(counts) });
  }
  return scores.sort((left, right) =>
    left.folder < right.folder ? -1 : left.folder > right.folder ? 1 : MODES.indexOf(left.mode) - MODES.indexOf(right.mode),
  );
}
