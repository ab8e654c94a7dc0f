import type { KnownServer } from '#shared/contract/servers.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { SERVER_REASON_TEXTS, SERVER_WARNING_TEXTS, type ServerStatus } from '#shared/domain/server.ts';
import { errorText, type MessageLocale } from '#shared/errors/messages.ts';

const TROUBLE: readonly ServerStatus[] = ['suspect', 'unresponsive', 'crashed', 'backingOff', 'broken'];
const WELL: readonly ServerStatus[] = ['ready', 'busy', 'adopted'];

/**
 * What whoever watches a run should hear about its servers: each trouble, when the server starts again, and that it works again.
 * @returns for each state of a server a line, or null when it is no news
 */
export function createServerNews(locale: MessageLocale): (server: KnownServer) => string | null {
  const told = new Map<string, string>();
  const inTrouble = new Set<string>();
  return (server) => {
    const { id, status } = server;
    const news = newsOf(server, locale, inTrouble.has(id));
    if (TROUBLE.includes(status)) inTrouble.add(id);
    else if (WELL.includes(status)) inTrouble.delete(id);
    if (news === null) return null;
    // A state is told again for each session that comes and goes.
    const key = `${status} ${server.sinceMs} ${server.warnings.join()}`;
    if (told.get(id) === key) return null;
    told.set(id, key);
    return `Server ${id}: ${news}`;
  };
}

/** Whether the run uses the server: those it names for the mode, else Nightshift's own, which are called by their mode. */
export function isServerOf({ options }: RunSummary, { id, mode }: KnownServer): boolean {
  const profiles = options.profiles[mode];
  return options.modes.includes(mode) && (profiles === null ? id === mode : profiles.some((profile) => profile.id === id));
}

function newsOf(server: KnownServer, locale: MessageLocale, wasInTrouble: boolean): string | null {
  const { status, reason, error, restartAtMs, sinceMs, warnings } = server;
  const why = reason === null ? '' : SERVER_REASON_TEXTS[reason].en;
  const failure = error === null ? '' : `${error.code}: ${errorText(error, locale).what} `;
  switch (status) {
    case 'suspect':
      return `${why}.`;
    case 'backingOff':
      return restartAtMs === null ? null : `${failure}Starts again in ${((restartAtMs - sinceMs) / 1_000).toFixed(1)} s.`;
    case 'broken':
      return `${failure}Given up: ${why}.`;
    case 'ready':
    case 'busy':
    case 'adopted':
      if (wasInTrouble) return 'works again.';
      return warnings.length === 0 ? null : warnings.map((warning) => SERVER_WARNING_TEXTS[warning].en).join(' ');
    default:
      return null;
  }
}
