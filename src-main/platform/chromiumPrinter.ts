import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { PagePrinter } from '../core/ports.ts';
import { writeAtomic } from './fileStore.ts';
import { killTree } from './killTree.ts';

/** A browser that has not printed one page by then never will. */
const PRINT_TIMEOUT_MS = 60_000;
const KEPT_OUTPUT = 2_000;

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
  'msedge',
  'brave-browser',
];
const USUAL_PLACES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['/usr/bin/chromium', '/usr/bin/google-chrome', '/snap/bin/chromium', '/opt/google/chrome/chrome'],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA'].flatMap((name) => {
    const folder = process.env[name];
    if (folder === undefined) return [];
    return [join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'), join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe')];
  }),
};

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** A browser of the Chromium family on PATH or where it is usually installed; null when there is none. @param searchPath default: PATH */
export function locateChromium(searchPath = process.env['PATH'] ?? '', usualPlaces = USUAL_PLACES[process.platform] ?? []): string | null {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  for (const folder of searchPath.split(delimiter)) {
    // An empty entry of PATH means the current folder, which is no place to run programs from.
    if (folder === '') continue;
    const found = NAMES.map((name) => join(folder, name + suffix)).find(isProgram);
    if (found !== undefined) return found;
  }
  return usualPlaces.find(isProgram) ?? null;
}

/** Prints with an installed browser, in a profile of its own that is removed afterwards. */
export function createChromiumPrinter(locate: () => string | null = () => locateChromium()): PagePrinter {
  return {
    async printPdf(html, path) {
      const program = locate();
      if (program === null) throw new NightshiftError('PDF_UNAVAILABLE', { detail: 'no Chromium, Chrome or Edge was found' });
      const folder = await mkdtemp(join(tmpdir(), 'nightshift-print-'));
      try {
        const page = join(folder, 'report.html');
        const pdf = join(folder, 'report.pdf');
        await writeFile(page, html);
        await print(program, [
          '--headless',
          '--disable-gpu',
          '--disable-extensions',
          '--disable-background-networking',
          '--no-first-run',
          '--no-pdf-header-footer',
          // The sandbox refuses to run as root, as in a container; the page has no script and its policy loads nothing.
          ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
          `--user-data-dir=${join(folder, 'profile')}`,
          `--print-to-pdf=${pdf}`,
          pathToFileURL(page).href,
        ]);
        const bytes = await readFile(pdf).catch(() => null);
        if (bytes === null || bytes.subarray(0, 5).toString('latin1') !== '%PDF-') {
          throw new NightshiftError('PDF_UNAVAILABLE', { detail: `${program} printed nothing` });
        }
        await writeAtomic(path, bytes);
      } finally {
        // A browser that is still closing may write into its profile once more.
        await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
      }
    },
  };
}

function print(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: process.platform !== 'win32', windowsHide: true });
    let output = '';
    let isLate = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_OUTPUT);
    });
    const end = (): void => {
      if (child.pid !== undefined) killTree(child.pid, 'SIGKILL');
    };
    const timer = setTimeout(() => {
      isLate = true;
      end();
    }, PRINT_TIMEOUT_MS);
    // An owner that leaves takes the browser with it.
    process.once('exit', end);
    const settle = (): void => {
      clearTimeout(timer);
      process.off('exit', end);
    };
    child.once('error', (error) => {
      settle();
      reject(new NightshiftError('PDF_UNAVAILABLE', { detail: error.message }, { cause: error }));
    });
    child.once('exit', (code, signal) => {
      settle();
      if (process.platform !== 'win32') end();
      if (code === 0 && !isLate) resolve();
      else {
        const why = isLate ? `no page after ${PRINT_TIMEOUT_MS / 1_000} s` : `ended with ${code ?? signal ?? 'nothing'}`;
        reject(new NightshiftError('PDF_UNAVAILABLE', { detail: `${program}: ${why}. ${output.trim().split('\n').at(-1) ?? ''}`.trim() }));
      }
    });
  });
}
