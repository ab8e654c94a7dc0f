import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../src-main/testing/freePorts.ts';
import { expect, SAMPLES, startServe, test } from '../fixtures.ts';
import { PanelPage } from '../pages/panelPage.ts';
import { QueuePage } from '../pages/queuePage.ts';

const CLIP = join(SAMPLES, 'test-tiny/1001/1/1001-1-0000.flac');

test('waiting runs are moved by keys, menu and mouse, get a priority, and every change can be taken back', async ({ panel }) => {
  const queue = new QueuePage(panel);
  await queue.ask('queue.pause', {});
  for (const name of ['first', 'second', 'third']) await queue.addRun(name);
  await queue.open();
  await expect(panel.getByText('The queue is paused')).toBeVisible();
  await queue.expectOrder('first', 'second', 'third');

  await queue.runLink('third').focus();
  await panel.keyboard.press('Alt+ArrowUp');
  await queue.expectOrder('first', 'third', 'second');
  await expect(queue.runLink('third')).toBeFocused();
  await expect(queue.lastChange).toHaveText('A run was moved.');
  await panel.keyboard.press('Control+z');
  await queue.expectOrder('first', 'second', 'third');

  await queue.choose('third', 'To the top of its priority');
  await queue.expectOrder('third', 'first', 'second');
  await queue
    .runLink('third')
    .locator('xpath=..')
    .dragTo(queue.runLink('second').locator('xpath=..'), { targetPosition: { x: 60, y: 40 } });
  await queue.expectOrder('first', 'second', 'third');

  await queue.choose('second', 'Priority…');
  await panel.getByRole('dialog').getByRole('button', { name: /^high/ }).click();
  await expect(panel.getByLabel('Number (0 to 1,000)')).toHaveValue('3');
  await panel.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await queue.expectOrder('second', 'first', 'third');
  await expect(queue.waiting.getByText('high · 3')).toBeVisible();

  await queue.choose('first', 'Stop after this');
  await expect(panel.getByText('The queue pauses here')).toBeVisible();
  await panel.getByRole('button', { name: 'Remove the marker' }).click();
  await expect(panel.getByText('The queue pauses here')).toBeHidden();

  await queue.choose('first', 'Set aside (pause)');
  await queue.expectOrder('second', 'third');
  await expect(panel.getByText('paused by you')).toBeVisible();
  await new PanelPage(panel).expectNoAxeViolations();
  await panel.getByRole('button', { name: 'Resume first' }).click();
  await expect(queue.waiting.locator('a.queueName')).toHaveCount(3);
});

test('queued files are chosen, moved, held back, edited and removed, and the last change is taken back', async ({ panel }, info) => {
  const queue = new QueuePage(panel);
  await queue.ask('queue.pause', {});
  await queue.addRun('files', { modes: ['streaming', 'chunked'] });
  await queue.open();
  await queue.expectFiles('1001-1-0000', '1001-1-0001', '1001-1-0002', '1002-2-0000');

  await queue.file(2).click();
  await queue.file(3).click({ modifiers: ['Shift'] });
  await expect(panel.getByText('24 files wait · 2 chosen')).toBeVisible();
  await panel.getByRole('button', { name: 'To top' }).click();
  await queue.expectFiles('1001-1-0002', '1002-2-0000', '1001-1-0000', '1001-1-0001');
  await expect(queue.lastChange).toHaveText('4 tasks were moved.');
  await expect(queue.file(0)).toHaveAttribute('aria-selected', 'true');

  await queue.files.focus();
  await panel.keyboard.press('Alt+ArrowDown');
  await queue.expectFiles('1001-1-0000', '1001-1-0002', '1002-2-0000', '1001-1-0001');
  await expect(queue.files).toBeFocused();
  await panel.keyboard.press('Home');
  await expect(panel.getByText('24 files wait · 1 chosen')).toBeVisible();

  await panel.getByRole('button', { name: 'Hold back' }).click();
  await expect(queue.files.getByText('❚❚ held back')).toHaveCount(1);
  await expect(queue.lastChange).toHaveText('2 tasks are held back.');

  await queue.file(3).click({ button: 'right' });
  await panel.getByRole('menuitem', { name: 'Stop after this' }).click();
  await expect(queue.file(3)).toContainText('stops after this');

  await queue.file(1).click();
  await panel.getByRole('button', { name: 'Edit…' }).click();
  await panel.getByLabel('Language').selectOption('ko');
  await panel.getByRole('dialog').getByRole('button', { name: /^low/ }).click();
  await panel.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await expect(queue.lastChange).toHaveText('2 tasks were edited.');
  await expect(queue.files.getByText('low · 15')).toHaveCount(1);
  await panel.screenshot({ path: info.outputPath('queue.png') });
  await new PanelPage(panel).expectNoAxeViolations();

  await queue.files.focus();
  await panel.keyboard.press('Control+a');
  await panel.keyboard.press('Delete');
  await expect(panel.getByText('No file waits in this mode.')).toBeVisible();
  await expect(queue.files).toBeFocused();
  await panel.keyboard.press('Control+z');
  await expect(panel.getByText(/^24 files wait/)).toBeVisible();
  await panel.getByRole('tab', { name: /Chunked 24/ }).click();
  await expect(queue.files.getByText('❚❚ held back')).toHaveCount(1);
});

test('a run pauses at a time, one mode of it, and now, and says whose pause it is', async ({ panel }) => {
  const queue = new QueuePage(panel);
  const page = new PanelPage(panel);
  const runId = await queue.addRun('night', { modes: ['streaming', 'chunked'] });
  await panel.goto(`${panel.url().split('#')[0]}#/run/${runId}`);
  await page.expectStatus('running');
  const more = page.button('More ways to pause');
  await more.click();
  await expect(panel.getByRole('menuitem', { name: /^Now/ })).toContainText('last segment');
  await panel.getByRole('menuitem', { name: 'At a time…' }).click();
  await panel.getByLabel('Time', { exact: true }).fill('06:45');
  await expect(panel.getByRole('dialog')).toContainText(/The run pauses .*06:45, also after a restart/);
  await panel.getByRole('button', { name: 'Pause then' }).click();
  await expect(panel.locator('.runHeader')).toContainText('06:45');
  await more.click();
  await panel.getByRole('menuitem', { name: /^Do not pause at/ }).click();
  await expect(panel.locator('.runHeader')).not.toContainText('06:45');

  await more.click();
  await panel.getByRole('menuitem', { name: 'Pause Chunked' }).click();
  await expect(panel.getByRole('article', { name: 'Chunked' })).toContainText('paused');
  await more.click();
  await panel.getByRole('menuitem', { name: 'Resume Chunked' }).click();
  await expect(panel.getByRole('article', { name: 'Chunked' })).not.toContainText('paused');

  await more.click();
  await panel.getByRole('menuitem', { name: /^Now/ }).click();
  await page.expectStatus('paused');
  await expect(panel.locator('.runHeader')).toContainText('paused by you');
  await page.expectNoAxeViolations();
  await panel.keyboard.press('p');
  await page.expectStatus('running');
});

test('files of a run under way are held from its own screen, and new ones are added by dropping them', async ({ panel }) => {
  const queue = new QueuePage(panel);
  const page = new PanelPage(panel);
  const runId = await queue.addRun('growing');
  await panel.goto(`${panel.url().split('#')[0]}#/run/${runId}`);
  await page.expectStatus('running');
  const table = panel.getByRole('grid', { name: 'Files of the run' });
  await table.focus();
  await panel.keyboard.press('End');
  const last = table.locator('[aria-rowindex="25"]');
  await last.click({ button: 'right' });
  await panel.getByRole('menuitem', { name: 'Hold back' }).click();
  await expect(last).toContainText('held back');
  await page.button(/^In the queue/).click();
  await panel.getByRole('menuitem', { name: 'Release' }).click();
  await expect(last).not.toContainText('held back');

  const clip = await readFile(CLIP);
  await page.dropFiles([{ name: 'late.flac', base64: clip.toString('base64') }], '.runHeader');
  await expect(panel.getByText('The new files are being looked at')).toBeVisible();
  await expect(panel.locator('.runHeader')).toContainText('25 files');
  await page.button('Stop').click();
  await panel.getByRole('alertdialog').getByRole('button', { name: 'Stop now' }).click();
});

test('a queue is exported to a file and imported again', async ({ panel }) => {
  const queue = new QueuePage(panel);
  await queue.ask('queue.pause', {});
  await queue.addRun('carried', { modes: ['streaming', 'original'] });
  await queue.open();
  const downloading = panel.waitForEvent('download');
  await panel.getByRole('button', { name: 'Export…' }).click();
  const file = await (await downloading).path();
  const chooser = panel.locator('input[type=file][accept*=json]');

  await panel.getByRole('button', { name: 'Import…' }).click();
  await chooser.setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{"format":"other"}') });
  await expect(panel.getByRole('dialog').getByRole('status')).toContainText('At format');
  await chooser.setInputFiles(file);
  await expect(panel.getByRole('dialog')).toContainText('carried');
  await new PanelPage(panel).expectNoAxeViolations();
  await panel.getByRole('button', { name: 'Add 1 run' }).click();
  await expect(panel.getByText('1 run was added to the queue.')).toBeVisible();
  await queue.expectOrder('carried', 'carried');
});

test('runs that a crash left are offered, and go on when the user says so', async ({ page }, info) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'nightshift-e2e-'));
  const queue = new QueuePage(page);
  let host = await startServe(dataDir);
  try {
    await page.goto(host.link);
    await expect(page.getByRole('navigation')).toBeVisible();
    const [streaming, chunked, original] = await freePorts(3);
    await queue.ask('settings.update', { ports: { streaming, chunked, original }, language: 'en' });
    const runId = await queue.addRun('cut short');
    await expect.poll(async () => (await queue.ask<{ status: string }>('runs.get', { runId })).status).toBe('running');
    await queue.addRun('behind it');
    await host.end('SIGKILL');
    host = await startServe(dataDir);
    await page.goto(host.link);
    await page.getByRole('navigation').getByRole('link', { name: 'Runs' }).click();
    const note = page.getByRole('region', { name: /interrupted and can go on/ });
    await expect(note).toContainText('cut short');
    await new PanelPage(page).expectNoAxeViolations();
    await page.screenshot({ path: info.outputPath('interrupted.png') });
    await queue.open();
    await page.getByRole('button', { name: 'Leave' }).click();
    await expect(note).toBeHidden();
    await page.reload();
    await page.getByRole('button', { name: 'Resume cut short' }).click();
    await expect(page.locator('.queueCurrent')).toContainText('cut short');
  } finally {
    await host.end('SIGINT');
    await rm(dataDir, { recursive: true, force: true });
  }
});

test('a server rests and serves again', async ({ panel }) => {
  const page = new PanelPage(panel);
  await page.openScreen('Servers');
  await page.button(/^Pause/).click();
  await expect(panel.getByText('paused: gets no new files')).toBeVisible();
  await page.expectNoAxeViolations();
  await page.button(/^Resume/).click();
  await expect(panel.getByText('paused: gets no new files')).toBeHidden();
});

test('the queue speaks both languages, light and dark, and says what to do while it is empty', async ({ panel }, info) => {
  const queue = new QueuePage(panel);
  const page = new PanelPage(panel);
  await queue.open();
  await expect(panel.getByRole('heading', { name: 'Nothing waits' })).toBeVisible();
  await page.expectNoAxeViolations();
  await queue.ask('queue.pause', {});
  await queue.addRun('야간 실행', { modes: ['streaming', 'chunked', 'original'], priority: 0 });
  await queue.addRun('archive', { priority: 12 });
  for (const language of ['en', 'ko']) {
    for (const theme of ['light', 'dark']) {
      await queue.ask('settings.update', { language, theme });
      await expect(panel.locator('html')).toHaveAttribute('data-theme', theme);
      await expect(panel.getByRole('heading', { level: 1 })).toHaveText(language === 'en' ? 'Queue' : '대기열');
      await page.expectNoAxeViolations();
      await panel.screenshot({ path: info.outputPath(`queue-${language}-${theme}.png`) });
    }
  }
});
