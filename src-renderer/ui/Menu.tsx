import { ContextMenu as RadixContextMenu, DropdownMenu } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';
import './menu.css';

/** A line of a menu; `null` draws a line between groups. */
export type MenuEntry = {
  readonly key: string;
  readonly text: string;
  /** A sentence below the text. */
  readonly hint?: string;
  readonly shortcut?: string;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
  onSelect(): void;
} | null;

interface MenuButtonProps {
  readonly entries: readonly MenuEntry[];
  /** For screen readers, where the button shows only a sign. */
  readonly label?: string;
  readonly className?: string;
  readonly isDisabled?: boolean;
  readonly children: ReactNode;
}

/** A button that opens a menu; the focus comes back to the button. */
export function MenuButton({ entries, label, className = 'button', isDisabled = false, children }: MenuButtonProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className={className} aria-label={label} title={label} disabled={isDisabled}>
        {children}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4} collisionPadding={8} loop>
          <Entries entries={entries} Item={DropdownMenu.Item} Separator={DropdownMenu.Separator} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface MenuAreaProps {
  readonly entries: readonly MenuEntry[];
  /** Stands in the menu where there are no entries. */
  readonly emptyText: string;
  readonly children: ReactNode;
}

/** A menu at the pointer, or with the menu key, over one element. */
export function MenuArea({ entries, emptyText, children }: MenuAreaProps) {
  const shown = entries.length > 0 ? entries : [{ key: 'empty', text: emptyText, isDisabled: true, onSelect: () => undefined }];
  return (
    <RadixContextMenu.Root modal={false}>
      <RadixContextMenu.Trigger asChild>{children}</RadixContextMenu.Trigger>
      <RadixContextMenu.Portal>
        <RadixContextMenu.Content className="menu" collisionPadding={8} loop>
          <Entries entries={shown} Item={RadixContextMenu.Item} Separator={RadixContextMenu.Separator} />
        </RadixContextMenu.Content>
      </RadixContextMenu.Portal>
    </RadixContextMenu.Root>
  );
}

interface EntriesProps {
  readonly entries: readonly MenuEntry[];
  readonly Item: (props: ComponentProps<typeof DropdownMenu.Item>) => ReactNode;
  readonly Separator: (props: ComponentProps<typeof DropdownMenu.Separator>) => ReactNode;
}

function Entries({ entries, Item, Separator }: EntriesProps) {
  return entries.map((entry, index) =>
    entry === null ? (
      // A line between groups has nothing else to be known by.
      <Separator key={`line ${index}`} className="menuLine" />
    ) : (
      <Item
        key={entry.key}
        className={entry.isDanger === true ? 'menuItem danger' : 'menuItem'}
        disabled={entry.isDisabled === true}
        onSelect={() => entry.onSelect()}
      >
        <span>
          {entry.text}
          {entry.hint !== undefined && <span className="menuHint">{entry.hint}</span>}
        </span>
        {entry.shortcut !== undefined && <kbd>{entry.shortcut}</kbd>}
      </Item>
    ),
  );
}
