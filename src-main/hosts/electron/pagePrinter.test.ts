import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BrowserWindow } from '#main/testing/electronDouble.ts';
import { createElectronPrinter } from './pagePrinter.ts';

vi.mock('electron', () => import('#main/testing/electronDouble.ts'));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-printer-'));
  BrowserWindow.all.length = 0;
});
afterEach(() => {
  BrowserWindow.loads = null;
  rmSync(folder, { recursive: true, force: true });
});

it('prints the page in a hidden window without script and leaves nothing behind', async () => {
  let shown = '';
  BrowserWindow.loads = async () => {
    shown = readFileSync(fileURLToPath(BrowserWindow.all[0]?.loaded[0] ?? ''), 'utf8');
  };
  await createElectronPrinter().printPdf('<p>WER 4.2 %</p>', join(folder, 'report.pdf'));
  const [window] = BrowserWindow.all;
  expect(shown).toBe('<p>WER 4.2 %</p>');
  expect(window?.options.show).toBe(false);
  expect(window?.options.webPreferences).toMatchObject({ javascript: false, sandbox: true, nodeIntegration: false });
  expect(window?.webContents.printed).toEqual([{ printBackground: true, preferCSSPageSize: true }]);
  expect(readFileSync(join(folder, 'report.pdf'), 'utf8')).toMatch(/^%PDF-/);
  expect(window?.calls).toEqual(['destroy']);
  expect(existsSync(fileURLToPath(window?.loaded[0] ?? ''))).toBe(false);
});

it.each([
  ['cannot be loaded', () => Promise.reject(new Error('ERR_FAILED')), 'ERR_FAILED'],
  ['never ends', () => new Promise<void>(() => undefined), 'no page after 0.02 s'],
])('says so when the page %s, and writes nothing', async (_title, loads, detail) => {
  BrowserWindow.loads = loads;
  await expect(createElectronPrinter(20).printPdf('<p>', join(folder, 'report.pdf'))).rejects.toMatchObject({
    code: 'PDF_UNAVAILABLE',
    data: { detail },
  });
  expect(existsSync(join(folder, 'report.pdf'))).toBe(false);
  expect(BrowserWindow.all[0]?.calls).toEqual(['destroy']);
});
