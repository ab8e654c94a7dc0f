import type { Page } from '@playwright/test';
import { expect, SAMPLES, test } from '../fixtures.ts';
import { PanelPage } from '../pages/panelPage.ts';

interface Reply<T> {
  readonly ok: boolean;
  readonly data: T;
}

/** Asks a route as the panel does, with its session. */
async function ask<T>(panel: Page, route: string, input: object): Promise<T> {
  const reply = await panel.evaluate(
    async ([name, body]) => {
      const response = await fetch(`/rpc/${name}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      return (await response.json()) as Reply<unknown>;
    },
    [route, JSON.stringify(input)] as const,
  );
  expect(reply.ok, JSON.stringify(reply)).toBe(true);
  return reply.data as T;
}

/** Runs the samples to the end without the panel's forms. */
async function runSamples(panel: Page, name: string, options: object): Promise<number> {
  const { id } = await ask<{ id: number }>(panel, 'runs.create', { sources: [SAMPLES], name, options, startWhenReady: true });
  await expect
    .poll(async () => (await ask<{ status: string }>(panel, 'runs.get', { runId: id })).status, { timeout: 120_000 })
    .toBe('finished');
  return id;
}

const ALL_MODES = { modes: ['streaming', 'chunked', 'original'] };

test('a finished run leads to its modes side by side, down to the words', async ({ panel }, info) => {
  const page = new PanelPage(panel);
  const runId = await runSamples(panel, 'samples', { ...ALL_MODES, windowSec: 0.6 });
  await panel.goto(`${new URL('/', panel.url()).href}#/run/${runId}`);
  await panel.getByRole('link', { name: 'Compare', exact: true }).last().click();
  await expect(panel.getByRole('heading', { level: 1 })).toHaveText('samples: Streaming, Chunked, Original');
  await expect(panel.locator('.compareSay strong')).toContainText('points of WER');
  await expect(panel.locator('.compareHeadline')).toContainText('24 files, 190 words. Matched-pairs test z =');
  const grid = panel.getByRole('grid', { name: 'Compared files' });
  await expect(grid.getByRole('row')).not.toHaveCount(1);
  await page.expectNoAxeViolations();
  await panel.screenshot({ path: info.outputPath('compare.png') });

  await panel.getByRole('tab', { name: 'Figures' }).click();
  await expect(panel.getByRole('table').filter({ hasText: 'Vocabulary' }).getByRole('row')).toHaveCount(4);
  await panel.getByRole('tab', { name: 'Tests' }).click();
  await expect(panel.getByRole('table').filter({ hasText: 'McNemar' }).getByRole('row')).toHaveCount(4);

  await page.button(/^Confusions/).click();
  const error = panel.getByRole('region', { name: 'Missing words' }).getByRole('button').first();
  const word = await error.locator('s').textContent();
  await error.click();
  await expect(panel.getByText(`Only files with “${word}” missing`)).toBeVisible();
  // The words of a list are the words the alignment marks.
  await expect(
    panel
      .getByRole('region', { name: 'Selected file' })
      .locator('s', { hasText: word ?? '' })
      .first(),
  ).toBeVisible();
  await page.expectNoAxeViolations();
  await page.button(/^Show all again/).click();
  await expect(grid).toHaveAttribute('aria-rowcount', '25');

  await page.button(/^By speaker/).click();
  await panel.getByRole('button', { name: '1003', exact: true }).click();
  await expect(grid).toHaveAttribute('aria-rowcount', '4');
});

test('a long list is read by pages, and only what is in sight exists', async ({ panel }) => {
  await runSamples(panel, 'samples', { modes: ['streaming', 'original'] });
  const count = 10_000;
  const offsets = new Set<number>();
  // Ten thousand files take longer to transcribe than a test may last: the rows of the samples stand in for them.
  await panel.route('**/rpc/compare.items', async (route) => {
    const input = route.request().postDataJSON() as { offset: number; limit: number };
    offsets.add(input.offset);
    const response = await route.fetch({ postData: JSON.stringify({ ...input, offset: 0 }) });
    const reply = (await response.json()) as Reply<{ rows: object[]; total: number }>;
    const length = Math.min(input.limit, count - input.offset);
    const rows = Array.from({ length }, (_, index) => ({
      ...reply.data.rows[index % reply.data.rows.length],
      fileId: `row ${input.offset + index}`,
    }));
    await route.fulfill({ response, json: { ...reply, data: { rows, total: count } } });
  });
  await new PanelPage(panel).openScreen('Compare');
  const grid = panel.getByRole('grid');
  await expect(grid).toHaveAttribute('aria-rowcount', String(count + 1));
  await grid.focus();
  await panel.keyboard.press('End');
  const selected = panel.locator('.compareRow.selected');
  await expect(selected).toContainText(`row ${count - 1}`);
  await expect(selected).toBeInViewport();
  await panel.keyboard.press('PageUp');
  await expect(selected).not.toContainText(`row ${count - 1}`);
  expect(await panel.locator('.compareRow').count()).toBeLessThan(100);
  // The first pages and the last ones, and nothing of what was jumped over.
  expect(offsets.size).toBeLessThan(6);
});

test('runs are added and taken out, scored under another normaliser, and shown over time', async ({ panel }) => {
  const page = new PanelPage(panel);
  const first = await runSamples(panel, 'two-second windows', { modes: ['chunked'] });
  await runSamples(panel, 'short windows', { modes: ['chunked'], windowSec: 0.6 });
  await page.openScreen('Compare');
  await expect(panel.getByRole('heading', { name: 'Choose what to compare' })).toBeVisible();
  await page.button('Choose runs and modes').click();
  const dialog = panel.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: /^Compare/ })).toBeDisabled();
  for (const name of ['two-second windows', 'short windows']) {
    await dialog
      .getByRole('group', { name })
      .getByRole('button', { name: /Chunked/ })
      .click();
  }
  await page.expectNoAxeViolations();
  await dialog.getByRole('button', { name: 'Compare 2' }).click();
  await expect(panel.locator('.compareSay strong')).toHaveText(
    /^two-second windows is better than short windows by \d+\.\d{2} points of WER$/,
  );

  await page.button('Rescore…').click();
  await panel.getByRole('radio', { name: /^none/i }).check();
  await panel.getByRole('button', { name: 'Compare with it' }).click();
  await expect(panel.locator('.compareHeader .sub')).toContainText('normaliser none 1');
  await expect(panel).toHaveURL(/normalizer=none/);

  await panel.getByRole('tab', { name: 'Over time' }).click();
  await expect(panel.getByRole('table').filter({ hasText: 'Date' }).getByRole('row')).toHaveCount(3);

  await page.button('Take short windows out of the comparison').click();
  await expect(panel.getByRole('heading', { name: 'Chunked · two-second windows needs something to be compared with' })).toBeVisible();
  await page.expectNoAxeViolations();
  await panel.goto(`${new URL('/', panel.url()).href}#/compare?systems=${first}.chunked,999.chunked`);
  await expect(panel.getByRole('heading', { name: 'These cannot be compared' })).toBeVisible();
  await expect(panel.getByText('There is no run with the number 999')).toBeVisible();
  await page.expectNoAxeViolations();
});

test('the comparison is used with the keyboard, in Korean, light and dark, wide and narrow', async ({ panel }, info) => {
  const page = new PanelPage(panel);
  await runSamples(panel, '샘플', ALL_MODES);
  await panel.reload();
  await expect(panel.getByRole('navigation')).toBeVisible();
  await panel.keyboard.press('c');
  const grid = panel.getByRole('grid');
  await expect(grid).toHaveAttribute('aria-rowcount', /^\d+$/);
  await page.button(/^All/).press('Enter');
  await expect(grid).toHaveAttribute('aria-rowcount', '25');
  const selected = panel.locator('.compareRow.selected');
  await grid.focus();
  await panel.keyboard.press('End');
  await expect(selected).toHaveAttribute('aria-rowindex', '25');
  await panel.keyboard.press('ArrowUp');
  await expect(selected).toHaveAttribute('aria-rowindex', '24');
  await panel.keyboard.press('Home');
  await expect(selected).toHaveAttribute('aria-rowindex', '2');
  const pane = panel.getByRole('region', { name: 'Selected file' });
  await panel.keyboard.press('Enter');
  await expect(pane).toBeFocused();
  await panel.keyboard.press('Escape');
  await expect(grid).toBeFocused();
  const byPath = panel.getByRole('columnheader', { name: 'File' });
  await byPath.getByRole('button').press('Enter');
  await expect(byPath).toHaveAttribute('aria-sort', 'ascending');
  await byPath.getByRole('button').press('Enter');
  await expect(byPath).toHaveAttribute('aria-sort', 'descending');
  await panel.keyboard.press('/');
  await panel.keyboard.type('1003');
  await expect(grid).toHaveAttribute('aria-rowcount', '4');

  await ask(panel, 'settings.update', { language: 'ko', theme: 'dark' });
  await expect(panel.locator('.compareSay')).toContainText('%p');
  await page.expectNoAxeViolations();
  await panel.screenshot({ path: info.outputPath('compare-ko-dark.png') });
  await ask(panel, 'settings.update', { theme: 'light' });
  await expect(panel.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.expectNoAxeViolations();
  for (const width of [1024, 390]) {
    await panel.setViewportSize({ width, height: 800 });
    // Nothing is wider than the window: what does not fit scrolls in its own frame.
    await expect
      .poll(() =>
        panel.evaluate<boolean>(`(() => {
      const screen = document.querySelector('.compareScreen');
      return screen.scrollWidth <= screen.clientWidth && document.documentElement.scrollWidth <= innerWidth;
    })()`),
      )
      .toBe(true);
    await grid.scrollIntoViewIfNeeded();
    await expect(grid).toBeInViewport();
    await page.expectNoAxeViolations();
    await panel.screenshot({ path: info.outputPath(`compare-ko-light-${width}.png`) });
  }
});
