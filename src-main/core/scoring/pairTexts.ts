import type { TranscriptRow, Transcripts } from './transcriptText.ts';

export interface TextPair {
  readonly id: string;
  /** As the file says, else the id up to its first `-` or `_`, as LibriSpeech and sclite have it; the whole id without one. */
  readonly speaker: string;
  readonly reference: string;
  /** null: no answer; compared as deletions. */
  readonly hypothesis: string | null;
}

/** What is compared, and everything that could not be compared as it stands: nothing is dropped without being named. */
export interface PairedTexts {
  readonly pairs: readonly TextPair[];
  /** Scored: every word is a deletion. */
  readonly missingHypotheses: readonly string[];
  /** Not scored: nothing to compare with. */
  readonly unusedHypotheses: readonly string[];
  /** Not scored: the row has a hypothesis and no reference. */
  readonly missingReferences: readonly string[];
  /** Ids that occur again. Of two files the first row with the id counts on each side; of one file with both sides every row is scored. */
  readonly duplicates: readonly string[];
  /** Not scored: rows of a night that were cancelled, left out or not reached. */
  readonly notRun: readonly string[];
}

function stemOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1).replace(/\.[A-Za-z0-9]{1,5}$/, '');
}

function speakerOf({ id, speaker }: TranscriptRow): string {
  return speaker ?? /^[^-_]+/.exec(stemOf(id))?.[0] ?? id;
}

/** Rows of one file that has both sides. */
export function pairsOfRows({ rows, notRun }: Transcripts): PairedTexts {
  const seen = new Set<string>();
  const duplicates = new Set<string>();
  const pairs: TextPair[] = [];
  const missingHypotheses: string[] = [];
  const missingReferences: string[] = [];
  for (const row of rows) {
    const { id, reference, hypothesis } = row;
    if (seen.has(id)) duplicates.add(id);
    seen.add(id);
    if (reference === null) {
      missingReferences.push(id);
      continue;
    }
    if (hypothesis === null) missingHypotheses.push(id);
    pairs.push({ id, speaker: speakerOf(row), reference, hypothesis });
  }
  return { pairs, missingHypotheses, unusedHypotheses: [], missingReferences, duplicates: [...duplicates], notRun };
}

/**
 * References and hypotheses of two files, by id, in the order of the references. A hypothesis whose id is no reference's is looked for by the name of its file
 * without folder and ending, because results name files and transcripts name utterances.
 */
export function pairById(references: Transcripts, hypotheses: Transcripts): PairedTexts {
  const duplicates = new Set<string>();
  const firstById = new Map<string, TranscriptRow>();
  for (const row of references.rows) {
    if (firstById.has(row.id)) duplicates.add(row.id);
    else firstById.set(row.id, row);
  }
  const toReferenceId = (id: string): string | null => (firstById.has(id) ? id : firstById.has(stemOf(id)) ? stemOf(id) : null);
  const answers = new Map<string, TranscriptRow>();
  const unusedHypotheses: string[] = [];
  for (const row of hypotheses.rows) {
    const id = toReferenceId(row.id);
    if (id === null) unusedHypotheses.push(row.id);
    else if (answers.has(id)) duplicates.add(row.id);
    else answers.set(id, row);
  }
  const notRun = new Set(hypotheses.notRun.map((id) => toReferenceId(id) ?? id));
  const pairs: TextPair[] = [];
  const missingHypotheses: string[] = [];
  for (const [id, row] of firstById) {
    const answer = answers.get(id);
    if (answer === undefined && notRun.has(id)) continue;
    const hypothesis = answer?.hypothesis ?? null;
    if (hypothesis === null) missingHypotheses.push(id);
    const speaker = speakerOf({ ...row, speaker: row.speaker ?? answer?.speaker ?? null });
    pairs.push({ id, speaker, reference: row.reference ?? '', hypothesis });
  }
  return { pairs, missingHypotheses, unusedHypotheses, missingReferences: [], duplicates: [...duplicates], notRun: [...notRun] };
}
