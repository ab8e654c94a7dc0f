import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ItemDetail } from '#shared/contract/items.ts';
import { useErrorText, useFormat } from '../../app/language.ts';
import { selectSelectedItemId } from '../../state/slices/items.ts';
import { usePanel } from '../../state/store.ts';
import { AlignedWords } from '../../ui/AlignedWords.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { MenuButton } from '../../ui/Menu.tsx';
import { useItemMenu } from '../queue/useItemMenu.tsx';
import { fileName, folderName, latestFirst, realTimeFactor } from './inspectorView.ts';
import type { ListedRun } from './listedRun.ts';
import { queuedItem } from './rowView.ts';
import { useItemDetail } from './useItems.ts';

/** Texts, errors and attempts of the selected file. */
export const Inspector = memo(function Inspector({ run }: { readonly run: ListedRun }) {
  const { t } = useTranslation();
  const selectedId = usePanel(selectSelectedItemId(run.id));
  const { detail, error } = useItemDetail(selectedId);
  return (
    <section className="inspector" aria-label={t('inspector.label')} tabIndex={0}>
      {error !== null && <ErrorNote error={error} />}
      {detail === null ? error === null && <p className="dim">{t('inspector.hint')}</p> : <Detail detail={detail} run={run} />}
    </section>
  );
});

function Detail({ detail, run }: { readonly detail: ItemDetail; readonly run: ListedRun }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { row, attempts } = detail;
  const folder = folderName(row.fileId);
  const [last] = latestFirst(attempts);
  const facts: string[] = [];
  if (folder !== null) facts.push(t('inspector.speaker', { name: folder }));
  if (row.audioSec !== null) facts.push(format.duration(row.audioSec));
  if (detail.sampleRateHz !== null)
    facts.push(t('inspector.sampleRate', { khz: format.number(detail.sampleRateHz / 1000, detail.sampleRateHz % 1000 === 0 ? 0 : 1) }));
  if (detail.channels !== null && detail.channels > 1)
    facts.push(t('inspector.channels', { count: detail.channels, number: detail.channels }));
  return (
    <>
      <h2 className="wrapAnywhere">{fileName(row.fileId)}</h2>
      <p className="label">
        <span>{facts.join(' · ')}</span>
        {last !== undefined && <span>{t('inspector.attempt', { mode: t(`mode.${last.mode}`), number: last.number })}</span>}
      </p>
      <QueueButton run={run} detail={detail} />
      {row.problem !== null && <ErrorNote error={{ code: row.problem, data: { path: detail.path } }} />}
      {detail.results.length === 0 && detail.reference !== null && (
        <>
          <p className="label">
            <span>{t('inspector.reference')}</span>
          </p>
          <p className="words">{detail.reference}</p>
        </>
      )}
      {detail.results.map((result) => (
        <Result key={result.mode} result={result} isScored={run.calculateWer} />
      ))}
      <p className="label">
        <span>{t('inspector.attempts')}</span>
      </p>
      <Attempts detail={detail} />
    </>
  );
}

/** What can be done with a file that waits. */
function QueueButton({ run, detail }: { readonly run: ListedRun; readonly detail: ItemDetail }) {
  const { t } = useTranslation();
  const menu = useItemMenu(run.id);
  const queued = queuedItem(detail.row, run.stopAfterItemId);
  return (
    <>
      {queued !== null && (
        <MenuButton entries={menu.entriesOf([queued])} className="button small inspectorQueue">
          {t('queue.files.inQueue')} <span aria-hidden="true">▾</span>
        </MenuButton>
      )}
      {menu.dialog}
    </>
  );
}

function Result({ result, isScored }: { readonly result: ItemDetail['results'][number]; readonly isScored: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const describe = useErrorText();
  const mode = t(`mode.${result.mode}`);
  const compares = isScored && result.alignment.length > 0;
  const facts: string[] = [];
  if (result.werRatio !== null) facts.push(`WER ${format.percent(result.werRatio, 1)}`);
  if (result.counts !== null) {
    const { substitutions, deletions, insertions } = result.counts;
    if (substitutions > 0) facts.push(t('inspector.sub', { number: format.number(substitutions) }));
    if (deletions > 0) facts.push(t('inspector.del', { number: format.number(deletions) }));
    if (insertions > 0) facts.push(t('inspector.ins', { number: format.number(insertions) }));
    if (substitutions + deletions + insertions === 0) facts.push(t('inspector.noErrors'));
  }
  return (
    <>
      <p className="label">
        <span className="labelName">
          <span className={`dot ${result.mode}`} />
          {t(compares ? 'inspector.against' : 'inspector.heard', { mode })}
        </span>
        <span className="num">{facts.join(' · ')}</span>
      </p>
      <p className="words">
        {compares ? (
          <AlignedWords steps={result.alignment} />
        ) : result.hypothesis === '' ? (
          <span className="faint">{t('inspector.nothingHeard')}</span>
        ) : (
          result.hypothesis
        )}
      </p>
      {result.warningCode !== null && (
        <p className="resultWarning">
          {result.announcedSec === null
            ? describe({ code: result.warningCode, data: {} }).what
            : t('inspector.partial', { decoded: format.duration(result.decodedSec), announced: format.duration(result.announcedSec) })}
        </p>
      )}
    </>
  );
}

function Attempts({ detail }: { readonly detail: ItemDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const describe = useErrorText();
  const earlier = detail.row.tasks.filter((task) => task.doneEarlier);
  if (detail.attempts.length === 0) {
    return (
      <p className="words attempts">
        {earlier.length > 0
          ? earlier.map((task) => `${t(`mode.${task.mode}`)} · ${t('inspector.earlier')}`).join(', ')
          : t('inspector.noAttempts')}
      </p>
    );
  }
  return (
    <ol className="words attempts num">
      {latestFirst(detail.attempts).map((attempt) => {
        const result = detail.results.find((entry) => entry.mode === attempt.mode);
        const parts = [`${format.clockWithSeconds(attempt.startedAtMs)} ${t(`mode.${attempt.mode}`)}`];
        if (attempt.outcome === 'done') {
          if (attempt.endedAtMs !== null)
            parts.push(t('inspector.doneIn', { length: format.duration((attempt.endedAtMs - attempt.startedAtMs) / 1000) }));
          const rtf = result === undefined ? null : realTimeFactor(result);
          if (rtf !== null) parts.push(t('inspector.rtf', { rtf: format.number(rtf, 2) }));
          if (result?.firstTokenLatencyMs != null)
            parts.push(t('inspector.firstWord', { length: format.duration(result.firstTokenLatencyMs / 1000) }));
        } else {
          parts.push(t(`inspector.${attempt.outcome}`));
          if (attempt.error !== null) parts.push(describe(attempt.error).what);
        }
        return <li key={attempt.id}>{parts.join(' · ')}</li>;
      })}
    </ol>
  );
}
