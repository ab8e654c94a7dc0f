import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RouteInput, RouteOutput } from '#shared/contract/routes.ts';
import { useClient } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { usePanel } from '../../state/store.ts';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { copyText } from '../../ui/copyText.ts';
import { KEPT_LINES, linesWith, withLines } from './logLines.ts';

/** Longest wait of one question for new lines, ms: few questions pile up where somebody looks through many servers. */
const WAIT_MS = 2_000;
/** After a question that was not answered, ms. */
const AGAIN_MS = 2_000;
/** Closer to the end than this counts as the end, px. */
const END_PX = 24;

interface Log {
  readonly path: string;
  readonly lines: readonly string[];
}

/** The last lines of a log and every further one; it stays at the end unless the user scrolled up. */
export function ServerLog({ id, name, isOurs }: { readonly id: string; readonly name: string; readonly isOurs: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const addNotice = usePanel((state) => state.addNotice);
  const log = useLog(id);
  const [search, setSearch] = useState('');
  const [isAtEnd, setAtEnd] = useState(true);
  const box = useRef<HTMLPreElement>(null);
  const lines = log?.lines ?? [];
  const shown = linesWith(lines, search);
  useEffect(() => {
    if (isAtEnd) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [shown, isAtEnd]);
  const copy = async (): Promise<void> => {
    const isCopied = await copyText(shown.join('\n'));
    const text = isCopied
      ? t('servers.logCopied', { count: shown.length, number: format.number(shown.length) })
      : t('servers.logNotCopied');
    addNotice({ kind: 'info', text });
  };
  return (
    <section className="card logCard" aria-labelledby="logTitle">
      <div className="logHead">
        <h2 id="logTitle">{t('servers.log')}</h2>
        <input
          type="search"
          className="input"
          aria-label={t('servers.logSearch')}
          placeholder={t('servers.logSearch')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <span role="status" className="faint num">
          {search.trim() === ''
            ? t('servers.logLines', { count: lines.length, number: format.number(lines.length) })
            : t('servers.logFound', { found: format.number(shown.length), total: format.number(lines.length) })}
        </span>
        <span className="logButtons">
          <button type="button" className="button small" disabled={isAtEnd} onClick={() => setAtEnd(true)}>
            {t('servers.logToEnd')}
          </button>
          <button type="button" className="button small" disabled={shown.length === 0} onClick={() => void copy()}>
            {t('servers.logCopy')}
          </button>
        </span>
      </div>
      <pre
        ref={box}
        className="log mono"
        tabIndex={0}
        aria-label={t('servers.logOf', { name })}
        onScroll={({ currentTarget }) =>
          setAtEnd(currentTarget.scrollHeight - currentTarget.scrollTop - currentTarget.clientHeight < END_PX)
        }
      >
        {lines.length === 0
          ? t(isOurs ? 'servers.logEmpty' : 'servers.logExternal')
          : shown.length === 0
            ? t('servers.logNoMatch')
            : shown.join('\n')}
      </pre>
      {log !== null && log.path !== '' && (
        <p className="logPath">
          <code className="faint wrapAnywhere">{log.path}</code>
          <CopyButton text={log.path} />
        </p>
      )}
    </section>
  );
}

/** The log as it is and as it goes on; null until the first answer. */
function useLog(id: string): Log | null {
  const client = useClient();
  const [log, setLog] = useState<Log | null>(null);
  useEffect(() => {
    setLog(null);
    const ended = new AbortController();
    const { signal } = ended;
    const follow = async (): Promise<void> => {
      let after: number | null = null;
      while (!signal.aborted) {
        try {
          const wanted: RouteInput<'servers.log'> = { id, lines: KEPT_LINES, after, waitMs: after === null ? 0 : WAIT_MS };
          const { path, lines, next }: RouteOutput<'servers.log'> = await client.request('servers.log', wanted);
          if (signal.aborted) return;
          const isFirst = after === null;
          // An owner that began anew has counted from the start: what it has is read whole.
          after = after !== null && next < after ? null : next;
          if (isFirst) setLog({ path, lines });
          else if (lines.length > 0) setLog((before) => ({ path, lines: withLines(before?.lines ?? [], lines) }));
        } catch {
          // No connection, or the server is known no more: it is asked again until another one is chosen.
          await waited(AGAIN_MS, signal);
        }
      }
    };
    void follow();
    return () => ended.abort();
  }, [client, id]);
  return log;
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
