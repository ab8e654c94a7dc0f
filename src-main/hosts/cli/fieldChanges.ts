import { type ProfileDraft, ProfileDraftSchema } from '#shared/contract/profiles.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { FieldChange } from './serverFlags.ts';

/**
 * A profile with some fields set, made out of nothing where there is no base.
 * @throws INPUT_INVALID with the field when it is no profile any more
 */
export function applyChanges(base: ProfileDraft | null, changes: readonly FieldChange[]): ProfileDraft {
  const draft = structuredClone(base ?? {}) as Record<string, unknown>;
  for (const change of changes) setField(draft, change);
  const parsed = ProfileDraftSchema.safeParse(draft);
  if (parsed.success) return draft as ProfileDraft;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join('.') || 'server';
  throw new NightshiftError('INPUT_INVALID', { field, detail: issue?.message ?? 'not valid' });
}

/** Fields that still hold a placeholder of a preset, like `<model>`. */
export function openPlaces(value: unknown, place = ''): string[] {
  if (typeof value === 'string') return /<[^<>]+>/.test(value) ? [place] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => openPlaces(entry, place === '' ? key : `${place}.${key}`));
}

function setField(draft: Record<string, unknown>, { path, value }: FieldChange): void {
  let place = draft;
  for (const [index, key] of path.entries()) {
    if (key === '' || key === '__proto__') throw new NightshiftError('INPUT_INVALID', { field: path.join('.'), detail: 'no such field' });
    if (index === path.length - 1) {
      place[key] = value;
      return;
    }
    const inner = Object.hasOwn(place, key) ? place[key] : null;
    const next = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
    place[key] = next;
    place = next;
  }
}
