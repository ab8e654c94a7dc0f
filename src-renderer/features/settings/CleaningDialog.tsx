import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CleaningEntry, CleaningReport } from '#shared/contract/retention.ts';
import { useClient, useCommand, useNow } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';

const MINUTE_MS = 60_000;
/** More lines say no more, and each takes time to draw. */
const SHOWN = 300;

/** What would go and why; nothing goes before the button is pressed. A run can be kept for ever. */
export function CleaningDialog({ onClose }: { onClose(report: CleaningReport | null): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const command = useCommand();
  const [pins, setPins] = useState(0);
  const { data: plan, error } = useAnswer('storage.preview', {}, pins);
  const pin = (runId: number): void =>
    command.run(async () => {
      await client.request('storage.pin', { runId, isPinned: true });
      setPins((count) => count + 1);
    });
  const clean = (entries: readonly CleaningEntry[]): void =>
    command.run(async () => onClose(await client.request('storage.clean', { keys: entries.map(({ key }) => key) })));
  return (
    <Dialog isOpen isWide title={t('storage.previewTitle')} onClose={() => !command.isBusy && onClose(null)}>
      <p className="dim">{t('storage.previewText')}</p>
      {error !== null && <ErrorNote error={error} />}
      {plan !== null && plan.overLimitBytes > 0 && (
        <p className="warnText">{t('storage.over', { size: format.bytes(plan.overLimitBytes) })}</p>
      )}
      {plan !== null && plan.entries.length === 0 && <p>{t('storage.nothing')}</p>}
      {plan !== null && plan.entries.length > 0 && (
        <div className="cleaningScroll" tabIndex={0} role="group" aria-label={t('storage.previewTitle')}>
          <table className="dataTable">
            <thead>
              <tr>
                <th scope="col">{t('storage.what')}</th>
                <th scope="col">{t('storage.why')}</th>
                <th scope="col" className="right">
                  {t('storage.size')}
                </th>
                <th scope="col">
                  <span className="srOnly">{t('storage.pinColumn')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {plan.entries.slice(0, SHOWN).map((entry) => (
                <EntryRow key={entry.key} entry={entry} isBusy={command.isBusy} onPin={pin} />
              ))}
            </tbody>
          </table>
          {plan.entries.length > SHOWN && (
            <p className="faint">{t('storage.more', { number: format.number(plan.entries.length - SHOWN) })}</p>
          )}
        </div>
      )}
      <div className="actions">
        <button type="button" className="button" disabled={command.isBusy} onClick={() => onClose(null)}>
          {t('app.cancel')}
        </button>
        {plan !== null && plan.entries.length > 0 && (
          <button type="button" className="button danger" disabled={command.isBusy} onClick={() => clean(plan.entries)}>
            {command.isBusy ? t('storage.busy') : t('storage.remove', { size: format.bytes(plan.fileBytes + plan.databaseBytes) })}
          </button>
        )}
      </div>
    </Dialog>
  );
}

function EntryRow({ entry, isBusy, onPin }: { readonly entry: CleaningEntry; readonly isBusy: boolean; onPin(runId: number): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nowMs = useNow(MINUTE_MS);
  const { kind, name, runId, rule, limit, atMs, fileBytes, databaseBytes } = entry;
  const at = atMs === null ? '' : format.clock(atMs, nowMs);
  return (
    <tr>
      <td className="wrapAnywhere">{t(`storage.entry.${kind}`, { name, runId })}</td>
      <td className="dim">
        {t(`storage.reason.${rule}`, { limit: limit === null ? '' : format.number(limit, Number.isInteger(limit) ? 0 : 1), at })}
      </td>
      <td className="right num">
        {fileBytes > 0 && format.bytes(fileBytes)}
        {databaseBytes > 0 && <span className="cleaningNote">{t('storage.inDatabase', { size: format.bytes(databaseBytes) })}</span>}
      </td>
      <td>
        {kind === 'run' && runId !== null && (
          <button type="button" className="button small" disabled={isBusy} onClick={() => onPin(runId)}>
            {t('storage.pin', { runId })}
          </button>
        )}
      </td>
    </tr>
  );
}
