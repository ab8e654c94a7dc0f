import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test as base, expect, type Page } from '@playwright/test';
import { freePorts } from '../src-main/testing/freePorts.ts';

const ROOT = resolve(import.meta.dirname, '..');
export const SAMPLES = join(ROOT, 'assets/samples');

/** The built serve host on a data folder of its own. */
export interface Host {
  readonly url: string;
  /** The token link it printed; works once. */
  readonly link: string;
  readonly dataDir: string;
}

interface Fixtures {
  readonly host: Host;
  /** A page that was opened through the link, with everything the panel must never do recorded. */
  readonly panel: Page;
}

/** Waits for the line that carries the link, or for the reason why it never comes. */
function linkOf(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    let output = '';
    const read = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
      const link = /"link":"(http:[^"]+)"/.exec(output)?.[1];
      if (link !== undefined) found(link);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => failed(new Error(`serve ended with ${code}:\n${output}`)));
  });
}

/** The built serve host on this data folder, on a free port. */
export async function startServe(dataDir: string): Promise<{ readonly link: string; end(signal: 'SIGINT' | 'SIGKILL'): Promise<void> }> {
  const [port = 0] = await freePorts(1);
  const child = spawn(
    process.execPath,
    [join(ROOT, 'out/main/cli.js'), 'serve', '--no-open', '--port', String(port), '--json', '--data-dir', dataDir],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const end = async (signal: 'SIGINT' | 'SIGKILL'): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  try {
    return { link: await linkOf(child), end };
  } catch (error) {
    await end('SIGINT');
    throw error;
  }
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of the wanted fixtures from this pattern
  host: async ({}, use) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'nightshift-e2e-'));
    const { link, end } = await startServe(dataDir);
    try {
      await use({ url: new URL('/', link).href, link, dataDir });
    } finally {
      await end('SIGINT');
      await rm(dataDir, { recursive: true, force: true });
    }
  },

  panel: async ({ page, host }, use) => {
    const violations: string[] = [];
    await page.exposeFunction('reportViolation', (text: string) => violations.push(text));
    // As text: the code of the page has other globals than the code of the tests.
    await page.addInitScript({
      content: `addEventListener('securitypolicyviolation', (event) => reportViolation(event.violatedDirective + ' ' + event.blockedURI));`,
    });
    page.on('pageerror', (error) => violations.push(`page error: ${error.message}`));
    await page.goto(host.link);
    await expect(page.getByRole('navigation')).toBeVisible();
    await expect(page).toHaveURL(host.url);
    // Ports 8001 to 8003 may be in use on the machine that tests.
    const [streaming, chunked, original] = await freePorts(3);
    const reply = await page.evaluate(
      async (ports) => {
        const response = await fetch('/rpc/settings.update', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ ports, language: 'en' }),
        });
        return (await response.json()) as { ok: boolean };
      },
      { streaming, chunked, original },
    );
    expect(reply.ok).toBe(true);
    await use(page);
    expect(violations).toEqual([]);
  },
});

export { expect };
