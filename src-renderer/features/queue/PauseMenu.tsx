import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RouteInput } from '#shared/contract/routes.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { useClient, useCommand, useNow } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { usePanel } from '../../state/store.ts';
import { MenuButton, type MenuEntry } from '../../ui/Menu.tsx';
import { PauseAtDialog } from './PauseAtDialog.tsx';

/** Statuses in which a pause can be ordered or taken back. */
const PAUSABLE: readonly RunSummary['status'][] = ['running', 'queued', 'pausing', 'paused'];

/** The other ways to pause a run: now, at a time, one mode. Nothing where there is nothing to pause. */
export function PauseMenu({ run, className = 'button' }: { readonly run: RunSummary; readonly className?: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const client = useClient();
  const { run: execute } = useCommand();
  const [asksTime, setAsksTime] = useState(false);
  if (!PAUSABLE.includes(run.status)) return null;
  const runId = run.id;
  const isLive = run.status === 'running' || run.status === 'queued';
  const answer = (ask: () => Promise<RunSummary>): void => execute(async () => usePanel.getState().setRun(await ask(), Date.now()));
  const pause = (input: Omit<RouteInput<'runs.pause'>, 'runId'>): void => answer(() => client.request('runs.pause', { runId, ...input }));
  const resume = (input: Omit<RouteInput<'runs.resume'>, 'runId'>): void =>
    answer(() => client.request('runs.resume', { runId, ...input }));
  const planPause = (atMs: number | null): void => answer(() => client.request('runs.planPause', { runId, atMs }));

  const entries: MenuEntry[] = [];
  if (isLive) {
    entries.push({
      key: 'after',
      text: t('queue.pauseMenu.afterFiles'),
      hint: t('queue.pauseMenu.afterFilesHint'),
      shortcut: 'p',
      onSelect: () => pause({}),
    });
  }
  if (isLive || run.status === 'pausing') {
    entries.push({
      key: 'now',
      text: t('queue.pauseMenu.now'),
      hint: t('queue.pauseMenu.nowHint'),
      onSelect: () => pause({ now: true }),
    });
  }
  if (run.status === 'paused')
    entries.push({ key: 'resume', text: t('queue.pauseMenu.resume'), shortcut: 'p', onSelect: () => resume({}) });
  if (isLive) entries.push({ key: 'time', text: t('queue.pauseMenu.atTime'), onSelect: () => setAsksTime(true) });
  if (run.pauseAtMs !== null) {
    const time = format.clock(run.pauseAtMs, now);
    entries.push({ key: 'unplan', text: t('queue.pauseMenu.cancelPlanned', { time }), onSelect: () => planPause(null) });
  }
  const open = run.modes.filter(({ status }) => status !== 'done' && status !== 'failed');
  const modes = open.filter(({ isHeld }) => isHeld || (open.length > 1 && isLive));
  if (modes.length > 0) entries.push(null);
  for (const { mode, isHeld } of modes) {
    const name = t(`mode.${mode}`);
    entries.push({
      key: mode,
      text: t(isHeld ? 'queue.pauseMenu.modeResume' : 'queue.pauseMenu.mode', { mode: name }),
      onSelect: () => (isHeld ? resume({ mode }) : pause({ mode })),
    });
  }
  return (
    <>
      <MenuButton entries={entries} label={t('queue.pauseMenu.open')} className={className}>
        <span aria-hidden="true">▾</span>
      </MenuButton>
      <PauseAtDialog isOpen={asksTime} onClose={() => setAsksTime(false)} onPlan={planPause} />
    </>
  );
}
