import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GateVerdict } from '#shared/contract/gate.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { useFormat } from '../../app/language.ts';
import { GateDialog } from './GateDialog.tsx';
import { GateMark } from './GateMark.tsx';
import './gate.css';

/** How a run was judged, rule by rule, and the way to judge it (again). */
export function GateCard({ run, verdict }: { readonly run: RunSummary; readonly verdict: GateVerdict | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  const held = verdict?.checks.filter(({ passed }) => passed).length ?? 0;
  return (
    <section className="card gateCard" aria-labelledby="gateTitle">
      <div className="gateHead">
        <h2 id="gateTitle">{t('gate.title')}</h2>
        <GateMark passed={run.gatePassed} />
        <span className="dim">
          {verdict === null
            ? t(run.gatePassed === null ? 'gate.notJudged' : 'gate.loading')
            : t('gate.held', { held: format.number(held), total: format.number(verdict.checks.length), name: verdict.name })}
        </span>
        <button type="button" className="button small" onClick={() => setOpen(true)}>
          {t(verdict === null ? 'gate.judgeOpen' : 'gate.judgeAgain')}
        </button>
      </div>
      {verdict !== null && <Checks verdict={verdict} />}
      <GateDialog runId={run.id} gate={run.options.gate} isOpen={isOpen} onClose={() => setOpen(false)} />
    </section>
  );
}

function Checks({ verdict }: { readonly verdict: GateVerdict }) {
  const { t } = useTranslation();
  return (
    <div className="gateChecks" tabIndex={0} role="group" aria-labelledby="gateTitle">
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
            const tone = check.passed ? 'ok' : check.severity === 'error' ? 'bad' : 'warn';
            return (
              <tr key={place}>
                <td>
                  <span className={`pill ${tone}`}>{t(`gate.check.${tone}`)}</span>
                </td>
                <td>{check.name}</td>
                <td>{check.mode === null ? '–' : t(`mode.${check.mode}`)}</td>
                <td className="gateDetail">{check.detail}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
