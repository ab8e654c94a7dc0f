import { useTranslation } from 'react-i18next';
import { useClient, useCommand, useNow } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { usePanel } from '../../state/store.ts';
import { Dialog } from '../../ui/Dialog.tsx';

/** What is about to happen to the machine, and the way to call it off; Escape calls it off, too. */
export function WhenDoneDialog() {
  const { t } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const { pending } = usePanel((state) => state.night);
  const callOff = (): void =>
    command.run(async () => {
      usePanel.getState().setNight(await client.request('night.cancelWhenDone', {}));
    });
  if (pending === null || pending.whenDone.action === 'nothing') return null;
  const { action } = pending.whenDone;
  return (
    <Dialog isOpen title={t(`night.pendingTitle.${action}`)} onClose={callOff}>
      <p>
        {t('night.pendingText', { run: pending.runId })} <Countdown atMs={pending.atMs} />
      </p>
      {pending.whenDone.action === 'command' && (
        <p>
          <code className="wrapAnywhere">{[pending.whenDone.command, ...pending.whenDone.args].join(' ')}</code>
        </p>
      )}
      <div className="actions">
        <button type="button" className="button primary" disabled={command.isBusy} onClick={callOff}>
          {t('night.callOff')}
        </button>
      </div>
    </Dialog>
  );
}

function Countdown({ atMs }: { readonly atMs: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(250);
  return <strong className="num">{t('night.pendingIn', { seconds: format.number(Math.max(0, Math.ceil((atMs - now) / 1_000))) })}</strong>;
}
