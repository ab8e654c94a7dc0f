import { expect, SAMPLES, test } from '../fixtures.ts';
import { PanelPage } from '../pages/panelPage.ts';

test('the history adds up what was done, by parameters one chooses and with the keyboard alone', async ({ panel }) => {
  const page = new PanelPage(panel);
  await page.openScreen('Runs');
  await panel.getByRole('link', { name: 'History' }).click();
  await expect(panel.getByRole('heading', { name: 'History', level: 1 })).toBeVisible();
  await expect(panel.getByText('Nothing was done yet')).toBeVisible();
  await page.expectNoAxeViolations();

  await page.openScreen('New run');
  await page.typePath(SAMPLES);
  await page.button(/^Start 24 tasks$/).click();
  await page.expectStatus('finished', 170_000);
  await page.openScreen('Runs');
  await panel.getByRole('link', { name: 'History' }).click();
  const rows = panel.getByRole('region', { name: 'History' }).locator('tbody tr');
  await expect(rows).toHaveCount(1);
  await expect(rows.first()).toContainText('Streaming');
  await expect(rows.first()).toContainText(/\d+ of \d+ words/);

  await panel.getByLabel('Group by').selectOption('Folder');
  await panel.getByLabel('and by', { exact: true }).selectOption('Another option…');
  await panel.getByLabel('and by: option.NAME or data.NAME').fill('option.windowSec');
  await panel.keyboard.press('Enter');
  await expect(page.button('option.windowSec')).toBeVisible();
  await expect(rows.first()).toContainText('test-tiny');
  await page.button('Word error rate').focus();
  await panel.keyboard.press('Enter');
  await expect(panel.getByRole('columnheader', { name: 'Word error rate' })).toHaveAttribute('aria-sort', 'descending');
  await panel.getByLabel('Period').selectOption('Last 24 hours');
  await expect(rows).toHaveCount(1);
  await page.expectNoAxeViolations();
});
