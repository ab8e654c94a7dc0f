import { AlertDialog, Dialog as RadixDialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

interface DialogProps {
  readonly isOpen: boolean;
  readonly title: string;
  /** For forms and tables. */
  readonly isWide?: boolean;
  readonly children: ReactNode;
  onClose(): void;
}

/** A window over the page: focus stays inside, Escape closes it. */
export function Dialog({ isOpen, title, isWide = false, children, onClose }: DialogProps) {
  return (
    <RadixDialog.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="overlay" />
        <RadixDialog.Content className={isWide ? 'dialog wide' : 'dialog'} aria-describedby={undefined}>
          <RadixDialog.Title asChild>
            <h2>{title}</h2>
          </RadixDialog.Title>
          {children}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

interface QuestionProps {
  readonly isOpen: boolean;
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly cancel?: string;
  onConfirm(): void;
  onClose(): void;
}

/** One question before something that cannot be undone; the safe answer has the focus. */
export function Question({ isOpen, title, text, confirm, cancel, onConfirm, onClose }: QuestionProps) {
  const { t } = useTranslation();
  return (
    <AlertDialog.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="overlay" />
        <AlertDialog.Content className="dialog">
          <AlertDialog.Title asChild>
            <h2>{title}</h2>
          </AlertDialog.Title>
          <AlertDialog.Description className="dim">{text}</AlertDialog.Description>
          <div className="actions">
            <AlertDialog.Cancel className="button">{cancel ?? t('app.cancel')}</AlertDialog.Cancel>
            <AlertDialog.Action className="button danger" onClick={onConfirm}>
              {confirm}
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
