import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { NotesDialog } from '../notes/NotesDialog.tsx';
import { keptDraft } from '../notes/keptDrafts.ts';
import { ReportDialog } from '../report/ReportDialog.tsx';
import { useReport } from '../report/useReport.ts';

/** What is written about a run: its report, and the notes that are part of it. */
export function RunPapers({ runId }: { readonly runId: number }) {
  const { t } = useTranslation();
  const exporting = useReport(runId);
  const [shown, setShown] = useState<'report' | 'notes' | null>(null);
  const close = (): void => setShown(null);
  return (
    <>
      <button type="button" className="button" onClick={() => setShown('notes')}>
        {t('notes.open')}
        {keptDraft(runId) !== null && (
          <>
            <span className="dot warn" />
            <span className="srOnly">{t('notes.state.unsaved')}</span>
          </>
        )}
      </button>
      <button type="button" className="button" onClick={() => setShown('report')}>
        {t(exporting.state.step === 'writing' ? 'report.writing' : 'report.openDialog')}
      </button>
      <ReportDialog runId={runId} isOpen={shown === 'report'} exporting={exporting} onClose={close} />
      <NotesDialog runId={runId} isOpen={shown === 'notes'} onClose={close} />
    </>
  );
}
