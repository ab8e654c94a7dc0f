import { GateSchema, type Gate } from '#shared/contract/gate.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { parseJsonFile } from '#shared/util/parseJsonFile.ts';

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

/** The rules in a text, or what is wrong with it and where; null for an empty text. */
export function readGate(text: string): { readonly gate: Gate } | { readonly problem: WireError } | null {
  if (text.trim() === '') return null;
  try {
    return { gate: parseJsonFile(GateSchema, text, 'gate') };
  } catch (error) {
    return { problem: toWireError(error) };
  }
}
