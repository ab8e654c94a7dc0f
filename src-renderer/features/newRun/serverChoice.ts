import type { KnownServer } from '#shared/contract/servers.ts';
import type { RunOptions } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';

type Listed = Pick<KnownServer, 'id' | 'mode' | 'isServing'>;
interface Choice extends Pick<RunOptions, 'servers'> {
  readonly serverIds: readonly string[];
}

/** The servers that a mode of the run will use: those chosen for it, else the usual ones, or none by name where it takes what runs already. */
export function serversOf({ serverIds, servers: owner }: Choice, known: readonly Listed[], mode: Mode): string[] {
  const ofMode = known.filter((server) => server.mode === mode);
  const chosen = ofMode.filter(({ id }) => serverIds.includes(id));
  if (chosen.length > 0) return chosen.map(({ id }) => id);
  return owner === 'running' ? [] : ofMode.filter(({ isServing }) => isServing).map(({ id }) => id);
}

/** The choice after one server of a mode was ticked or unticked; what is usual need not be chosen. */
export function withServer(choice: Choice, known: readonly Listed[], mode: Mode, id: string): string[] {
  const now = serversOf(choice, known, mode);
  const next = now.includes(id) ? now.filter((other) => other !== id) : [...now, id];
  const others = choice.serverIds.filter((other) => known.some((server) => server.id === other && server.mode !== mode));
  const usual = serversOf({ ...choice, serverIds: [] }, known, mode);
  const isUsual = next.length === usual.length && next.every((chosen) => usual.includes(chosen));
  return isUsual ? others : [...others, ...next];
}

/** The choice without servers of modes that the run does not have: the runtime refuses them. */
export function serversIn(serverIds: readonly string[], known: readonly Listed[], modes: readonly Mode[]): string[] {
  return serverIds.filter((id) => known.some((server) => server.id === id && modes.includes(server.mode)));
}
