import { expect, test } from '../fixtures.ts';
import { PanelPage } from '../pages/panelPage.ts';

test('the log follows what happens, is filtered and searched, in both themes', async ({ panel }) => {
  const page = new PanelPage(panel);
  await page.openScreen('Log');
  const entries = panel.getByRole('region', { name: 'Entries of the log' });
  await expect(entries).toContainText('Nightshift started');
  await page.expectNoAxeViolations();
  await panel.getByLabel('Search the log').fill('no such entry');
  await expect(panel.getByText('Nothing was logged that fits.')).toBeVisible();
  await panel.getByLabel('Search the log').fill('');
  await panel.getByLabel('About').selectOption('Nightshift');
  await expect(entries.getByRole('listitem')).toHaveCount(1);
  await panel.getByLabel('About').selectOption('Everything');
  await panel.emulateMedia({ colorScheme: 'dark' });
  await page.expectNoAxeViolations();
});
