import { z } from 'zod';
import { completeProfile, ProfileDraftSchema } from '#shared/contract/profiles.ts';
import type { MessageLocale } from '#shared/errors/messages.ts';
import { ZOD_MESSAGES } from '../../i18n/zodMessages.ts';
import { idOf, type Pair, type ProfileForm, toDraft } from './profileForm.ts';

/** Sentences of the panel for what the schema has no words for in both languages. */
export type ProblemKey =
  | 'number'
  | 'needed'
  | 'id'
  | 'idOwn'
  | 'idTaken'
  | 'host'
  | 'hostElsewhere'
  | 'env'
  | 'pattern'
  | 'twice'
  | 'nameless';

export type Problem =
  | { readonly key: ProblemKey }
  | { readonly key: 'atLeast' | 'atMost'; readonly bound: number }
  | { readonly text: string };

/** By the place in the profile: `timeouts.connectMs`, `start.args`. */
export type Problems = Readonly<Partial<Record<string, Problem>>>;

/** Rows and lists are one field each: what is wrong in them is told there. */
const LISTS = ['start.args', 'start.env', 'options.fields'];

/**
 * What keeps the profile from being saved, at the fields where it is.
 * @param takenIds of other profiles
 */
export function profileProblems(form: ProfileForm, locale: MessageLocale, takenIds: readonly string[]): Problems {
  const problems: Record<string, Problem> = {};
  const say = (place: string, problem: Problem): void => {
    problems[place] ??= problem;
  };
  if (form.startKind === 'command') sayOfPairs(form.env, 'start.env', say);
  sayOfPairs(form.fields, 'options.fields', say);
  if (form.name.trim() !== '' && takenIds.includes(idOf(form))) say('id', { key: 'idTaken' });
  const draft = toDraft(form);
  const parsed = ProfileDraftSchema.safeParse(draft, { error: ZOD_MESSAGES[locale] });
  for (const issue of parsed.success ? contradictions(draft) : parsed.error.issues) {
    const path = issue.path.map(String).join('.');
    say(LISTS.find((list) => path.startsWith(list)) ?? path, problemOf(path, issue));
  }
  return problems;
}

function contradictions(draft: z.input<typeof ProfileDraftSchema>): readonly z.core.$ZodIssue[] {
  try {
    completeProfile(draft);
    return [];
  } catch (error) {
    if (error instanceof z.ZodError) return error.issues;
    throw error;
  }
}

function problemOf(path: string, issue: z.core.$ZodIssue): Problem {
  const isCustom = issue.code === 'custom';
  switch (path) {
    case 'id':
      return { key: isCustom ? 'idOwn' : 'id' };
    case 'host':
      return { key: isCustom ? 'hostElsewhere' : 'host' };
    case 'ready.check.pattern':
      if (isCustom) return { key: 'pattern' };
      break;
    default:
      if (path.startsWith('start.env.')) return { key: 'env' };
  }
  if (issue.code === 'too_small' && issue.origin === 'string') return { key: 'needed' };
  if (issue.code === 'too_small') return { key: 'atLeast', bound: Number(issue.minimum) };
  if (issue.code === 'too_big' && issue.origin !== 'string') return { key: 'atMost', bound: Number(issue.maximum) };
  // Nothing in the form but a number can have another type than it should.
  return issue.code === 'invalid_type' ? { key: 'number' } : { text: issue.message };
}

function sayOfPairs(pairs: readonly Pair[], place: string, say: (place: string, problem: Problem) => void): void {
  const names = pairs.filter(({ name, value }) => name.trim() !== '' || value !== '').map(({ name }) => name.trim());
  if (names.includes('')) say(place, { key: 'nameless' });
  if (new Set(names).size < names.length) say(place, { key: 'twice' });
}
