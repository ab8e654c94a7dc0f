import { useTranslation } from 'react-i18next';
import { priorityBand } from '#shared/domain/run.ts';
import { useFormat } from '../../app/language.ts';

/** A priority as its band and its number: `normal · 6`. */
export function PriorityChip({ priority }: { readonly priority: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const band = priorityBand(priority);
  return (
    <span className="pill num priorityChip" data-band={band}>
      {t('queue.bandOf', { band: t(`queue.band.${band}`), number: format.number(priority) })}
    </span>
  );
}
