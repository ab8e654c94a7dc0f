import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BrowserWindow } from 'electron';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { PagePrinter } from '#main/core/ports.ts';
import { writeAtomic } from '#main/platform/fileStore.ts';

/** A page that is not there by then never will be. */
const PRINT_TIMEOUT_MS = 60_000;

/** Prints with the app's own browser: a window that is never shown, without script, in a session that forgets everything. */
export function createElectronPrinter(timeoutMs = PRINT_TIMEOUT_MS): PagePrinter {
  return {
    async printPdf(html, path) {
      // As a file: an address that holds the page itself ends at 2 MB.
      const folder = await mkdtemp(join(tmpdir(), 'nightshift-print-'));
      try {
        const page = join(folder, 'report.html');
        await writeFile(page, html);
        await writeAtomic(path, await print(pathToFileURL(page).href, timeoutMs));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** @throws PDF_UNAVAILABLE */
async function print(url: string, timeoutMs: number): Promise<Buffer> {
  const window = new BrowserWindow({
    show: false,
    webPreferences: { partition: 'nightshift-print', javascript: false, sandbox: true, contextIsolation: true, nodeIntegration: false },
  });
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no page after ${timeoutMs / 1_000} s`)), timeoutMs);
  try {
    const printed = window.loadURL(url).then(() => window.webContents.printToPDF({ printBackground: true, preferCSSPageSize: true }));
    return await Promise.race([printed, late.promise]);
  } catch (error) {
    throw new NightshiftError('PDF_UNAVAILABLE', { detail: error instanceof Error ? error.message : String(error) }, { cause: error });
  } finally {
    clearTimeout(timer);
    window.destroy();
  }
}
