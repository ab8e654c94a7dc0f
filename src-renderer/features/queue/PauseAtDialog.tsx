import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { nextOccurrence } from './pauseTime.ts';

interface Props {
  readonly isOpen: boolean;
  onPlan(atMs: number): void;
  onClose(): void;
}

/** Asks for a time of the clock and says which day it falls on. */
export function PauseAtDialog({ isOpen, onPlan, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog isOpen={isOpen} title={t('queue.pauseMenu.atTitle')} onClose={onClose}>
      <PauseAtForm onPlan={onPlan} onClose={onClose} />
    </Dialog>
  );
}

function PauseAtForm({ onPlan, onClose }: Omit<Props, 'isOpen'>) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(1_000);
  const [time, setTime] = useState('07:00');
  const atMs = nextOccurrence(time, now);
  return (
    <form
      className="queueForm"
      onSubmit={(event) => {
        event.preventDefault();
        if (atMs === null) return;
        onPlan(atMs);
        onClose();
      }}
    >
      <div className="field">
        <label htmlFor="pauseAt">{t('queue.pauseMenu.atLabel')}</label>
        <input
          id="pauseAt"
          className="input num pauseAtInput"
          type="time"
          required
          value={time}
          aria-describedby="pauseAtNext"
          onChange={(event) => setTime(event.currentTarget.value)}
        />
        <span className="hint" id="pauseAtNext" role="status">
          {atMs === null ? ' ' : t('queue.pauseMenu.atNext', { time: format.clock(atMs, now) })}
        </span>
      </div>
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {t('app.cancel')}
        </button>
        <button type="submit" className="button primary" disabled={atMs === null}>
          {t('queue.pauseMenu.atSet')}
        </button>
      </div>
    </form>
  );
}
