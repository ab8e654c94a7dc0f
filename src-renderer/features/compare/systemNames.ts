import type { ComparedSystem } from '#shared/contract/compare.ts';
import type { Mode } from '#shared/domain/mode.ts';

/** A system as the screen shows it; its place in the list is its name everywhere else. */
export interface ShownSystem extends ComparedSystem {
  readonly runName: string;
  /** What tells it from the others: the mode, the run, or both. */
  readonly name: string;
  /** How many systems of the same mode come before it; each gets another shade of the mode's colour. */
  readonly shade: number;
}

/** Names the systems by what they differ in; runs of equal names get their number. */
export function namedSystems(
  systems: readonly (ComparedSystem & { readonly runName: string })[],
  modeName: (mode: Mode) => string,
): ShownSystem[] {
  const runIds = new Set(systems.map(({ runId }) => runId));
  const modes = new Set(systems.map(({ mode }) => mode));
  const isNameTwice = new Set(systems.map(({ runName }) => runName)).size < runIds.size;
  return systems.map(({ runId, mode, runName }, index) => {
    const run = isNameTwice ? `${runName} #${runId}` : runName;
    const parts = [...(modes.size > 1 || runIds.size === 1 ? [modeName(mode)] : []), ...(runIds.size > 1 ? [run] : [])];
    return { runId, mode, runName, name: parts.join(' · '), shade: systems.slice(0, index).filter((other) => other.mode === mode).length };
  });
}

/** What the heading says: the run and its modes, or the names of the runs. */
export function comparisonTitle(systems: readonly ShownSystem[]): string {
  const runNames = [...new Set(systems.map(({ runName }) => runName))];
  const runIds = new Set(systems.map(({ runId }) => runId));
  return runIds.size === 1 ? `${runNames[0] ?? ''}: ${systems.map(({ name }) => name).join(', ')}` : runNames.join(' · ');
}
