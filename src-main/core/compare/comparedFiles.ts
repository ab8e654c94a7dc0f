import type { ComparedSystem } from '#shared/contract/compare.ts';
import type { NormalizerName } from '#shared/domain/scores.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Connection } from '#main/core/persistence/connection.ts';
import { compareReads, type ComparedRow, type ComparedRun } from '#main/core/persistence/operations/compare.ts';
import { normalizerOf } from '#main/core/scoring/normalizers.ts';

/** Rows read in one statement; a page of 20-word transcripts is some 500 kB. */
const ROWS_IN_PAGE = 2_000;

/** An input with a reference that was answered or has failed: what a rate is made of. */
export interface ScoredRow extends ComparedRow {
  readonly reference: string;
  /** What it is compared with; null where it failed. */
  readonly answer: string | null;
}

/** One mode of one run with its inputs. */
export interface SystemFiles {
  readonly system: ComparedSystem;
  readonly run: ComparedRun;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly files: number;
  readonly withoutReference: number;
  readonly withoutOutcome: number;
  readonly scored: readonly ScoredRow[];
}

/** @throws RUN_NOT_FOUND, NOTHING_TO_COMPARE (reason `modeNotRun`) */
export function readSystem(connection: Connection, system: ComparedSystem): SystemFiles {
  const { runId, mode } = system;
  const run = readRun(connection, runId);
  const ofMode = run.modes.find((candidate) => candidate.mode === mode);
  if (ofMode === undefined) throw new NightshiftError('NOTHING_TO_COMPARE', { reason: 'modeNotRun', runId, mode });
  const scored: ScoredRow[] = [];
  let files = 0;
  let withoutReference = 0;
  let withoutOutcome = 0;
  for (let afterId = 0; ;) {
    const page = compareReads.comparedRows(connection, { runId, mode, afterId, count: ROWS_IN_PAGE });
    const last = page.at(-1);
    if (last === undefined) break;
    afterId = last.itemId;
    for (const row of page) {
      files++;
      const { reference, hypothesis, status } = row;
      const isAnswered = (status === 'done' || (status === 'skipped' && row.doneEarlier)) && hypothesis !== null;
      if (reference === null) withoutReference++;
      else if (isAnswered || status === 'failed') scored.push({ ...row, reference, answer: isAnswered ? hypothesis : null });
      else withoutOutcome++;
    }
  }
  return { system, run, startedAtMs: ofMode.startedAtMs, endedAtMs: ofMode.endedAtMs, files, withoutReference, withoutOutcome, scored };
}

/** @throws RUN_NOT_FOUND */
export function readRun(connection: Connection, runId: number): ComparedRun {
  const run = compareReads.comparedRun(connection, { runId });
  if (run === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
  return run;
}

export interface CommonFiles {
  /** For each file the rows of all systems, in the order of the first one's. */
  readonly files: readonly (readonly ScoredRow[])[];
  /** The same file with another reference. */
  readonly differentReferences: number;
}

/**
 * Files that every system has. Within one run an input is itself. Between runs files are the same when their content is: by hash, and of several with
 * one content the one of the same path, else the first that is left. A file whose content is nowhere (it was converted or tagged anew) is looked for by path
 * and reference. References are compared after normalisation.
 */
export function matchFiles(systems: readonly SystemFiles[], normalizer: NormalizerName): CommonFiles {
  const [first, ...others] = systems;
  if (first === undefined) return { files: [], differentReferences: 0 };
  const { normalize } = normalizerOf(normalizer);
  const finders = others.map((other) => (other.run.id === first.run.id ? finderOfItems(other.scored) : finderOfFiles(other.scored)));
  const files: ScoredRow[][] = [];
  let differentReferences = 0;
  for (const row of first.scored) {
    const found = finders.map((find) => find(row));
    const rows = found.filter((candidate) => candidate !== undefined);
    if (rows.length < finders.length) continue;
    const isSame = rows.every(({ reference }) => reference === row.reference || normalize(reference) === normalize(row.reference));
    if (isSame) files.push([row, ...rows]);
    else differentReferences++;
  }
  return { files, differentReferences };
}

type Finder = (wanted: ScoredRow) => ScoredRow | undefined;

function finderOfItems(rows: readonly ScoredRow[]): Finder {
  const byId = new Map(rows.map((row) => [row.itemId, row] as const));
  return ({ itemId }) => byId.get(itemId);
}

/** Each row is found once. */
function finderOfFiles(rows: readonly ScoredRow[]): Finder {
  const byHash = new Map<string, ScoredRow[]>();
  const byPath = new Map<string, ScoredRow>();
  const used = new Set<ScoredRow>();
  for (const row of rows) {
    byPath.set(row.fileId, row);
    if (row.sha256 === null) continue;
    const same = byHash.get(row.sha256);
    if (same === undefined) byHash.set(row.sha256, [row]);
    else same.push(row);
  }
  return ({ sha256, fileId, reference }) => {
    const left = (sha256 === null ? [] : (byHash.get(sha256) ?? [])).filter((row) => !used.has(row));
    const ofPath = byPath.get(fileId);
    const found =
      left.find((row) => row.fileId === fileId) ??
      left[0] ??
      (ofPath !== undefined && ofPath.reference === reference && !used.has(ofPath) ? ofPath : undefined);
    if (found !== undefined) used.add(found);
    return found;
  };
}
