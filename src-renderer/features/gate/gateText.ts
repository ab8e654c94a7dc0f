import { GateSchema, type Gate } from '#shared/contract/gate.ts';
import type { MessageLocale } from '#shared/errors/messages.ts';
import { ZOD_MESSAGES } from '../../i18n/zodMessages.ts';

/** Longer files hold something else; the same bound as for `--gate`. */
export const MAX_GATE_BYTES = 1_000_000;

/** Rules to begin with; the figures are examples and meant to be changed. */
export const EXAMPLE_GATE: Gate = GateSchema.parse({
  version: 1,
  name: 'release',
  rules: [
    { scope: 'run', metric: 'successRatio', min: 0.98 },
    { scope: 'mode', metric: 'werRatio', max: 0.12 },
    { scope: 'item', metric: 'rtf', max: 1, allowed: 5, severity: 'warning' },
  ],
});

/** Rules as people edit them: one a line, and what has its default is left out. */
export function gateText(gate: Gate): string {
  const rules = gate.rules.map(({ tolerance, severity, optional, ...rule }) => ({
    ...rule,
    ...(rule.expected !== undefined && { tolerance }),
    ...(severity !== 'error' && { severity }),
    ...(optional && { optional }),
  }));
  const lines = rules.map((rule) => `    ${JSON.stringify(rule)}`);
  return `{\n  "version": ${gate.version},\n  "name": ${JSON.stringify(gate.name)},\n  "rules": [\n${lines.join(',\n')}\n  ]\n}`;
}

export interface GateProblem {
  /** Where in the rules, as a path; null: the text as a whole is no JSON. */
  readonly place: string | null;
  /** null: the rule has no bound, the one thing the schema itself has no words for. */
  readonly message: string | null;
}

/** The rules in a text, or the first thing that is wrong with it (of no JSON at all in the machine's own words); null for an empty text. */
export function readGate(text: string, locale: MessageLocale): { readonly gate: Gate } | { readonly problem: GateProblem } | null {
  if (text.trim() === '') return null;
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return { problem: { place: null, message: error instanceof Error ? error.message : String(error) } };
  }
  const parsed = GateSchema.safeParse(document, { error: ZOD_MESSAGES[locale] });
  if (parsed.success) return { gate: parsed.data };
  const issue = parsed.error.issues[0];
  return { problem: { place: issue?.path.map(String).join('.') ?? '', message: issue?.code === 'custom' ? null : (issue?.message ?? '') } };
}
