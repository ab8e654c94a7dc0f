import { useEffect } from 'react';

/** Keys that work anywhere but in a field or an open dialog. */
export const SHORTCUTS = [
  { key: 'n', name: 'newRun' },
  { key: 'r', name: 'runs' },
  { key: 's', name: 'servers' },
  { key: ',', name: 'settings' },
  { key: '/', name: 'search' },
  { key: 'p', name: 'pause' },
  { key: '↑ ↓', name: 'rows' },
  { key: '?', name: 'help' },
] as const;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'SELECT', 'TEXTAREA'].includes(target.tagName);
}

/** Calls `handle` for a single key; it returns true when it used it. */
export function useShortcuts(handle: (key: string) => boolean): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"], [role="alertdialog"]') !== null) return;
      if (handle(event.key)) event.preventDefault();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [handle]);
}
