import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useTranslation } from 'react-i18next';
import { useShallow } from 'zustand/react/shallow';
import { LOG_SEARCH_MAX_CHARS, type LogEntry } from '#shared/contract/log.ts';
import { EVENT_KINDS, EVENT_LEVELS, type EventKind, type EventLevel } from '#shared/domain/eventLog.ts';
import { eventText } from '#shared/texts/eventText.ts';
import { useClient, useCommand, useNow } from '../../app/clientContext.ts';
import { useFormat, useLocale } from '../../app/language.ts';
import { hrefOf } from '../../app/routing.ts';
import { saveFile } from '../../app/saveFile.ts';
import { useShortcuts } from '../../app/shortcuts.ts';
import { selectServers } from '../../state/slices/servers.ts';
import { usePanel } from '../../state/store.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { type LogView, useLog } from './useLog.ts';
import './log.css';

const ROW_PX = 30;
/** Rows from the end at which older entries are asked for. */
const AHEAD_ROWS = 40;

/** What happened, newest first: chosen by severity, kind, run, server and text. */
export function LogScreen({ runId }: { readonly runId: number | null }) {
  const { t } = useTranslation();
  const client = useClient();
  const exporting = useCommand();
  const [level, setLevel] = useState<EventLevel>('info');
  const [kind, setKind] = useState<EventKind | null>(null);
  const [serverId, setServerId] = useState<string | null>(null);
  const [search, setSearch] = useState('');
  const [isFollowing, setFollowing] = useState(true);
  const deferredSearch = useDeferredValue(search);
  const servers = usePanel(useShallow(selectServers));
  const filter = useMemo(
    () => ({ level, kinds: kind === null ? [] : [kind], runId, serverId, search: deferredSearch.trim() }),
    [level, kind, runId, serverId, deferredSearch],
  );
  const view = useLog(filter, isFollowing);
  const searchInput = useRef<HTMLInputElement>(null);
  useShortcuts(
    useCallback((key) => {
      if (key !== '/') return false;
      searchInput.current?.focus();
      return true;
    }, []),
  );
  const save = (): void =>
    exporting.run(async () => {
      const { name, text } = await client.request('log.export', filter);
      saveFile(name, text, 'application/jsonl');
    });
  return (
    <div className="screen logScreen">
      <div className="screenHead">
        <div>
          <h1>{t('log.title')}</h1>
          <p className="sub">{runId === null ? t('log.sub') : t('log.ofRun', { run: runId })}</p>
        </div>
        <div className="headButtons">
          {runId !== null && (
            <a className="button" href={hrefOf({ screen: 'log', runId: null })}>
              {t('log.allRuns')}
            </a>
          )}
          <button type="button" className="button" disabled={exporting.isBusy} onClick={save}>
            {t('log.export')}
          </button>
        </div>
      </div>
      <div className="logTools">
        <input
          ref={searchInput}
          type="search"
          className="input"
          placeholder={t('log.search')}
          aria-label={t('log.search')}
          maxLength={LOG_SEARCH_MAX_CHARS}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <select
          className="input"
          aria-label={t('log.level')}
          value={level}
          onChange={(event) => setLevel(EVENT_LEVELS.find((name) => name === event.currentTarget.value) ?? 'info')}
        >
          {EVENT_LEVELS.map((name) => (
            <option key={name} value={name}>
              {t(`log.levels.${name}`)}
            </option>
          ))}
        </select>
        <select
          className="input"
          aria-label={t('log.kind')}
          value={kind ?? ''}
          onChange={(event) => setKind(EVENT_KINDS.find((name) => name === event.currentTarget.value) ?? null)}
        >
          <option value="">{t('log.allKinds')}</option>
          {EVENT_KINDS.map((name) => (
            <option key={name} value={name}>
              {t(`log.kinds.${name}`)}
            </option>
          ))}
        </select>
        <select
          className="input"
          aria-label={t('log.server')}
          value={serverId ?? ''}
          onChange={(event) => setServerId(event.currentTarget.value === '' ? null : event.currentTarget.value)}
        >
          <option value="">{t('log.allServers')}</option>
          {servers.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
        <label className="check">
          <input type="checkbox" checked={isFollowing} onChange={(event) => setFollowing(event.currentTarget.checked)} />
          {t('log.follow')}
        </label>
      </div>
      {view.error !== null && !view.isLoaded ? <ErrorNote error={view.error} /> : <Entries view={view} />}
    </div>
  );
}

function Entries({ view }: { readonly view: LogView }) {
  const { t } = useTranslation();
  const { entries, isLoaded, isLoading, hasOlder, loadOlder } = view;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => entries[index]?.id ?? index,
    overscan: 12,
  });
  const visible = virtual.getVirtualItems();
  const lastSeen = visible.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasOlder && !isLoading && lastSeen >= entries.length - AHEAD_ROWS) loadOlder();
  }, [hasOlder, isLoading, lastSeen, entries.length, loadOlder]);
  if (entries.length === 0) return <p className="empty">{isLoaded && !hasOlder ? t('log.empty') : t('app.loading')}</p>;
  return (
    <div ref={scroller} className="logList" role="region" aria-label={t('log.list')} tabIndex={0}>
      <ol style={{ height: virtual.getTotalSize() }}>
        {visible.map(({ index, key, start }) => {
          const entry = entries[index];
          return entry === undefined ? null : <Entry key={key} entry={entry} place={index + 1} top={start} />;
        })}
      </ol>
    </div>
  );
}

function Entry({ entry, place, top }: { readonly entry: LogEntry; readonly place: number; readonly top: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const locale = useLocale();
  const now = useNow(60_000);
  const text = eventText(entry, locale);
  const day = format.clock(entry.atMs, now);
  return (
    <li className={`logEntry ${entry.level}`} aria-posinset={place} aria-setsize={-1} style={{ transform: `translateY(${top}px)` }}>
      <time className="num" dateTime={new Date(entry.atMs).toISOString()}>
        {day.includes(',') ? day : format.clockWithSeconds(entry.atMs)}
      </time>
      <span className="logLevel">{t(`log.levels.${entry.level}`)}</span>
      <span className="logText" title={text}>
        {text}
      </span>
      <span className="logLink">
        <About entry={entry} />
      </span>
    </li>
  );
}

/** Leads to the run, its file or the server that the entry is about. */
function About({ entry }: { readonly entry: LogEntry }) {
  const { t } = useTranslation();
  const { runId, itemId, serverId } = entry;
  if (runId !== null && entry.code !== 'runRemoved') {
    const select = (): void => {
      if (itemId === null) return;
      const { openItems, selectItem } = usePanel.getState();
      // A selection belongs to the run whose files are open.
      openItems({ runId, filter: 'all', search: '' });
      selectItem(itemId);
    };
    return (
      <a href={hrefOf({ screen: 'run', runId })} onClick={select}>
        {t('log.run', { run: runId })}
      </a>
    );
  }
  return serverId === null ? null : <a href={hrefOf({ screen: 'servers', serverId })}>{t('log.toServer')}</a>;
}
