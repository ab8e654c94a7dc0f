import { describe, expect, it } from 'vitest';
import { shortcutKey, type PressedKey } from './shortcuts.ts';

const press = (part: Partial<PressedKey>): PressedKey => ({
  key: '',
  code: '',
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  isComposing: false,
  ...part,
});

describe('single keys', () => {
  it.each([
    ['a Latin letter', { key: 'n', code: 'KeyN' }, 'n'],
    ['Caps Lock', { key: 'N', code: 'KeyN' }, 'n'],
    ['the Hangul layout', { key: 'ㅜ', code: 'KeyN' }, 'n'],
    ['a Hangul input method', { key: 'Process', code: 'KeyP' }, 'p'],
    ['another Latin layout, where the letter counts and not its place', { key: 'r', code: 'KeyO' }, 'r'],
    ['a sign', { key: ',', code: 'Comma' }, ','],
    ['a sign with Shift', { key: '?', code: 'Slash', shiftKey: true }, '?'],
    ['a letter with Shift', { key: 'N', code: 'KeyN', shiftKey: true }, null],
    ['a letter being composed', { key: 'ㅜ', code: 'KeyN', isComposing: true }, null],
    ['a shortcut of the browser', { key: 'r', code: 'KeyR', ctrlKey: true }, null],
    ['an arrow', { key: 'ArrowUp', code: 'ArrowUp' }, 'ArrowUp'],
  ])('%s', (_title, part, key) => {
    expect(shortcutKey(press(part))).toBe(key);
  });
});
