import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { ComparedItem } from '#shared/contract/compare.ts';
import { useErrorText, useFormat } from '../../app/language.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { AlignedWords } from '../../ui/AlignedWords.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { fileName, folderName } from '../run/inspectorView.ts';
import { SystemDot } from './SystemDot.tsx';
import type { ShownSystem } from './systemNames.ts';
import type { ComparisonQuestion } from './useComparison.ts';

interface Props {
  readonly paneRef: RefObject<HTMLElement | null>;
  readonly question: ComparisonQuestion;
  readonly systems: readonly ShownSystem[];
  readonly itemKey: number | null;
  readonly version: string;
  /** Escape. */
  onLeave(): void;
}

/** The reference of one file, and what each system made of it. */
export function ItemPane({ paneRef, question, systems, itemKey, version, onLeave }: Props) {
  const { t } = useTranslation();
  const { data, input, error } = useAnswer('compare.item', itemKey === null ? null : { ...question, key: itemKey }, version);
  // The last file stays until the next one is here; that of another comparison has other columns.
  const shown = itemKey !== null && input !== null && isSameComparison(input, question) ? data : null;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape leads back to the table it was opened from
    <section
      ref={paneRef}
      className="comparePane"
      aria-label={t('comparison.item')}
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onLeave();
      }}
    >
      {error !== null && <ErrorNote error={error} />}
      {shown !== null ? (
        <Detail item={shown} systems={systems} />
      ) : (
        error === null && <p className="dim">{t(itemKey === null ? 'comparison.itemHint' : 'comparison.itemLoading')}</p>
      )}
    </section>
  );
}

function isSameComparison(left: ComparisonQuestion, right: ComparisonQuestion): boolean {
  const key = ({ systems, normalizer, clusterBy }: ComparisonQuestion): string => JSON.stringify([systems, normalizer, clusterBy]);
  return key(left) === key(right);
}

function Detail({ item, systems }: { readonly item: ComparedItem; readonly systems: readonly ShownSystem[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { row } = item;
  const folder = folderName(row.fileId);
  const facts: string[] = [];
  if (row.speaker !== null) facts.push(t('comparison.speakerOf', { name: row.speaker }));
  else if (folder !== null) facts.push(t('inspector.speaker', { name: folder }));
  if (item.audioSec !== null) facts.push(format.duration(item.audioSec));
  facts.push(t('comparison.wordCount', { count: row.referenceWords, number: format.number(row.referenceWords) }));
  const hasTimes = item.systems.some(({ timesOf }) => timesOf !== null);
  return (
    <>
      <h2 className="wrapAnywhere" title={row.fileId}>
        {fileName(row.fileId)}
      </h2>
      <p className="sub">{facts.join(' · ')}</p>
      <p className="compareLegend words">
        <u>{t('comparison.legendHeard')}</u> <s>{t('comparison.legendMissing')}</s> <ins>{t('comparison.legendExtra')}</ins>
      </p>
      <p className="compareLabel">{t('comparison.reference')}</p>
      <p className="words">{item.reference}</p>
      {item.systems.map((result, place) => {
        const system = systems[place];
        return system === undefined ? null : <SystemResult key={`${system.runId} ${system.mode}`} result={result} system={system} />;
      })}
      {hasTimes && <p className="faint">{t('comparison.times')}</p>}
    </>
  );
}

function SystemResult({ result, system }: { readonly result: ComparedItem['systems'][number]; readonly system: ShownSystem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const describe = useErrorText();
  const { substitutions, deletions, insertions } = result.counts;
  const facts = [
    ...(substitutions > 0 ? [t('inspector.sub', { number: format.number(substitutions) })] : []),
    ...(deletions > 0 ? [t('inspector.del', { number: format.number(deletions) })] : []),
    ...(insertions > 0 ? [t('inspector.ins', { number: format.number(insertions) })] : []),
    ...(substitutions + deletions + insertions === 0 ? [t('inspector.noErrors')] : []),
    ...(result.werRatio === null ? [] : [format.percent(result.werRatio, 1)]),
  ];
  return (
    <>
      <p className="compareLabel">
        <span className="compareLabelName">
          <SystemDot system={system} />
          <span className="compareEllipsis">{system.name}</span>
        </span>
        <span className="num">{facts.join(' · ')}</span>
      </p>
      {result.status === 'failed' ? (
        <>
          {result.error !== null && <ErrorNote error={result.error} />}
          <p className="compareResultNote">{t('comparison.countsAsDeleted', { count: deletions, number: format.number(deletions) })}</p>
        </>
      ) : (
        <>
          <p className="words">
            {result.steps.length === 0 ? (
              <span className="faint">{t('comparison.nothingHeard')}</span>
            ) : (
              <AlignedWords steps={result.steps} />
            )}
          </p>
          {result.warningCode !== null && <p className="compareResultNote">{describe({ code: result.warningCode, data: {} }).what}</p>}
          {result.hypothesis !== null && result.hypothesis.trim() !== '' && (
            <details className="compareAsHeard">
              <summary>{t('comparison.asHeard')}</summary>
              <p>{result.hypothesis}</p>
            </details>
          )}
        </>
      )}
    </>
  );
}
