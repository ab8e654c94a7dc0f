import { expect, SAMPLES, test } from '../fixtures.ts';
import { PanelPage } from '../pages/panelPage.ts';

test('words are found in the texts of all runs, with the keyboard alone, and lead to their file', async ({ panel }) => {
  const page = new PanelPage(panel);
  await page.openScreen('Runs');
  await panel.getByRole('link', { name: 'Find words' }).click();
  await expect(panel.getByText('Type what somebody said')).toBeVisible();
  await expect(panel.getByLabel('Words to find')).toBeFocused();
  await panel.keyboard.type('river');
  await expect(panel.getByText('No text has these words')).toBeVisible();
  await page.expectNoAxeViolations();

  await page.openScreen('New run');
  await page.typePath(SAMPLES);
  await page.button(/^Start 24 tasks$/).click();
  await page.expectStatus('finished', 170_000);
  await page.openScreen('Runs');
  await panel.getByRole('link', { name: 'Find words' }).click();
  await panel.keyboard.type('RIVER');
  const hits = panel.getByRole('list', { name: 'Texts found' }).getByRole('listitem');
  await expect(hits.first()).toBeVisible();
  for (const mark of await hits.locator('mark').allTextContents()) expect(mark.toLowerCase()).toBe('river');
  await page.expectNoAxeViolations();
  const file = hits.first().getByRole('link');
  const name = await file.textContent();
  await file.focus();
  await panel.keyboard.press('Enter');
  await expect(panel.getByRole('heading', { name: name?.split('/').at(-1) ?? '' })).toBeVisible();
});
