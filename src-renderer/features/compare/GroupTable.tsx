import { useTranslation } from 'react-i18next';
import type { Comparison } from '#shared/contract/compare.ts';
import { useFormat } from '../../app/language.ts';
import { Wer } from '../../ui/Wer.tsx';
import type { Only } from './filesView.ts';
import type { ShownSystem } from './systemNames.ts';

interface Props {
  readonly kind: 'speaker' | 'folder';
  readonly comparison: Comparison;
  readonly systems: readonly ShownSystem[];
  readonly only: Only | null;
  onOnly(only: Only | null): void;
}

/** Rates by speaker or by folder; a click shows the files of one. */
export function GroupTable({ kind, comparison, systems, only, onOnly }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const groups =
    kind === 'speaker'
      ? comparison.speakers.map(({ name, files, referenceWords }, index) => ({
          name,
          files,
          referenceWords,
          werRatios: comparison.systems.map(({ speakerWerRatios }) => speakerWerRatios[index] ?? null),
        }))
      : comparison.folders;
  return (
    <table className="dataTable compareGroups">
      <thead>
        <tr>
          <th scope="col">{t(`comparison.${kind}`)}</th>
          <th scope="col" className="right">
            {t('comparison.fileHead')}
          </th>
          <th scope="col" className="right">
            {t('comparison.words')}
          </th>
          {systems.map((system) => (
            <th key={`${system.runId} ${system.mode}`} scope="col" className="right">
              {system.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {groups.map(({ name, files, referenceWords, werRatios }) => {
          const isChosen = only?.kind === kind && only.name === name;
          return (
            <tr key={name}>
              <th scope="row">
                <button
                  type="button"
                  className="compareGroup"
                  aria-pressed={isChosen}
                  onClick={() => onOnly(isChosen ? null : { kind, name })}
                >
                  {kind === 'folder' && name === '.' ? t('comparison.rootFolder') : name}
                </button>
              </th>
              <td className="right dim">{format.number(files)}</td>
              <td className="right dim">{format.number(referenceWords)}</td>
              {systems.map((system, place) => (
                <td key={`${system.runId} ${system.mode}`} className="right">
                  <Wer ratio={werRatios[place] ?? null} />
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
