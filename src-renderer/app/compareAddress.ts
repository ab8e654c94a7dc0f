import { MAX_SYSTEMS, type ComparedSystem } from '#shared/contract/compare.ts';
import { MODES } from '#shared/domain/mode.ts';
import { NORMALIZERS, type NormalizerName } from '#shared/domain/scores.ts';

/** What the Compare screen shows; all of it is in the address, so that a comparison can be kept and passed on. */
export interface CompareChoice {
  /** In the order of the columns; empty: the screen proposes something. */
  readonly systems: readonly ComparedSystem[];
  /** null: the one the first run was scored with. */
  readonly normalizer: NormalizerName | null;
  /** Draw whole speakers for the intervals. */
  readonly clusterBy: 'none' | 'speaker';
}

export const NOTHING_CHOSEN: CompareChoice = { systems: [], normalizer: null, clusterBy: 'none' };

const SYSTEM = /^([1-9]\d{0,14})\.(\w+)$/;

/** A choice out of the part of an address behind `?`; what cannot be read is left out. */
export function parseCompareChoice(query: string): CompareChoice {
  const fields = new URLSearchParams(query);
  const names = new Set((fields.get('systems') ?? '').split(','));
  const systems = [...names].flatMap((name): ComparedSystem[] => {
    const [, id = '', modeName] = SYSTEM.exec(name) ?? [];
    const mode = MODES.find((known) => known === modeName);
    return mode === undefined ? [] : [{ runId: Number(id), mode }];
  });
  return {
    systems: systems.slice(0, MAX_SYSTEMS),
    normalizer: NORMALIZERS.find((known) => known === fields.get('normalizer')) ?? null,
    clusterBy: fields.get('cluster') === 'speaker' ? 'speaker' : 'none',
  };
}

/** The part behind `?` with its question mark; nothing for a choice that says nothing. */
export function compareQuery({ systems, normalizer, clusterBy }: CompareChoice): string {
  const fields: string[] = [];
  if (systems.length > 0) fields.push(`systems=${systems.map(({ runId, mode }) => `${runId}.${mode}`).join(',')}`);
  if (normalizer !== null) fields.push(`normalizer=${normalizer}`);
  if (clusterBy === 'speaker') fields.push('cluster=speaker');
  return fields.length === 0 ? '' : `?${fields.join('&')}`;
}
