import type { ProfileForm } from './profileForm.ts';

/** A profile that is being edited. */
export interface Editing {
  /** null: a new one. */
  readonly id: string | null;
  /** As it was when the editor was opened. */
  readonly base: ProfileForm;
  /** What to know about a preset before it is started. */
  readonly hint: string | null;
}

export interface KeptProfile {
  readonly editing: Editing;
  readonly form: ProfileForm;
}

/** What was typed and not saved: it outlives the screen it was typed on. */
let kept: KeptProfile | null = null;

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

export function keptProfile(): KeptProfile | null {
  return kept;
}

/** Keeps what was typed, or forgets it (null). While something is kept, closing or reloading the page asks first. */
export function keepProfile(profile: KeptProfile | null): void {
  kept = profile;
  if (profile === null) removeEventListener('beforeunload', askBeforeLeaving);
  else addEventListener('beforeunload', askBeforeLeaving);
}
