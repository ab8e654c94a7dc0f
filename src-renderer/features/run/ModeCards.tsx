import { memo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ModeProgress, RunSummary } from '#shared/contract/runs.ts';
import { useFormat } from '../../app/language.ts';
import { barParts, settledCount, waitsFor } from './progressView.ts';

export function ModeCards({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  return (
    <section className="modes" aria-label={t('run.modes')} data-count={run.modes.length}>
      {run.modes.map((progress) => (
        <ModeCard
          key={progress.mode}
          progress={progress}
          after={waitsFor(run, progress)?.mode ?? null}
          isLive={run.status === 'running' || run.status === 'pausing'}
        />
      ))}
    </section>
  );
}

interface CardProps {
  readonly progress: ModeProgress;
  readonly after: ModeProgress['mode'] | null;
  readonly isLive: boolean;
}

const ModeCard = memo(function ModeCard({ progress, after, isLive }: CardProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { mode, status, total } = progress;
  const settled = settledCount(progress);
  const parts = barParts(progress);
  const name = t(`mode.${mode}`);
  const isWaiting = status === 'waiting' && settled === 0;
  return (
    <article className="card mode" aria-label={name}>
      <div className="modeHead">
        <h2>
          <span className={`dot ${mode}`} />
          {name}
        </h2>
        <span className="num dim">{isWaiting ? t('modeCard.waiting') : `${format.number(settled)} / ${format.number(total)}`}</span>
      </div>
      <div
        className="bar"
        role="progressbar"
        aria-label={t('modeCard.progress', { mode: name, done: format.number(settled), total: format.number(total) })}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={settled}
      >
        <span className={`${mode} earlier`} style={{ width: `${parts.earlier * 100}%` }} />
        <span className={mode} style={{ width: `${parts.done * 100}%` }} />
        <span className="failed" style={{ width: `${parts.failed * 100}%` }} />
      </div>
      <div className="kv num">
        <ModeFacts progress={progress} after={after} isLive={isLive} isWaiting={isWaiting} />
      </div>
    </article>
  );
});

function ModeFacts({ progress, after, isLive, isWaiting }: CardProps & { readonly isWaiting: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const fact = (key: string, name: string, value: string, tone = ''): ReactNode => (
    <span key={key}>
      {name} <b className={tone}>{value}</b>
    </span>
  );
  const facts: ReactNode[] = [];
  if (isWaiting) {
    facts.push(
      <span key="after">
        {after !== null ? t('modeCard.after', { mode: t(`mode.${after}`) }) : t(isLive ? 'modeCard.nextUp' : 'modeCard.waiting')}
      </span>,
    );
  }
  if (progress.isHeld) facts.push(<b key="paused" className="warnText">{`❚❚ ${t('queue.pauseMenu.modeHeld')}`}</b>);
  if (progress.status === 'starting') facts.push(<span key="starting">{t('modeCard.starting')}</span>);
  if (progress.total > 0 && progress.skipped === progress.total) facts.push(<span key="earlier">{t('modeCard.allEarlier')}</span>);
  if (progress.werRatio !== null) facts.push(fact('wer', t('modeCard.wer'), format.percent(progress.werRatio)));
  if (progress.rtf !== null) facts.push(fact('rtf', t('modeCard.rtf'), format.number(progress.rtf, 2)));
  if (progress.firstTokenLatencyP50Ms !== null) {
    facts.push(fact('latency', t('modeCard.firstWord'), format.duration(progress.firstTokenLatencyP50Ms / 1000)));
  }
  if (progress.etaSec !== null && isLive && progress.status !== 'done')
    facts.push(fact('left', t('modeCard.left'), format.duration(progress.etaSec)));
  if (progress.failed > 0) facts.push(fact('failed', t('modeCard.failed'), format.number(progress.failed), 'badText'));
  if (progress.retrying > 0) facts.push(fact('retrying', t('modeCard.retrying'), format.number(progress.retrying), 'warnText'));
  if (progress.held > 0) facts.push(fact('held', t('queue.pauseMenu.heldFiles'), format.number(progress.held), 'warnText'));
  if (progress.partial > 0) facts.push(fact('partial', t('modeCard.partial'), format.number(progress.partial), 'warnText'));
  if (progress.cancelled > 0) facts.push(fact('cancelled', t('modeCard.cancelled'), format.number(progress.cancelled)));
  return facts;
}
