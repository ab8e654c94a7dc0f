import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GateVerdict } from '#shared/contract/gate.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { gateCheckText } from '#shared/texts/gateCheckText.ts';
import { useFormat, useLocale } from '../../app/language.ts';
import { GateDialog } from './GateDialog.tsx';
import { GateMark } from './GateMark.tsx';
import './gate.css';

/** How a run was judged, rule by rule, and the way to judge it (again). */
export function GateCard({ run, verdict }: { readonly run: RunSummary; readonly verdict: GateVerdict | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  // What was broken is shown without asking, also where the verdict comes after the card, until it is folded away.
  const [isShown, setShown] = useState<boolean | null>(null);
  const held = verdict?.checks.filter(({ passed }) => passed).length ?? 0;
  return (
    <details className="card foldCard" open={isShown ?? run.gatePassed === false} onToggle={(event) => setShown(event.currentTarget.open)}>
      <summary>
        <h2>{t('gate.title')}</h2>
        <GateMark passed={run.gatePassed} />
        <span className="dim">
          {verdict === null
            ? t(run.gatePassed === null ? 'gate.notJudged' : 'gate.loading')
            : t('gate.held', { held: format.number(held), total: format.number(verdict.checks.length), name: verdict.name })}
        </span>
      </summary>
      {verdict !== null && <Checks verdict={verdict} />}
      <div>
        <button type="button" className="button small" onClick={() => setOpen(true)}>
          {t(verdict === null ? 'gate.judgeOpen' : 'gate.judgeAgain')}
        </button>
      </div>
      <GateDialog runId={run.id} gate={run.options.gate} isOpen={isOpen} onClose={() => setOpen(false)} />
    </details>
  );
}

function Checks({ verdict }: { readonly verdict: GateVerdict }) {
  const { t } = useTranslation();
  const locale = useLocale();
  return (
    <div className="gateChecks" tabIndex={0} role="group" aria-label={t('gate.title')}>
      <table className="dataTable">
        <thead>
          <tr>
            <th scope="col">{t('gate.result')}</th>
            <th scope="col">{t('gate.rule')}</th>
            <th scope="col">{t('compare.mode')}</th>
            <th scope="col">{t('gate.figure')}</th>
          </tr>
        </thead>
        <tbody>
          {verdict.checks.map((check, index) => {
            // A verdict is one answer: its checks never change places.
            const place = index;
            const { name, detail } = gateCheckText(check, locale);
            const tone = check.passed ? 'ok' : check.severity === 'error' ? 'bad' : 'warn';
            return (
              <tr key={place}>
                <td>
                  <span className={`pill ${tone}`}>{t(`gate.check.${tone}`)}</span>
                </td>
                <td>{name}</td>
                <td>{check.mode === null ? '–' : t(`mode.${check.mode}`)}</td>
                <td className="gateDetail">{detail}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
