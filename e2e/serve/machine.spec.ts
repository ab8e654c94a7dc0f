import { expect, SAMPLES, test } from '../fixtures.ts';
import { PanelPage } from '../pages/panelPage.ts';

test('the machine over time is there for a finished run, by mouse, by keyboard and in words', async ({ panel }) => {
  const page = new PanelPage(panel);
  await page.openScreen('New run');
  await page.typePath(SAMPLES);
  // In real time, so that there are seconds enough to come closer to.
  await panel.getByText('Advanced').click();
  await panel.getByLabel('Pace').selectOption('realTime');
  await panel.getByLabel('Limit per mode').fill('3');
  await page.button(/^Start \d+ tasks$/).click();
  await page.expectStatus('finished', 120_000);
  const toggle = page.button(/^Machine over time/);
  await expect(toggle).toHaveAttribute('aria-expanded', 'false');
  await toggle.click();
  const section = panel.getByRole('region', { name: 'Machine over time' });
  await expect(section.locator('canvas')).toBeVisible();
  await expect(section.getByRole('button', { name: /^CPU/ })).toHaveAttribute('aria-pressed', 'true');
  await expect(section.getByRole('button', { name: /^Servers/ })).toContainText(/\d\s(MB|GB)/);

  const cursor = section.getByRole('slider');
  await cursor.focus();
  await panel.keyboard.press('Home');
  await expect(cursor).toHaveAttribute('aria-valuenow', '0');
  await panel.keyboard.press('ArrowRight');
  await expect(cursor).toHaveAttribute('aria-valuenow', '1');
  await expect(cursor).toHaveAttribute('aria-valuetext', /CPU .*%, Memory/);
  const whole = section.getByRole('button', { name: 'Whole run' });
  await expect(whole).toBeDisabled();
  await panel.keyboard.press('+');
  await expect(whole).toBeEnabled();
  await panel.keyboard.press('0');
  await expect(whole).toBeDisabled();

  await section.getByText(/^\d+ events$/).click();
  await section.getByRole('button', { name: /streaming is done/ }).click();
  await expect(section.locator('.historyCursor')).toContainText('streaming is done');
  await page.expectNoAxeViolations();
});
