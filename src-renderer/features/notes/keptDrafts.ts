import type { NotesDraft } from './notesDraft.ts';

/** What was typed and not saved, by run: it outlives the screen it was typed on. */
const drafts = new Map<number, NotesDraft>();

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

export function keptDraft(runId: number): NotesDraft | null {
  return drafts.get(runId) ?? null;
}

/** Keeps what was typed, or forgets it (null). While something is kept, closing or reloading the page asks first. */
export function keepDraft(runId: number, draft: NotesDraft | null): void {
  if (draft === null) drafts.delete(runId);
  else drafts.set(runId, draft);
  if (drafts.size > 0) addEventListener('beforeunload', askBeforeLeaving);
  else removeEventListener('beforeunload', askBeforeLeaving);
}
