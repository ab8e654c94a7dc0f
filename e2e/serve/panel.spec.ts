import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, SAMPLES, test } from '../fixtures.ts';
import { PanelPage } from '../pages/panelPage.ts';

test('one click runs the sample batch to a comparison of three modes', async ({ panel, host }, info) => {
  const page = new PanelPage(panel);
  await expect(panel.getByText(host.dataDir)).toBeVisible();
  await page.runSample();
  await page.expectStatus('finished', 170_000);
  const rates = panel.locator('.werTable tbody tr td:nth-child(2)');
  await expect(rates).toHaveCount(3);
  for (const rate of await rates.allTextContents()) expect(rate).toMatch(/^\d+\.\d{2}\s%$/);
  await expect(panel.locator('.resultsPath')).toContainText('results.json');
  await panel.screenshot({ path: info.outputPath('finished.png') });
  await page.expectNoAxeViolations();

  const downloading = panel.waitForEvent('download');
  await page.button('Download').click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/\.json$/);
  const results = JSON.parse(await readFile(await download.path(), 'utf8')) as Record<string, { overall: { num_files: number } }>;
  expect(['streaming', 'chunked', 'original'].map((mode) => results[mode]?.overall.num_files)).toEqual([24, 24, 24]);
});

test('a typed path is looked at, started, paused, resumed and stopped', async ({ panel }) => {
  const page = new PanelPage(panel);
  await page.typePath(SAMPLES);
  await expect(page.button(/^Start 24 tasks$/)).toBeEnabled();
  await page.expectNoAxeViolations();
  await panel.getByText('Advanced').click();
  await panel.getByLabel('Pace').selectOption('realTime');
  await page.button(/^Start 24 tasks$/).click();
  await page.expectStatus('running');
  await page.button(/^Pause$/).click();
  await page.expectStatus('paused');
  await page.button('Resume').click();
  await page.expectStatus('running');
  await page.button('Stop').click();
  await panel.getByRole('alertdialog').getByRole('button', { name: 'Stop now' }).click();
  await page.expectStatus('stopped');
});

test('dropped files are uploaded and looked at', async ({ panel }) => {
  const page = new PanelPage(panel);
  const clip = await readFile(join(SAMPLES, 'test-tiny/1001/1/1001-1-0000.flac'));
  await page.dropFiles([{ name: '녹음 #1.flac', base64: clip.toString('base64') }]);
  await expect(page.button(/^Start 1 task$/)).toBeEnabled();
  await expect(panel.getByText('The sample model knows 140 words')).toBeVisible();
  await expect(panel.getByRole('link', { name: 'Choose a model or server' })).toBeVisible();
});

test('files let go beside the drop zone count, and elsewhere they do not take the panel away', async ({ panel, host }) => {
  const page = new PanelPage(panel);
  const clip = await readFile(join(SAMPLES, 'test-tiny/1001/1/1001-1-0000.flac'));
  const files = [{ name: 'clip.flac', base64: clip.toString('base64') }];
  await page.openScreen('Servers');
  await expect(panel.getByRole('heading', { name: 'Servers', level: 1 })).toBeVisible();
  expect(await page.dropFiles(files, 'h1')).toBe(true);
  await page.openScreen('New run');
  await expect(panel.getByRole('heading', { name: 'New run', level: 1 })).toBeVisible();
  expect(await page.dropFiles(files, 'h1')).toBe(true);
  await expect(page.button(/^Start 1 task$/)).toBeEnabled();
  expect(panel.url().startsWith(host.url)).toBe(true);
});

test('leaving the screen cancels an upload and throws away what came', async ({ panel }) => {
  const page = new PanelPage(panel);
  await panel.route('**/upload/*/*', async (route) => (route.request().method() === 'PUT' ? undefined : route.continue()));
  const sending = panel.waitForRequest((request) => request.method() === 'PUT');
  await page.dropFiles([{ name: 'clip.flac', base64: Buffer.from('not sent').toString('base64') }]);
  await sending;
  await expect(panel.getByText('Uploading to Nightshift')).toBeVisible();
  const discarding = panel.waitForRequest((request) => request.method() === 'DELETE');
  await page.openScreen('Runs');
  await discarding;
  await expect(panel.getByText('The upload was cancelled because you left this screen')).toBeVisible();
  await expect(panel.getByText('No runs yet')).toBeVisible();
});

test('a field that cannot be used holds Start back and says why', async ({ panel }) => {
  const page = new PanelPage(panel);
  await page.typePath(SAMPLES);
  await expect(page.button(/^Start 24 tasks$/)).toBeEnabled();
  const chunked = panel.locator('.modeToggle', { hasText: 'Chunked' });
  await expect(chunked.getByText('found 24')).toBeVisible();
  await panel.getByLabel('Limit per mode').fill('1o0');
  await expect(page.button(/^Start/)).toBeDisabled();
  await expect(panel.getByText('“Limit per mode” needs a whole number from 1 to 1,000,000,000, or nothing.')).toBeVisible();
  await page.expectNoAxeViolations();
  await panel.getByLabel('Limit per mode').fill('10');
  await expect(page.button(/^Start 10 tasks$/)).toBeEnabled();
});

test('the panel says that it is offline and comes back by itself', async ({ panel, context }) => {
  const page = new PanelPage(panel);
  await context.setOffline(true);
  await panel.getByRole('button', { name: 'Run the sample batch' }).click();
  await expect(panel.getByText('No connection to Nightshift. Trying again…')).toBeVisible();
  await context.setOffline(false);
  await expect(panel.getByText('No connection to Nightshift. Trying again…')).toBeHidden();
  await page.runSample();
  await page.expectStatus('running');
});

test('a missing folder says what happened and what to do', async ({ panel }) => {
  const page = new PanelPage(panel);
  await page.typePath('/no/such/folder');
  await expect(panel.getByText('There is nothing at this path').first()).toBeVisible();
});

test('the panel speaks Korean, light and dark, without accessibility violations', async ({ panel }, info) => {
  const page = new PanelPage(panel);
  await page.openScreen('Settings');
  await panel.getByLabel('Colours').selectOption('dark');
  await expect(panel.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.expectNoAxeViolations();
  await panel.getByLabel('Colours').selectOption('light');
  await expect(panel.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.expectNoAxeViolations();
  await panel.getByLabel('Language').selectOption('ko');
  await expect(panel.getByRole('heading', { name: '설정' })).toBeVisible();
  await expect(panel.locator('html')).toHaveAttribute('lang', 'ko');
  await panel.screenshot({ path: info.outputPath('settings-ko.png') });
});

test('everything is reached with the keyboard', async ({ panel }) => {
  await expect(panel.getByRole('button', { name: 'Run the sample batch' })).toBeVisible();
  await panel.keyboard.press('s');
  await expect(panel.getByRole('heading', { name: 'Servers', level: 1 })).toBeVisible();
  await panel.keyboard.press('?');
  await expect(panel.getByRole('dialog')).toBeVisible();
  await panel.keyboard.press('Escape');
  await expect(panel.getByRole('dialog')).toBeHidden();
  await panel.keyboard.press('n');
  await expect(panel.getByRole('heading', { name: 'New run', level: 1 })).toBeVisible();
  const focused = panel.locator(':focus');
  for (let presses = 0; presses < 30; presses += 1) {
    await panel.keyboard.press('Tab');
    if ((await focused.textContent()) === 'Run the sample batch') break;
  }
  await expect(focused).toHaveText('Run the sample batch');
  await panel.keyboard.press('Enter');
  await new PanelPage(panel).expectStatus('finished');
  const grid = panel.getByRole('grid');
  await grid.focus();
  await expect(panel.locator('.gridBody .gridRow').first()).toBeVisible();
  await panel.keyboard.press('ArrowDown');
  await expect(panel.locator('.gridRow.selected')).toHaveAttribute('aria-rowindex', '3');
  await panel.keyboard.press('End');
  await expect(panel.locator('.gridRow.selected')).toHaveAttribute('aria-rowindex', '25');
});

test('a page without a valid link explains how to get one', async ({ page, host }) => {
  await page.goto(host.url);
  await expect(page.getByText('nightshift serve --link').filter({ visible: true }).first()).toBeVisible();
});

test('a panel whose session ended explains how to get a new link', async ({ panel, context }) => {
  await context.clearCookies();
  // The screen asks for the models, and the refusal is what tells the panel.
  await new PanelPage(panel).openScreen('Settings');
  await expect(panel.getByRole('heading', { name: 'This link is no longer valid' })).toBeVisible();
  await expect(panel.getByText('nightshift serve --link')).toBeVisible();
});
