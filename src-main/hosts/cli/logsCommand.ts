import { setTimeout as delay } from 'node:timers/promises';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { LogEntry } from '#shared/contract/log.ts';
import type { RouteInput } from '#shared/contract/routes.ts';
import type { MessageLocale } from '#shared/errors/messages.ts';
import { eventText } from '#shared/texts/eventText.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import type { LogsCommand } from './logFlags.ts';

const PAGE = 1_000;
const FOLLOW_INTERVAL_MS = 500;

/** `logs`: the last entries, oldest first, as sentences or JSON Lines; with `--follow` until a signal. */
export async function runLogs({ common, output, open, onSignal }: CliContext, command: LogsCommand): Promise<number> {
  const opened = await open();
  const ended = new AbortController();
  const offSignal = onSignal(() => ended.abort());
  const tell = (entry: LogEntry): void => {
    output.json({ type: 'event', ...entry });
    output.line(entryLine(entry, common.locale));
  };
  try {
    const filter = { ...command, kinds: [...command.kinds] };
    const { entries, newestId } = await lastEntries(opened.client, filter, command.tail);
    for (const entry of entries) tell(entry);
    if (entries.length === 0 && !command.isFollowing) output.notice('Nothing was logged that fits.');
    if (command.isFollowing) await follow(opened.client, filter, newestId, tell, ended.signal);
    return EXIT.done;
  } finally {
    offSignal();
    await opened.close();
  }
}

type Filter = Omit<RouteInput<'log.list'>, 'beforeId' | 'afterId' | 'count'>;

async function lastEntries(client: NightshiftClient, filter: Filter, tail: number): Promise<{ entries: LogEntry[]; newestId: number }> {
  const first = await client.request('log.list', { ...filter, count: Math.max(1, Math.min(PAGE, tail)) });
  const pages = tail === 0 ? [] : [first.entries];
  let found = first.entries.length;
  for (let beforeId = first.next; beforeId !== null && found < tail;) {
    const page = await client.request('log.list', { ...filter, beforeId, count: Math.min(PAGE, tail - found) });
    pages.unshift(page.entries);
    found += page.entries.length;
    beforeId = page.next;
  }
  return { entries: pages.flat(), newestId: first.newestId };
}

async function follow(
  client: NightshiftClient,
  filter: Filter,
  newestId: number,
  tell: (entry: LogEntry) => void,
  signal: AbortSignal,
): Promise<void> {
  let afterId = newestId;
  while (!signal.aborted) {
    const { entries, newestId: newest } = await client.request('log.list', { ...filter, afterId, count: PAGE });
    for (const entry of entries) tell(entry);
    // A full page may have more behind it; else everything up to the newest was looked at.
    afterId = entries.length === PAGE ? (entries.at(-1)?.id ?? afterId) : newest;
    if (entries.length < PAGE) await delay(FOLLOW_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** `2026-11-21 02:14:07  WARN   a/1.wav [streaming] failed and is tried again: …`, in local time. */
export function entryLine(entry: LogEntry, locale: MessageLocale): string {
  const at = new Date(entry.atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${day} ${time}  ${entry.level.toUpperCase().padEnd(5)}  ${eventText(entry, locale)}`;
}
