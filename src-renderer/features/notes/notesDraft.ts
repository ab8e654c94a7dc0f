import { RunNotesSchema, type RunNotes } from '#shared/contract/reports.ts';

/** One line of text each. */
export const LINE_FIELDS = ['date', 'author', 'role', 'phase'] as const;
/** One entry a line. */
export const LIST_FIELDS = ['agenda', 'decisions', 'deliverables', 'nextActions'] as const;

/** Notes as they are typed: every field a text, an unfinished entry included. */
export interface NotesDraft {
  readonly date: string;
  readonly author: string;
  readonly role: string;
  readonly phase: string;
  readonly background: string;
  readonly agenda: string;
  readonly decisions: string;
  readonly deliverables: string;
  readonly nextActions: string;
  readonly risks: readonly { readonly risk: string; readonly mitigation: string }[];
  readonly links: readonly { readonly title: string; readonly url: string }[];
}

export function toDraft(notes: RunNotes | null): NotesDraft {
  const lines = (list: readonly string[] | undefined): string => (list ?? []).join('\n');
  return {
    date: notes?.date ?? '',
    author: notes?.author ?? '',
    role: notes?.role ?? '',
    phase: notes?.phase ?? '',
    background: notes?.background ?? '',
    agenda: lines(notes?.agenda),
    decisions: lines(notes?.decisions),
    deliverables: lines(notes?.deliverables),
    nextActions: lines(notes?.nextActions),
    risks: notes?.risks ?? [],
    links: notes?.links ?? [],
  };
}

/** What is kept of a draft: trimmed, empty lines and fields left out; null when nothing is left. */
export function toNotes(draft: NotesDraft): RunNotes | null {
  const notes: RunNotes = {};
  for (const field of [...LINE_FIELDS, 'background'] as const) {
    const text = draft[field].trim();
    if (text !== '') notes[field] = text;
  }
  for (const field of LIST_FIELDS) {
    const list = draft[field]
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    if (list.length > 0) notes[field] = list;
  }
  const risks = draft.risks
    .map(({ risk, mitigation }) => ({ risk: risk.trim(), mitigation: mitigation.trim() }))
    .filter(({ risk, mitigation }) => risk !== '' || mitigation !== '');
  if (risks.length > 0) notes.risks = risks;
  const links = draft.links
    .map(({ title, url }) => ({ title: title.trim(), url: url.trim() }))
    .filter(({ title, url }) => title !== '' || url !== '');
  if (links.length > 0) notes.links = links;
  return Object.keys(notes).length === 0 ? null : notes;
}

export type NotesProblem = 'tooLong' | 'needsRisk' | 'needsUrl';

/** What cannot be kept as it is, by field. */
export function notesProblems(draft: NotesDraft): Partial<Record<keyof NotesDraft, NotesProblem>> {
  const problems: Partial<Record<keyof NotesDraft, NotesProblem>> = {};
  const notes = toNotes(draft);
  const parsed = RunNotesSchema.safeParse(notes ?? {});
  for (const { path } of parsed.error?.issues ?? []) {
    const field = path[0];
    if (typeof field === 'string' && field in draft) problems[field as keyof NotesDraft] = 'tooLong';
  }
  if (notes?.risks?.some(({ risk }) => risk === '') === true) problems.risks = 'needsRisk';
  if (notes?.links?.some(({ url }) => url === '') === true) problems.links = 'needsUrl';
  return problems;
}

/** Whether keeping both would keep the same. */
export function isSameDraft(left: NotesDraft, right: NotesDraft): boolean {
  return JSON.stringify(toNotes(left)) === JSON.stringify(toNotes(right));
}
