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
 * Files that every system has. Within one run an input is itself, between runs as `pairFiles` says. References are compared after normalisation.
 */
export function matchFiles(systems: readonly SystemFiles[], normalizer: NormalizerName): CommonFiles {
  const [first, ...others] = systems;
  if (first === undefined) return { files: [], differentReferences: 0 };
  const { normalize } = normalizerOf(normalizer);
  const matches = others.map(({ run, scored }) =>
    run.id === first.run.id ? pairInputs(first.scored, scored) : pairFiles(first.scored, scored),
  );
  const files: ScoredRow[][] = [];
  let differentReferences = 0;
  for (const row of first.scored) {
    const rows = matches.map((found) => found.get(row)).filter((candidate) => candidate !== undefined);
    if (rows.length < matches.length) continue;
    const isSame = rows.every(({ reference }) => reference === row.reference || normalize(reference) === normalize(row.reference));
    if (isSame) files.push([row, ...rows]);
    else differentReferences++;
  }
  return { files, differentReferences };
}

type Matches = ReadonlyMap<ScoredRow, ScoredRow>;

function pairInputs(rows: readonly ScoredRow[], others: readonly ScoredRow[]): Matches {
  const byId = new Map(others.map((row) => [row.itemId, row] as const));
  const found = new Map<ScoredRow, ScoredRow>();
  for (const row of rows) {
    const other = byId.get(row.itemId);
    if (other !== undefined) found.set(row, other);
  }
  return found;
}

/** What makes files of two runs the same, the surest first; null: cannot be told. Of content that is nowhere (converted or tagged anew) path and reference tell. */
const SAME_FILE: readonly ((row: ScoredRow) => string | null)[] = [
  ({ sha256, fileId }) => (sha256 === null ? null : `${sha256}\n${fileId}`),
  ({ sha256, reference }) => (sha256 === null ? null : `${sha256}\n${reference}`),
  ({ sha256 }) => sha256,
  ({ fileId, reference }) => `${fileId}\n${reference}`,
];

/** Each row is the partner of one other at the most. All rows are looked through for each rule before the next one, so that no copy takes what is another's. */
function pairFiles(rows: readonly ScoredRow[], others: readonly ScoredRow[]): Matches {
  const found = new Map<ScoredRow, ScoredRow>();
  const used = new Set<ScoredRow>();
  for (const keyOf of SAME_FILE) {
    const left = new Map<string, ScoredRow[]>();
    for (const row of others.toReversed()) {
      const key = used.has(row) ? null : keyOf(row);
      if (key === null) continue;
      const same = left.get(key);
      if (same === undefined) left.set(key, [row]);
      else same.push(row);
    }
    for (const row of rows) {
      const key = found.has(row) ? null : keyOf(row);
      const other = key === null ? undefined : left.get(key)?.pop();
      if (other === undefined) continue;
      found.set(row, other);
      used.add(other);
    }
  }
  return found;
}
