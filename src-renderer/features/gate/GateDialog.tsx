import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Gate } from '#shared/contract/gate.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { useClient } from '../../app/clientContext.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { useLocale } from '../../app/language.ts';
import { GateEditor } from './GateEditor.tsx';
import { gateText, readGate } from './gateText.ts';

interface Props {
  readonly runId: number;
  /** Rules the run was started with. */
  readonly gate: Gate | null;
  readonly isOpen: boolean;
  onClose(): void;
}

/** Judges a run by rules; what was typed stays while the screen is there. */
export function GateDialog({ runId, gate, isOpen, onClose }: Props) {
  const { t } = useTranslation();
  const locale = useLocale();
  const client = useClient();
  const [text, setText] = useState(gate === null ? '' : gateText(gate));
  const [error, setError] = useState<WireError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const read = readGate(text, locale);
  const judge = async (chosen: Gate): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await client.request('reports.judge', { runId, gate: chosen });
      onClose();
    } catch (thrown) {
      setError(toWireError(thrown));
    }
    setBusy(false);
  };
  return (
    <Dialog isOpen={isOpen} isWide title={t('gate.judgeTitle')} onClose={onClose}>
      <form
        className="gateForm"
        onSubmit={(event) => {
          event.preventDefault();
          if (read !== null && 'gate' in read && !isBusy) void judge(read.gate);
        }}
      >
        <p className="dim">{t('gate.judgeText')}</p>
        <GateEditor id="gateRules" text={text} onChange={setText} />
        {error !== null && <ErrorNote error={error} />}
        <div className="actions">
          <button type="button" className="button" onClick={onClose}>
            {t('app.close')}
          </button>
          <button type="submit" className="button primary" disabled={read === null || !('gate' in read) || isBusy}>
            {t(isBusy ? 'gate.judging' : 'gate.judge')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
