import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SEARCH_TEXT_MAX_CHARS, type SearchHit } from '#shared/contract/search.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import { useNow } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { hrefOf } from '../../app/routing.ts';
import { useSearchShortcut } from '../../app/shortcuts.ts';
import { usePanel } from '../../state/store.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { useSearch } from './useSearch.ts';
import './search.css';

/** Words in the texts of all runs. */
export function SearchScreen() {
  const { t } = useTranslation();
  const format = useFormat();
  const [text, setText] = useState('');
  const [mode, setMode] = useState<Mode | null>(null);
  const input = useRef<HTMLInputElement>(null);
  useSearchShortcut(input);
  // Whoever comes here wants to type; screen readers hear the name and the hint of the field.
  useEffect(() => input.current?.focus(), []);
  const { hits, hasMore, error, loadMore } = useSearch(text.trim(), mode);
  const count = hits?.length ?? 0;
  const number = format.number(count);
  return (
    <div className="screen searchScreen">
      <div className="screenHead">
        <div>
          <h1>{t('search.title')}</h1>
          <p className="sub">{t('search.sub')}</p>
        </div>
      </div>
      <div className="searchTools">
        <input
          ref={input}
          type="search"
          className="input"
          placeholder={t('search.label')}
          aria-label={t('search.label')}
          aria-describedby="searchHint"
          maxLength={SEARCH_TEXT_MAX_CHARS}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <select
          className="input"
          aria-label={t('search.mode')}
          value={mode ?? ''}
          onChange={(event) => setMode(MODES.find((name) => name === event.currentTarget.value) ?? null)}
        >
          <option value="">{t('search.allModes')}</option>
          {MODES.map((name) => (
            <option key={name} value={name}>
              {t(`mode.${name}`)}
            </option>
          ))}
        </select>
        <p id="searchHint" className="sub">
          {t('search.hint')}
        </p>
      </div>
      {error !== null && <ErrorNote error={error} />}
      <p role="status" className="sub">
        {hits === null
          ? t('search.start')
          : count === 0
            ? t('search.none')
            : hasMore
              ? t('search.foundMore', { number })
              : t('search.found', { count, number })}
      </p>
      {count > 0 && (
        <ol className="searchHits" aria-label={t('search.results')}>
          {hits?.map((hit) => (
            <Hit key={hit.resultId} hit={hit} />
          ))}
        </ol>
      )}
      {hasMore && (
        <button type="button" className="button" onClick={loadMore}>
          {t('search.more')}
        </button>
      )}
    </div>
  );
}

function Hit({ hit }: { readonly hit: SearchHit }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const { runId, itemId, fileId, runName, mode, createdAtMs } = hit;
  const select = (): void => {
    if (runId === null || itemId === null) return;
    const { openItems, selectItem } = usePanel.getState();
    // A selection belongs to the run whose files are open.
    openItems({ runId, filter: 'all', search: '' });
    selectItem(itemId);
  };
  return (
    <li>
      <p className="searchText">
        <Marked hit={hit} />
      </p>
      <p className="searchPlace">
        {runId === null ? (
          <span>{t('search.runGone')}</span>
        ) : (
          <a href={hrefOf({ screen: 'run', runId })} onClick={select}>
            {fileId ?? t('search.ofRun', { run: runId, name: runName ?? '' })}
          </a>
        )}
        <span>
          <span className={`dot ${mode}`} /> {t(`mode.${mode}`)}
        </span>
        {runId !== null && <span>{t('search.ofRun', { run: runId, name: runName ?? '' })}</span>}
        <time className="num" dateTime={new Date(createdAtMs).toISOString()}>
          {format.clock(createdAtMs, now)}
        </time>
      </p>
    </li>
  );
}

function Marked({ hit: { excerpt, matches } }: { readonly hit: SearchHit }) {
  const ends = matches.map(([, end]) => end);
  return (
    <>
      {matches.map(([start, end], place) => (
        <span key={start}>
          {excerpt.slice(ends[place - 1] ?? 0, start)}
          <mark>{excerpt.slice(start, end)}</mark>
        </span>
      ))}
      {excerpt.slice(ends.at(-1) ?? 0)}
    </>
  );
}
