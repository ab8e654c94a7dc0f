import { useCallback, useEffect, type RefObject } from 'react';

/** Keys that work anywhere but in a field or an open dialog. */
export const SHORTCUTS = [
  { key: 'n', name: 'newRun' },
  { key: 'r', name: 'runs' },
  { key: 'q', name: 'queue' },
  { key: 'c', name: 'compare' },
  { key: 's', name: 'servers' },
  { key: 'l', name: 'log' },
  { key: ',', name: 'settings' },
  { key: '/', name: 'search' },
  { key: 'p', name: 'pause' },
  { key: '↑ ↓', name: 'rows' },
  { key: 'Alt + ↑ ↓', name: 'move' },
  { key: 'Ctrl + Z', name: 'undo' },
  { key: '?', name: 'help' },
] as const;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'SELECT', 'TEXTAREA'].includes(target.tagName);
}

/** The parts of a KeyboardEvent that are used. */
export type PressedKey = Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey' | 'isComposing'>;

/**
 * The key as the shortcuts name it; null when it is none of theirs. A Latin letter counts as typed, whatever Caps Lock says; where the
 * layout has other letters (Hangul), the place of the key counts.
 */
export function shortcutKey({ key, code, shiftKey, ctrlKey, metaKey, altKey, isComposing }: PressedKey): string | null {
  if (isComposing || ctrlKey || metaKey || altKey) return null;
  const isLetter = /^Key[A-Z]$/.test(code);
  if (isLetter && shiftKey) return null;
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  return isLetter ? code.slice(3).toLowerCase() : key;
}

function isElsewhere(event: KeyboardEvent): boolean {
  return (
    event.defaultPrevented ||
    isTyping(event.target) ||
    document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null
  );
}

/** Calls `handle` for a single key; it returns true when it used it. */
export function useShortcuts(handle: (key: string) => boolean): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (isElsewhere(event)) return;
      const key = shortcutKey(event);
      if (key !== null && handle(key)) event.preventDefault();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [handle]);
}

/** `/` goes to the search field of the screen. */
export function useSearchShortcut(input: RefObject<HTMLInputElement | null>): void {
  useShortcuts(
    useCallback(
      (key) => {
        if (key !== '/') return false;
        input.current?.focus();
        return true;
      },
      [input],
    ),
  );
}

/** Ctrl+Z, or Cmd+Z, outside of fields: there it belongs to the text. */
export function useUndoShortcut(undo: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const isUndo = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.code === 'KeyZ';
      if (!isUndo || isElsewhere(event)) return;
      event.preventDefault();
      undo();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [undo]);
}
