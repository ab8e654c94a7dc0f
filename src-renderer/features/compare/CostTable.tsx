import { useTranslation } from 'react-i18next';
import type { Comparison } from '#shared/contract/compare.ts';
import { useFormat } from '../../app/language.ts';
import { msPair, ratioPair } from './comparisonText.ts';
import { SystemDot } from './SystemDot.tsx';
import type { ShownSystem } from './systemNames.ts';

const BYTES_PER_MB = 1024 ** 2;

/** Latency, speed and graphics memory beside each other; what nobody measured is named below and has no column. */
export function CostTable({ comparison, systems }: { readonly comparison: Comparison; readonly systems: readonly ShownSystem[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const columns = [
    { name: t('comparison.firstWord'), cells: comparison.systems.map(({ costs }) => msPair(format, costs.firstTokenMs)) },
    { name: t('comparison.final'), cells: comparison.systems.map(({ costs }) => msPair(format, costs.finalLatencyMs)) },
    { name: t('comparison.rtf'), cells: comparison.systems.map(({ costs }) => ratioPair(format, costs.rtf)) },
    { name: t('comparison.decodeRtf'), cells: comparison.systems.map(({ costs }) => ratioPair(format, costs.decodeRtf)) },
    {
      name: t('comparison.throughput'),
      cells: comparison.systems.map(({ costs: { audioSecPerSec } }) =>
        audioSecPerSec === null
          ? null
          : t('comparison.timesRealTime', { number: format.number(audioSecPerSec, audioSecPerSec < 10 ? 1 : 0) }),
      ),
    },
    {
      name: t('comparison.gpuMemory'),
      cells: comparison.systems.map(({ costs: { gpuMemoryPeakMb } }) =>
        gpuMemoryPeakMb === null ? null : format.bytes(gpuMemoryPeakMb * BYTES_PER_MB),
      ),
    },
    {
      name: t('comparison.gpuHours'),
      cells: comparison.systems.map(({ costs: { gpuBusyHours } }) => (gpuBusyHours === null ? null : format.number(gpuBusyHours, 2))),
    },
  ];
  const measured = columns.filter(({ cells }) => cells.some((cell) => cell !== null));
  const missing = columns.filter(({ cells }) => cells.every((cell) => cell === null));
  return (
    <section className="card compareCosts" aria-labelledby="costTitle">
      <h2 id="costTitle">{t('comparison.costTitle')}</h2>
      <p className="sub">{comparison.pacing === 'mixed' ? t('comparison.costMixed') : t('comparison.costSub')}</p>
      {measured.length === 0 ? (
        <p className="dim">{t('comparison.nothingMeasured')}</p>
      ) : (
        <div className="compareScrollX" tabIndex={0} role="group" aria-labelledby="costTitle">
          <table className="dataTable">
            <thead>
              <tr>
                <th scope="col">
                  <span className="srOnly">{t('comparison.system')}</span>
                </th>
                {measured.map(({ name }) => (
                  <th key={name} scope="col" className="right">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {systems.map((system, place) => (
                <tr key={`${system.runId} ${system.mode}`}>
                  <th scope="row">
                    <SystemDot system={system} /> {system.name}
                  </th>
                  {measured.map(({ name, cells }) => (
                    <td key={name} className="right">
                      {cells[place] ?? <span className="faint">–</span>}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {missing.length > 0 && measured.length > 0 && (
        <p className="faint compareMissing">{t('comparison.notMeasured', { list: missing.map(({ name }) => name).join(', ') })}</p>
      )}
    </section>
  );
}
