import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useShallow } from 'zustand/react/shallow';
import { MAX_SYSTEMS, type ComparedSystem } from '#shared/contract/compare.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { normalizerLabel } from '#shared/domain/scores.ts';
import { useClient, useCommand, useNow } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { FIRST_RUNS } from '../../state/sync.ts';
import { usePanel } from '../../state/store.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { comparableModes, isSameSystem, toggledSystem } from './proposal.ts';
import { SystemDot } from './SystemDot.tsx';

interface Props {
  readonly systems: readonly ComparedSystem[];
  onUse(systems: readonly ComparedSystem[]): void;
  onClose(): void;
}

/** Which modes of which runs are compared. Mounted while it is open. */
export function SystemsDialog({ systems, onUse, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const command = useCommand();
  const [chosen, setChosen] = useState(systems);
  const [search, setSearch] = useState('');
  const total = usePanel((state) => state.runTotal);
  const runIds = usePanel((state) => state.runIds);
  const runs = usePanel(useShallow((state) => state.runIds.flatMap((id) => state.runById[id] ?? [])));
  const found = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    return runs.filter((run) => run.name.toLowerCase().includes(wanted));
  }, [runs, search]);
  const showMore = (): void =>
    command.run(async () => {
      const older = await client.request('runs.list', { beforeId: runIds.at(-1) ?? null, count: FIRST_RUNS });
      usePanel.getState().addOlderRuns(older.runs, older.total);
    });
  const isFull = chosen.length >= MAX_SYSTEMS;
  return (
    <Dialog isOpen title={t('comparison.dialogTitle')} onClose={onClose}>
      <p className="dim">{t('comparison.dialogText')}</p>
      <input
        type="search"
        className="input"
        placeholder={t('comparison.dialogSearch')}
        aria-label={t('comparison.dialogSearch')}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      <ul className="compareRuns" aria-label={t('comparison.dialogRuns')}>
        {found.length === 0 && <li className="dim">{t('comparison.dialogNone')}</li>}
        {found.map((run) => (
          <RunLine key={run.id} run={run} chosen={chosen} isFull={isFull} onToggle={(system) => setChosen(toggledSystem(chosen, system))} />
        ))}
        {runIds.length < total && (
          <li>
            <button type="button" className="button small" disabled={command.isBusy} onClick={showMore}>
              {t('app.more')}
            </button>
          </li>
        )}
      </ul>
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {t('app.cancel')}
        </button>
        <button type="button" className="button primary" disabled={chosen.length < 2} onClick={() => onUse(chosen)}>
          {t('comparison.dialogUse', { count: chosen.length, number: format.number(chosen.length) })}
        </button>
      </div>
    </Dialog>
  );
}

interface LineProps {
  readonly run: RunSummary;
  readonly chosen: readonly ComparedSystem[];
  readonly isFull: boolean;
  onToggle(system: ComparedSystem): void;
}

function RunLine({ run, chosen, isFull, onToggle }: LineProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const modes = comparableModes(run);
  const facts = [
    ...(run.startedAtMs === null ? [] : [format.clock(run.startedAtMs, now)]),
    t('run.files', { count: run.itemCount, number: format.number(run.itemCount) }),
    normalizerLabel(run.options.normalizer, run.normalizerVersion ?? undefined),
    ...(modes.length === 0 ? [t('comparison.dialogNoOutcome')] : []),
  ];
  return (
    <li className="compareRun">
      <span className="compareRunName">
        <span className="compareEllipsis" title={run.name}>
          {run.name} <span className="faint">#{run.id}</span>
        </span>
        <span className="faint">{facts.join(' · ')}</span>
      </span>
      <span className="compareChips" role="group" aria-label={run.name}>
        {modes.map(({ mode, werRatio }) => {
          const system = { runId: run.id, mode };
          const isChosen = chosen.some((other) => isSameSystem(other, system));
          return (
            <button
              key={mode}
              type="button"
              className="chip num"
              aria-pressed={isChosen}
              disabled={isFull && !isChosen}
              onClick={() => onToggle(system)}
            >
              <SystemDot system={{ mode, shade: 0 }} /> {t(`mode.${mode}`)} {werRatio === null ? '' : format.percentBare(werRatio)}
              <span aria-hidden="true">{isChosen ? ' ✓' : ''}</span>
            </button>
          );
        })}
      </span>
    </li>
  );
}
