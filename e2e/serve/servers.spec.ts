import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { expect, SAMPLES, test } from '../fixtures.ts';
import { freePorts } from '../../src-main/testing/freePorts.ts';
import { PanelPage } from '../pages/panelPage.ts';

/** Lists servers, and the buttons and words of the one that is chosen. */
class ServersPage extends PanelPage {
  async choose(name: string | RegExp, mode = 0): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Servers by mode' }).getByRole('link', { name }).nth(mode).click();
  }

  async addBroken(): Promise<void> {
    const [port = 0] = await freePorts(1);
    await this.button('Add a server…').click();
    await this.button(/^Empty form/).click();
    const editor = this.page.getByRole('dialog', { name: 'New server' });
    await editor.getByLabel('Name', { exact: true }).fill('Broken demo');
    await editor.getByLabel('Who starts it').selectOption('Nightshift starts and stops it');
    await editor.getByLabel('Program').fill(process.execPath);
    await editor.getByLabel('Arguments, one a line').fill(`-e\nconsole.error("Error: Cannot find module 'torch'"); process.exit(1)`);
    await editor.getByLabel('Port').fill(String(port));
    await editor.getByRole('button', { name: 'Environment: Add' }).click();
    await editor.getByLabel('Environment: Variable 1').fill('API_KEY');
    await editor.getByLabel('Environment: Value 1').fill('not to be seen');
    await editor.getByRole('button', { name: 'Save' }).click();
    await expect(editor).toBeHidden();
    await expect(this.page.getByRole('heading', { name: 'Broken demo' })).toBeVisible();
  }
}

async function hold(port: number): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 200 OK\r\n\r\n'));
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  return server;
}

test('a server of our own is tested step by step, started, followed in its log and stopped', async ({ panel }) => {
  const page = new ServersPage(panel);
  await page.openScreen('Servers');
  await page.button('Test').click();
  await expect(panel.getByText('It works.')).toBeVisible();
  await expect(panel.locator('.testSteps li')).toHaveCount(9);
  await expect(panel.locator('.testSteps li.ok')).toHaveCount(9);
  await page.expectNoAxeViolations();
  const log = panel.getByLabel('Log of Nightshift’s own');
  await page.button('Start: Nightshift’s own').click();
  await expect(panel.locator('.serverStatus')).toContainText('ready');
  await expect(log).toContainText(/ready after/);
  await panel.getByLabel('Search the log').fill('no such line');
  await expect(log).toHaveText('No line of the log holds this.');
  await panel.getByLabel('Search the log').fill('');
  await page.button('Stop: Nightshift’s own').click();
  await expect(panel.locator('.serverStatus')).toContainText('starts when needed');
  await expect(log).toContainText(/ended: exit code 0/);
});

test('a profile is added, fails with its reason, is corrected, duplicated, exported, removed and imported', async ({ panel }) => {
  const page = new ServersPage(panel);
  await page.openScreen('Servers');
  await page.addBroken();
  await page.button('Start: Broken demo').click();
  await expect(panel.getByText('lacks a software module: torch')).toBeVisible();
  await expect(page.button('Try again: Broken demo')).toBeEnabled();
  await page.expectNoAxeViolations();
  await page.button('Test').click();
  await expect(panel.getByText('It does not work yet.')).toBeVisible();
  await expect(panel.locator('.testSteps li.failed code')).toHaveText('SERVER_MODULE_MISSING');

  await page.button('Edit…').click();
  const editor = panel.getByRole('dialog');
  await editor.getByLabel('Port').fill('80x');
  await expect(editor.getByText('A number is needed here.')).toBeVisible();
  await editor.getByText('Advanced: audio').click();
  await page.expectNoAxeViolations();
  await expect(editor.getByLabel('Environment: Value 1')).toHaveValue('********');
  await panel.keyboard.press('Escape');
  await panel.getByRole('alertdialog').getByRole('button', { name: 'Go on editing' }).click();
  await panel.evaluate(`location.hash = '#/runs'`);
  await expect(panel.getByRole('heading', { name: 'Runs', level: 1 })).toBeVisible();
  await page.openScreen('Servers');
  await expect(panel.getByText('Changes to “Broken demo” are not saved yet.')).toBeVisible();
  await page.button('Go on editing').click();
  await expect(editor.getByLabel('Port')).toHaveValue('80x');
  await panel.keyboard.press('Escape');
  await panel.getByRole('alertdialog').getByRole('button', { name: 'Throw away' }).click();

  await page.choose(/Broken demo/);
  await page.button('Duplicate…').click();
  await expect(editor.getByLabel('Name', { exact: true })).toHaveValue('Broken demo 2');
  await expect(editor.getByLabel('Environment: Value 1')).toHaveValue('');
  await editor.getByRole('button', { name: 'Save' }).click();
  await expect(panel.getByRole('heading', { name: 'Broken demo 2' })).toBeVisible();

  const downloading = panel.waitForEvent('download');
  await page.button('Export all').click();
  const path = await (await downloading).path();
  const text = await readFile(path, 'utf8');
  expect(text).not.toContain('not to be seen');
  await page.button('Remove…').click();
  await panel.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await expect(panel.getByRole('link', { name: /Broken demo 2/ })).toHaveCount(0);
  await page.button('Import…').click();
  await panel.locator('input[type=file]').setInputFiles({ name: 'servers.json', mimeType: 'application/json', buffer: Buffer.from(text) });
  await expect(page.button('Import 2 servers')).toBeDisabled();
  await panel.getByLabel('Take the place of those that are there already').check();
  await page.expectNoAxeViolations();
  await page.button('Import 2 servers').click();
  await expect(panel.getByRole('link', { name: /Broken demo 2/ })).toHaveCount(1);
});

test('a port that something else holds is named, and left for another', async ({ panel }) => {
  const page = new ServersPage(panel);
  await page.openScreen('Servers');
  await page.choose(/Nightshift’s own/, 1);
  const port = Number(/:(\d+)$/.exec((await panel.locator('.serverHead code').textContent()) ?? '')?.[1]);
  const holder = await hold(port);
  try {
    await page.button('Start: Nightshift’s own').click();
    const conflict = panel.getByRole('region', { name: `Port ${port} is taken` });
    await expect(conflict).toContainText(/process \d+|does not tell/);
    await expect(page.button('Use as external')).toHaveCount(0);
    await page.expectNoAxeViolations();
    await page.button('Other port…').click();
    const [other = 0] = await freePorts(1);
    await panel.getByLabel('New port').fill(String(other));
    await panel.keyboard.press('Enter');
    await expect(panel.locator('.serverStatus')).toContainText('ready');
    await expect(panel.locator('.serverHead code')).toHaveText(`ws://localhost:${other}`);
  } finally {
    holder.close();
  }
});

test('a server that serves a mode runs its files, and what it lacks leads back to it', async ({ panel }) => {
  const page = new ServersPage(panel);
  await page.openScreen('Servers');
  await page.addBroken();
  await panel.getByRole('checkbox', { name: 'Broken demo serves Streaming runs' }).click();
  await panel.getByRole('checkbox', { name: 'Nightshift’s own serves Streaming runs' }).click();
  await expect(panel.getByRole('checkbox', { name: 'Nightshift’s own serves Streaming runs' })).not.toBeChecked();
  await expect(panel.getByRole('list', { name: 'Servers', exact: true }).getByRole('link', { name: /Broken demo/ })).toBeVisible();
  await page.openScreen('New run');
  await page.typePath(SAMPLES);
  await expect(panel.getByRole('checkbox', { name: 'Broken demo' })).toBeChecked();
  await page.button(/^Start 24 tasks$/).click();
  await expect(panel.getByText('lacks a software module: torch').first()).toBeVisible();
  await panel.getByRole('link', { name: 'Open “Broken demo”' }).first().click();
  await expect(panel.getByRole('heading', { name: 'Broken demo' })).toBeVisible();
});

test('the servers fit a narrow window, in Korean, light and dark', async ({ panel }, info) => {
  const page = new ServersPage(panel);
  await page.openScreen('Servers');
  await page.addBroken();
  await page.openScreen('Settings');
  await panel.getByLabel('Language').selectOption('ko');
  for (const [width, theme] of [
    [1024, 'dark'],
    [700, 'light'],
  ] as const) {
    await panel.setViewportSize({ width, height: 768 });
    await panel.getByLabel('색상').selectOption(theme);
    await panel.evaluate(`location.hash = '#/servers/broken-demo'`);
    await expect(panel.getByRole('heading', { name: '서버', level: 1 })).toBeVisible();
    await expect(panel.getByRole('heading', { name: 'Broken demo' })).toBeVisible();
    await page.expectNoAxeViolations();
    expect(await panel.evaluate(`document.documentElement.scrollWidth <= ${width}`)).toBe(true);
    await panel.screenshot({ path: info.outputPath(`servers-${width}-${theme}.png`) });
    await panel.evaluate(`location.hash = '#/settings'`);
  }
});
