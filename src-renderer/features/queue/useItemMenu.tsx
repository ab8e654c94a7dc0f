import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { MenuEntry } from '../../ui/Menu.tsx';
import { EditItemsDialog } from './EditItemsDialog.tsx';
import { useItemActions, type ItemActions } from './useItemActions.ts';

/** Of a queued file, what its menu has to know. */
export interface ChosenItem {
  readonly itemId: number;
  readonly priority: number;
  /** null: that of the run; absent where it is not known. */
  readonly language?: string | null;
  readonly isHeld: boolean;
  readonly isStopAfter: boolean;
}

export interface ItemMenu {
  readonly actions: ItemActions;
  /** Nothing for no item. */
  entriesOf(chosen: readonly ChosenItem[]): MenuEntry[];
  edit(chosen: readonly ChosenItem[]): void;
  /** To be shown somewhere beside the menu. */
  readonly dialog: ReactNode;
}

/** The menu of queued files, the same wherever they are shown. */
export function useItemMenu(runId: number): ItemMenu {
  const { t } = useTranslation();
  const actions = useItemActions(runId);
  const [edited, setEdited] = useState<readonly ChosenItem[]>([]);
  const entriesOf = (chosen: readonly ChosenItem[]): MenuEntry[] => {
    const [only] = chosen;
    if (only === undefined) return [];
    const ids = chosen.map(({ itemId }) => itemId);
    const isAllHeld = chosen.every(({ isHeld }) => isHeld);
    return [
      { key: 'top', text: t('queue.toTop'), onSelect: () => actions.place(ids, 'top') },
      { key: 'next', text: t('queue.next'), onSelect: () => actions.place(ids, 'next') },
      { key: 'last', text: t('queue.last'), onSelect: () => actions.place(ids, 'last') },
      null,
      { key: 'hold', text: t(isAllHeld ? 'queue.files.release' : 'queue.files.hold'), onSelect: () => actions.hold(ids, !isAllHeld) },
      { key: 'edit', text: t('queue.files.edit'), onSelect: () => setEdited(chosen) },
      {
        key: 'stop',
        text: t(only.isStopAfter ? 'queue.noStopAfter' : 'queue.stopAfter'),
        isDisabled: chosen.length > 1,
        onSelect: () => actions.stopAfter(only.isStopAfter ? null : only.itemId),
      },
      null,
      { key: 'remove', text: t('queue.files.remove'), isDanger: true, onSelect: () => actions.remove(ids) },
    ];
  };
  return {
    actions,
    entriesOf,
    edit: setEdited,
    dialog: (
      <EditItemsDialog
        chosen={edited}
        onClose={() => setEdited([])}
        onSave={(change) =>
          actions.edit(
            edited.map(({ itemId }) => itemId),
            change,
          )
        }
      />
    ),
  };
}
