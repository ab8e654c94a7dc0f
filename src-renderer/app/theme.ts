import type { Settings } from '#shared/contract/settings.ts';

/** Remembered in the page so that the first paint has the right colours; the settings decide. */
const KEY = 'nightshift.theme';

export function applyTheme(theme: Settings['theme']): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser that keeps nothing only costs the colours of the first paint.
  }
}

export function rememberedTheme(): Settings['theme'] {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === 'light' || theme === 'dark' ? theme : 'system';
  } catch {
    return 'system';
  }
}
