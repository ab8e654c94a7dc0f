import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '../fixtures.ts';
import { PanelPage } from '../pages/panelPage.ts';

test('a backup is made and listed, and the database is checked', async ({ panel, host }) => {
  const page = new PanelPage(panel);
  await page.openScreen('Settings');
  await expect(panel.getByText('There are no backups yet.')).toBeVisible();
  await panel.getByRole('button', { name: 'Back up now' }).click();
  await expect(panel.getByText(/^Backup of 0 runs/)).toBeVisible();
  const [name = ''] = await readdir(join(host.dataDir, 'backups'));
  await expect(panel.getByRole('listitem').filter({ hasText: name })).toContainText('on request');
  await panel.getByRole('button', { name: 'Check the database' }).click();
  await expect(panel.getByText(/^The database is sound/)).toBeVisible();
});

test('what would go is shown, a run can be kept, and only what was shown goes; by keyboard, in both themes and languages', async ({
  panel,
  host,
}, info) => {
  const page = new PanelPage(panel);
  await page.runSample();
  await page.expectStatus('finished');
  await writeFile(join(host.dataDir, 'logs', 'nightshift.log.4'), 'old');
  await page.openScreen('Settings');
  await panel.getByLabel('Runs that ended more than … days ago').fill('0');
  await panel.getByLabel('Older parts of logs, after … days').fill('much');
  await expect(page.button('Show what would go…')).toBeDisabled();
  await panel.getByLabel('Older parts of logs, after … days').fill('0');
  await panel.getByRole('button', { name: 'Save' }).last().click();
  await expect(page.button('Show what would go…')).toBeEnabled();
  await page.button('Show what would go…').focus();
  await panel.keyboard.press('Enter');
  const dialog = panel.getByRole('dialog', { name: 'What would go' });
  await expect(dialog.getByRole('row', { name: /Sample batch/ })).toBeVisible();
  await expect(dialog.getByRole('row', { name: /nightshift\.log\.4/ })).toBeVisible();
  await page.expectNoAxeViolations();
  await dialog.getByRole('button', { name: 'Keep run 1' }).focus();
  await panel.keyboard.press('Enter');
  await expect(dialog.getByRole('row', { name: /Sample batch/ })).toBeHidden();
  await dialog.getByRole('button', { name: /^Remove/ }).click();
  await expect(dialog).toBeHidden();
  await expect(panel.getByText(/^Removed 3\sB of files/)).toBeVisible();
  expect(await readdir(join(host.dataDir, 'logs'))).not.toContain('nightshift.log.4');
  expect(await readdir(join(host.dataDir, 'runs'))).toEqual(['1']);

  await panel.getByLabel('Colours').selectOption('dark');
  await panel.getByLabel('Language').selectOption('ko');
  await panel.getByRole('button', { name: '실행 1 보관 해제' }).click();
  await panel.getByRole('button', { name: '지울 항목 보기…' }).click();
  await expect(panel.getByRole('row', { name: /Sample batch/ })).toBeVisible();
  await page.expectNoAxeViolations();
  await panel.screenshot({ path: info.outputPath('cleaning-ko-dark.png') });
  await panel.getByRole('button', { name: /지우기$/ }).click();
  await expect(panel.getByRole('dialog')).toBeHidden();
  expect(await readdir(join(host.dataDir, 'runs'))).toEqual([]);
});

test('the cache is shown, limited and emptied', async ({ panel, host }, info) => {
  const page = new PanelPage(panel);
  await page.runSample();
  await page.expectStatus('finished');
  await page.openScreen('Settings');
  await expect(panel.getByText(/of audio of \d+ files?; \d+ known files?\./)).toBeVisible();
  const form = panel.locator('form', { has: panel.getByRole('heading', { name: 'Cache' }) });
  await form.getByLabel('Kept audio, at most').fill('many');
  await expect(form.getByRole('button', { name: 'Save' })).toBeDisabled();
  await form.getByLabel('Kept audio, at most').fill('100');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form.getByRole('button', { name: 'Save' })).toBeDisabled();
  await page.expectNoAxeViolations();
  await form.screenshot({ path: info.outputPath('cache-en.png') });
  await form.getByRole('button', { name: 'Empty the cache' }).focus();
  await panel.keyboard.press('Enter');
  await expect(form.getByText(/^Removed .* of kept audio\.$/)).toBeVisible();
  await expect(form.getByText('0 B of audio of 0 files; 0 known files.')).toBeVisible();
  expect(await readdir(join(host.dataDir, 'cache', 'audio')).catch(() => [])).toEqual([]);
  await panel.getByLabel('Colours').selectOption('dark');
  await panel.getByLabel('Language').selectOption('ko');
  await panel.getByRole('heading', { name: '캐시' }).scrollIntoViewIfNeeded();
  await panel.screenshot({ path: info.outputPath('cache-ko-dark.png') });
});
