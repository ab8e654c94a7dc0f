import type { ComparedSystem } from '#shared/contract/compare.ts';
import type { ModeProgress, RunSummary } from '#shared/contract/runs.ts';

/** Modes of a run that have something to compare: texts to compare with, and at least one outcome. Whether the run was scored does not matter. */
export function comparableModes(run: RunSummary): ModeProgress[] {
  return run.withReferenceCount === 0 ? [] : run.modes.filter(({ done, skipped, failed }) => done + skipped + failed > 0);
}

/** All comparable modes of a run. */
export function systemsOf(run: RunSummary): ComparedSystem[] {
  return comparableModes(run).map(({ mode }) => ({ runId: run.id, mode }));
}

/** What is compared when nobody chose: the modes of the newest finished run that has at least two; empty when there is none. */
export function proposedSystems(runs: readonly RunSummary[]): ComparedSystem[] {
  const newestFirst = runs.filter(({ status }) => status === 'finished').toSorted((left, right) => right.id - left.id);
  return newestFirst.map(systemsOf).find((systems) => systems.length > 1) ?? [];
}

export function isSameSystem(left: ComparedSystem, right: ComparedSystem): boolean {
  return left.runId === right.runId && left.mode === right.mode;
}

/** Adds a system, or takes it out when it is there. */
export function toggledSystem(systems: readonly ComparedSystem[], system: ComparedSystem): ComparedSystem[] {
  const rest = systems.filter((other) => !isSameSystem(other, system));
  return rest.length < systems.length ? rest : [...systems, system];
}
