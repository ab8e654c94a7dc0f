import { useCallback, useDeferredValue, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Comparison } from '#shared/contract/compare.ts';
import { useFormat } from '../../app/language.ts';
import { useSearchShortcut } from '../../app/shortcuts.ts';
import { ErrorLists } from './ErrorLists.tsx';
import { FilesGrid } from './FilesGrid.tsx';
import { BY_DIFFERENCE, chipsOf, filesView, firstChip, type Chip, type Only } from './filesView.ts';
import { GroupTable } from './GroupTable.tsx';
import { ItemPane } from './ItemPane.tsx';
import type { ShownSystem } from './systemNames.ts';
import type { ComparisonQuestion } from './useComparison.ts';
import './files.css';

interface Props {
  readonly question: ComparisonQuestion;
  readonly comparison: Comparison;
  readonly systems: readonly ShownSystem[];
  readonly version: string;
}

/** Which files the systems differ in, and what each of them heard there. */
export function Disagreements({ question, comparison, systems, version }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const [chip, setChip] = useState<Pick<Chip, 'filter' | 'system'>>(() => firstChip(comparison));
  const [list, setList] = useState<'confusions' | 'speaker' | 'folder' | null>(null);
  const [only, setOnly] = useState<Only | null>(null);
  const [search, setSearch] = useState('');
  const [sorting, setSorting] = useState(BY_DIFFERENCE);
  const [selectedKey, setSelectedKey] = useState<number | null>(null);
  const deferredSearch = useDeferredValue(search);
  const view = useMemo(() => filesView(chip, only, deferredSearch, sorting), [chip, only, deferredSearch, sorting]);
  const searchInput = useRef<HTMLInputElement>(null);
  const pane = useRef<HTMLElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  useSearchShortcut(searchInput);
  const clear = useCallback(() => {
    setChip({ filter: 'all', system: null });
    setOnly(null);
    setSearch('');
  }, []);
  /** A click in a list is about all files; with the chip of before it would often find none. */
  const narrow = (next: Only | null): void => {
    setOnly(next);
    if (next !== null) setChip({ filter: 'all', system: null });
  };
  const chipText = ({ filter, system }: Chip): string => {
    switch (filter) {
      case 'worse':
        return t('comparison.worse', { name: systems[system ?? 0]?.name ?? '' });
      case 'disagreement':
      case 'all':
        return t(`comparison.${filter}`);
      case 'deletions':
        return t('comparison.deletedWords');
      case 'insertions':
        return t('comparison.insertedWords');
      case 'substitutions':
        return t('comparison.substitutedWords');
      case 'failed':
        return t('comparison.failedFiles');
    }
  };
  const listButton = (name: 'confusions' | 'speaker' | 'folder', text: string) => (
    <button
      type="button"
      className="chip"
      aria-expanded={list === name}
      aria-controls={list === name ? 'compareList' : undefined}
      onClick={() => setList(list === name ? null : name)}
    >
      {text} <span aria-hidden="true">{list === name ? '▴' : '▾'}</span>
    </button>
  );
  return (
    <section className="compareBody">
      <div className="compareFiles">
        <div className="compareTools">
          <input
            ref={searchInput}
            type="search"
            className="input"
            maxLength={500}
            placeholder={t('comparison.search')}
            aria-label={t('comparison.search')}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
          <div className="compareChips" role="group" aria-label={t('comparison.filters')}>
            {chipsOf(comparison).map((entry) => (
              <button
                key={`${entry.filter} ${entry.system}`}
                type="button"
                className="chip num"
                aria-pressed={chip.filter === entry.filter && chip.system === entry.system}
                onClick={() => setChip(entry)}
              >
                {chipText(entry)} {format.number(entry.count)}
              </button>
            ))}
            {listButton('confusions', t('comparison.confusions'))}
            {comparison.speakers.length > 0 && listButton('speaker', t('comparison.bySpeaker'))}
            {comparison.folders.length > 1 && listButton('folder', t('comparison.byFolder'))}
          </div>
        </div>
        {list !== null && (
          <div id="compareList" className="compareList">
            {list === 'confusions' ? (
              <ErrorLists comparison={comparison} systems={systems} only={only} onOnly={narrow} />
            ) : (
              <GroupTable kind={list} comparison={comparison} systems={systems} only={only} onOnly={narrow} />
            )}
          </div>
        )}
        {only !== null && <OnlyLine only={only} onClear={() => narrow(null)} />}
        <FilesGrid
          gridRef={grid}
          question={question}
          view={view}
          version={version}
          systems={systems}
          sorting={sorting}
          onSort={setSorting}
          onSelect={setSelectedKey}
          onOpen={() => pane.current?.focus()}
          onClear={clear}
        />
      </div>
      <ItemPane
        paneRef={pane}
        question={question}
        systems={systems}
        itemKey={selectedKey}
        version={version}
        onLeave={() => grid.current?.focus()}
      />
    </section>
  );
}

/** What a click narrowed the table to, with the way back. */
function OnlyLine({ only, onClear }: { readonly only: Only; onClear(): void }) {
  const { t } = useTranslation();
  const text = useOnlyText(only);
  return (
    <p className="compareOnly">
      <span>{text}</span>
      <button type="button" className="button quiet small" aria-label={t('comparison.clearOnly', { what: text })} onClick={onClear}>
        <span aria-hidden="true">✕</span>
      </button>
    </p>
  );
}

function useOnlyText(only: Only): string {
  const { t } = useTranslation();
  if (only.kind !== 'error') {
    const name = only.kind === 'folder' && only.name === '.' ? t('comparison.rootFolder') : only.name;
    return t(only.kind === 'speaker' ? 'comparison.onlySpeaker' : 'comparison.onlyFolder', { name });
  }
  const { reference, hypothesis } = only;
  const what =
    reference === null
      ? t('comparison.extra', { hypothesis: hypothesis ?? '' })
      : hypothesis === null
        ? t('comparison.missing', { reference })
        : t('comparison.replaced', { reference, hypothesis });
  return t('comparison.onlyWith', { what });
}
