import type { RunSummary } from '#shared/contract/runs.ts';
import { PAUSE_TEXTS } from '#shared/texts/alertText.ts';
import { useLocale } from '../../app/language.ts';
import './alerts.css';

/** Why a run pauses that nobody paused by hand, and what to do about it. */
export function PauseNote({ run: { status, pausedBy } }: { readonly run: Pick<RunSummary, 'status' | 'pausedBy'> }) {
  const locale = useLocale();
  const text = (status === 'paused' || status === 'pausing') && pausedBy !== null ? PAUSE_TEXTS[locale][pausedBy] : null;
  const [what, advice] = text ?? [];
  return (
    <div role="status" className="pauseNote">
      {what !== undefined && (
        <div className="note warn">
          <strong>{what}</strong> {advice}
        </div>
      )}
    </div>
  );
}
