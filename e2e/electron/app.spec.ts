import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, expect, test, type ElectronApplication, type Page } from '@playwright/test';
import type { RunSummary } from '#shared/contract/runs.ts';
import { electronPath, whyNoDisplay } from '#main/bootstrap/electronRuntime.mjs';
import { freePort } from '../../src-main/testing/freePorts.ts';

const ROOT = join(import.meta.dirname, '../..');
const program: string | null = electronPath(ROOT);

/** What the preload exposes, as seen from inside the page. */
interface Bridge {
  request(route: string, input: unknown): Promise<{ ok: boolean; data: unknown }>;
}
declare const nightshift: Bridge;

test.skip(program === null, 'skipped: no Electron runtime');
test.skip(whyNoDisplay() !== null, `skipped: ${whyNoDisplay() ?? ''}`);

let dataDir: string;
let app: ElectronApplication;
let page: Page;
const complaints: string[] = [];

test.beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'nightshift-e2e-electron-'));
  const isRoot = process.getuid?.() === 0;
  app = await _electron.launch({
    executablePath: program ?? '',
    // Chromium's sandbox refuses to work for root.
    args: [...(isRoot ? ['--no-sandbox'] : []), ROOT, '--data-dir', dataDir],
    env: { ...process.env, LANG: 'en_US.UTF-8' } as Record<string, string>,
  });
  page = await app.firstWindow();
  complaints.length = 0;
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  const [streaming, chunked, original] = [await freePort(), await freePort(), await freePort()];
  const settings = { language: 'en', ports: { streaming, chunked, original } };
  await page.evaluate((change) => nightshift.request('settings.update', change), settings);
});

test.afterEach(async () => {
  await app.close();
  rmSync(dataDir, { recursive: true, force: true });
  expect(complaints, 'errors and policy violations in the page').toEqual([]);
});

async function latestRun(): Promise<RunSummary | undefined> {
  const reply = await page.evaluate(() => nightshift.request('runs.list', {}));
  return (reply.data as { runs: RunSummary[] }).runs[0];
}

test('the page is isolated and lives on our own protocol', async () => {
  await expect(page).toHaveTitle(/Nightshift/);
  expect(page.url()).toMatch(/^app:\/\/nightshift\//);
  const seen = await page.evaluate(() => ({
    bridge: Object.keys(nightshift).sort(),
    node: ['require', 'process', 'module', 'Buffer'].filter((name) => name in globalThis),
  }));
  expect(seen).toEqual({ bridge: ['pathForFile', 'request', 'subscribe'], node: [] });
});

test('the sample batch runs in all modes to a finished comparison', async () => {
  await page.getByRole('button', { name: 'Run the sample batch' }).click();
  await expect.poll(async () => (await latestRun())?.status, { timeout: 120_000 }).toBe('finished');
  const run = await latestRun();
  expect(run?.modes.map(({ mode, done, total }) => ({ mode, done, total }))).toEqual(
    ['streaming', 'chunked', 'original'].map((mode) => ({ mode, done: 24, total: 24 })),
  );
  for (const mode of run?.modes ?? []) expect(mode.werRatio).not.toBeNull();
});

test('a folder chosen in the native dialog is looked through', async () => {
  const folder = join(ROOT, 'assets/samples/test-tiny/1001');
  await app.evaluate(({ dialog }, path) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [path] });
  }, folder);
  await page.getByRole('button', { name: 'Choose folder…' }).click();
  await expect.poll(async () => (await latestRun())?.status).toBe('ready');
  expect(await latestRun()).toMatchObject({ sources: [folder], itemCount: 3, withReferenceCount: 3 });
  await expect(page.getByRole('button', { name: /^Start \d+ task/ })).toBeVisible();
});

test('quitting while a batch runs asks, and stays when told so', async () => {
  await app.evaluate(({ dialog }) => {
    dialog.showMessageBox = async () => {
      Reflect.set(globalThis, 'quitQuestions', Number(Reflect.get(globalThis, 'quitQuestions') ?? 0) + 1);
      return { response: 2, checkboxChecked: false };
    };
  });
  await page.getByRole('button', { name: 'Run the sample batch' }).click();
  await expect.poll(async () => (await latestRun())?.status).toBe('running');
  await app.evaluate(({ app: running }) => running.quit());
  await expect.poll(() => app.evaluate(() => Reflect.get(globalThis, 'quitQuestions') as unknown)).toBe(1);
  expect(page.isClosed()).toBe(false);
  // For the end of this test: stop now.
  await app.evaluate(({ dialog }) => {
    dialog.showMessageBox = async () => ({ response: 1, checkboxChecked: false });
  });
});
