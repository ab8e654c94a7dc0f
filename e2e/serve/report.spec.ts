import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, SAMPLES, test } from '../fixtures.ts';
import { PanelPage } from '../pages/panelPage.ts';

const GATE = {
  version: 1,
  name: 'release',
  rules: [
    { scope: 'run', metric: 'successRatio', min: 0.5 },
    { scope: 'mode', metric: 'werRatio', max: 0 },
  ],
};

/** Makes a run of the sample clips, waits for its end and opens it. */
async function finishedRun(panel: Page, options: object = { modes: ['streaming'] }, sources = [SAMPLES]): Promise<PanelPage> {
  const runId = await panel.evaluate(
    async (input) => {
      const body = JSON.stringify(input);
      const response = await fetch('/rpc/runs.create', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      return ((await response.json()) as { data: { id: number } }).data.id;
    },
    { sources, options, startWhenReady: true },
  );
  await panel.evaluate(`location.hash = '#/run/${runId}'`);
  const page = new PanelPage(panel);
  await page.expectStatus('finished', 170_000);
  return page;
}

test('a report is chosen, written, downloaded, and never written over unasked', async ({ panel, host }, info) => {
  const page = await finishedRun(panel);
  await page.button('Report…').focus();
  await panel.keyboard.press('Enter');
  const dialog = panel.getByRole('dialog', { name: 'Write a report' });
  await dialog.getByRole('checkbox', { name: 'HTML' }).focus();
  await panel.keyboard.press('Space');
  await expect(dialog.getByText('Tick at least one format.')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Write', exact: true })).toBeDisabled();
  await dialog.getByRole('checkbox', { name: 'HTML' }).check();
  await dialog.getByRole('checkbox', { name: 'QC JSON' }).check();
  await dialog.getByRole('checkbox', { name: 'SubRip (.srt)' }).check();
  await dialog.getByLabel('Names of the transcripts').fill('{mode}.{ext}');
  await expect(dialog.getByText('The names need {name} or {index}')).toBeVisible();
  await dialog.getByLabel('Names of the transcripts').fill('{name}.{ext}');
  await dialog.getByLabel('Folder').fill('reports');
  await expect(dialog.getByText('The folder needs its whole path')).toBeVisible();
  await dialog.getByLabel('Folder').fill('');
  await dialog.getByLabel('Language').selectOption('ko');
  await panel.screenshot({ path: info.outputPath('report.png') });
  await page.expectNoAxeViolations();
  await dialog.getByRole('button', { name: 'Write', exact: true }).click();
  await expect(dialog.getByText('24 transcripts in the folder below')).toBeVisible();
  await page.expectNoAxeViolations();

  const downloading = panel.waitForEvent('download');
  await dialog.getByRole('link', { name: 'Download report.html' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('report.html');
  const html = await readFile(await download.path(), 'utf8');
  expect(html).toContain('<html lang="ko"');
  const report = join(host.dataDir, 'runs', '1', 'report');
  expect(await readFile(join(report, '1001-1-0000.srt'), 'utf8')).toContain('-->');

  await writeFile(join(report, 'report.html'), 'mine');
  await dialog.getByRole('button', { name: 'Write another' }).click();
  await dialog.getByRole('button', { name: 'Write', exact: true }).click();
  await expect(dialog.getByText('26 files of these names are there already')).toBeVisible();
  expect(await readFile(join(report, 'report.html'), 'utf8')).toBe('mine');
  await page.expectNoAxeViolations();
  await dialog.getByRole('button', { name: 'Replace' }).click();
  await expect(dialog.getByRole('link', { name: 'Download report.html' })).toBeVisible();
  expect(await readFile(join(report, 'report.html'), 'utf8')).toContain('<html lang="ko"');
});

test('notes keep what was typed, whatever goes wrong, and are saved with the run', async ({ panel }, info) => {
  const page = await finishedRun(panel);
  await page.button('Notes…').click();
  const dialog = panel.getByRole('dialog', { name: 'Notes about this run' });
  await dialog.getByLabel('Author').fill('Kim');
  await dialog.getByLabel('Next actions').fill('retry what failed\ntell the team');
  await dialog.getByRole('button', { name: 'Add a risk' }).click();
  await dialog.getByLabel('Mitigation 1').fill('a second disk');
  await expect(dialog.getByText('A mitigation needs its risk.')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Save' })).toBeDisabled();
  await dialog.getByLabel('Risk 1', { exact: true }).fill('the disk fills up');
  await page.expectNoAxeViolations();
  await panel.screenshot({ path: info.outputPath('notes.png') });

  await panel.keyboard.press('Escape');
  await panel.getByRole('alertdialog').getByRole('button', { name: 'Go on writing' }).click();
  await panel.evaluate(`location.hash = '#/runs'`);
  await expect(panel.getByRole('heading', { name: 'Runs', level: 1 })).toBeVisible();
  await panel.goBack();
  await page.button(/^Notes…/).click();
  await expect(dialog.getByLabel('Author')).toHaveValue('Kim');
  await expect(dialog.getByText('Not saved yet')).toBeVisible();

  await panel.route('**/rpc/reports.setNotes', (route) => route.abort());
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.locator('.note.bad')).toBeVisible();
  await expect(dialog.getByLabel('Author')).toHaveValue('Kim');
  await panel.unroute('**/rpc/reports.setNotes');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('Saved')).toBeVisible();
  await panel.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await panel.reload();
  await page.button('Notes…').click();
  await expect(dialog.getByLabel('Next actions')).toHaveValue('retry what failed\ntell the team');
  await expect(dialog.getByLabel('Risk 1', { exact: true })).toHaveValue('the disk fills up');
});

test('rules chosen before the start are checked, and judge the run when it has finished', async ({ panel }, info) => {
  const page = new PanelPage(panel);
  await page.typePath(SAMPLES);
  await expect(page.button(/^Start 24 tasks$/)).toBeEnabled();
  await panel.getByText('Advanced').click();
  const rules = panel.getByLabel('Rules as JSON');
  await rules.fill('{ "version": 1, "rules": [{ "scope": "run", "metric": "werRatio", "max": 1 }] }');
  await expect(panel.getByText('rules.0.metric')).toBeVisible();
  await expect(page.button(/^Start/)).toBeDisabled();
  await page.button('Begin with an example').click();
  await expect(panel.getByText('3 rules')).toBeVisible();
  await page.expectNoAxeViolations();
  await panel.locator('input[type=file][accept*=json]').setInputFiles({
    name: 'gate.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(GATE)),
  });
  await expect(panel.getByText('2 rules')).toBeVisible();
  await page.button(/^Start 24 tasks$/).click();
  await page.expectStatus('finished', 170_000);
  const gate = panel.locator('details', { hasText: 'Gate' });
  await expect(gate.locator('[data-gate]')).toHaveText(/not passed/);
  await expect(gate).toContainText('1 of 2 rules hold');
  // What was broken shows itself.
  await expect(gate.getByRole('row').nth(2)).toContainText(/broken.*werRatio at most 0/);
  await page.expectNoAxeViolations();
  await panel.screenshot({ path: info.outputPath('gate.png') });

  await gate.getByRole('button', { name: 'Judge again…' }).click();
  const dialog = panel.getByRole('dialog', { name: 'Judge this run' });
  await dialog.getByLabel('Rules as JSON').fill(JSON.stringify({ ...GATE, rules: GATE.rules.slice(0, 1) }));
  await dialog.getByRole('button', { name: 'Judge', exact: true }).click();
  await expect(gate.locator('[data-gate]')).toHaveText(/^\W*passed/);
  await page.openScreen('Runs');
  await expect(panel.getByRole('row').nth(1).locator('[data-gate=passed]')).toBeVisible();
  await page.expectNoAxeViolations();
});

test('a finished run says how its modes differ, and what another normaliser makes of it', async ({ panel }, info) => {
  const page = await finishedRun(panel, { modes: ['streaming', 'chunked', 'original'] });
  const findings = panel.locator('.findings li');
  await expect(findings).toHaveCount(3);
  for (const text of await findings.allTextContents()) {
    expect(text).toMatch(/points (fewer errors|may be chance).*95 % interval .* to .*, p [=<] 0\.\d{3}, 24 files in both|not enough data/);
  }
  await panel.getByText('Other normalisers').click();
  await panel.getByLabel('Normaliser', { exact: true }).selectOption('none');
  await page.button('Rescore').click();
  await expect(panel.locator('.rescoringScroll thead th')).toHaveText(['Mode', /simple.*as run/, /none.*rescored/]);
  await expect(panel.locator('.rescoringScroll tbody tr')).toHaveCount(3);
  for (const theme of ['light', 'dark'] as const) {
    await panel.emulateMedia({ colorScheme: theme });
    await page.expectNoAxeViolations();
    await panel.screenshot({ path: info.outputPath(`finished-${theme}.png`) });
  }
});

test('on a telephone everything of a run is below each other and nothing sticks out', async ({ panel }, info) => {
  await panel.setViewportSize({ width: 390, height: 844 });
  const page = await finishedRun(panel);
  const wide = (): Promise<string[]> =>
    panel.evaluate<string[]>(`[...document.querySelectorAll('.shell *:not(.srOnly)')]
      .filter((element) => element.closest('.folderScroll, .gateChecks, .rescoringScroll, .byMode, nav, svg') === null)
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .map((element) => element.outerHTML.slice(0, 120))`);
  await expect(panel.locator('.werTable tbody tr')).toHaveCount(1);
  expect(await wide()).toEqual([]);
  await panel.locator('.gridRow.selected').scrollIntoViewIfNeeded();
  await panel.getByRole('grid').focus();
  await panel.keyboard.press('ArrowDown');
  await expect(panel.locator('.gridRow.selected')).toHaveAttribute('aria-rowindex', '3');
  await expect(panel.locator('.inspector h2')).toHaveText('1001-1-0001.flac');
  await page.expectNoAxeViolations();
  await panel.screenshot({ path: info.outputPath('narrow.png') });
  for (const screen of ['runs', 'history', 'compare', 'new', 'servers', 'settings', 'log']) {
    await panel.evaluate(`location.hash = '#/${screen}'`);
    await expect(panel.getByRole('heading', { level: 1 })).toBeVisible();
    expect(await panel.evaluate('document.documentElement.scrollWidth'), screen).toBe(390);
  }
});

test('End selects the last row also where it is not loaded yet, and a search cannot be too long', async ({ panel }) => {
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-rows-'));
  try {
    await mkdir(join(folder, 'many'));
    await copyFile(join(SAMPLES, 'test-tiny/1001/1/1001-1-0000.flac'), join(folder, 'many', '0000.flac'));
    for (let index = 1; index < 1_200; index += 1) await writeFile(join(folder, 'many', `${String(index).padStart(4, '0')}.wav`), '');
    const page = await finishedRun(panel, { modes: ['streaming'], calculateWer: false }, [folder]);
    const grid = panel.getByRole('grid');
    await expect(grid).toHaveAttribute('aria-rowcount', '1201');
    await grid.focus();
    await panel.keyboard.press('End');
    await expect(panel.locator('.gridRow.selected')).toHaveAttribute('aria-rowindex', '1201');
    await expect(panel.locator('.inspector h2')).toHaveText('1199.wav');
    await panel.keyboard.press('Home');
    await expect(panel.locator('.inspector h2')).toHaveText('0000.flac');
    await panel.getByRole('searchbox').fill('x'.repeat(600));
    await expect(panel.getByText('No files match')).toBeVisible();
    await expect(page.page.locator('.tableError')).toHaveCount(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a path that is not there is said where it was typed and leaves no run behind', async ({ panel }) => {
  const page = new PanelPage(panel);
  await page.typePath('/no/such/folder');
  const dialog = panel.getByRole('dialog');
  await expect(dialog.getByText('There is nothing at this path')).toBeVisible();
  await expect(dialog.getByLabel('Path on the machine where Nightshift runs')).toHaveValue('/no/such/folder');
  await page.expectNoAxeViolations();
  await panel.keyboard.press('Escape');
  await page.openScreen('Runs');
  await expect(panel.getByText('No runs yet')).toBeVisible();
});

test('changed ports are told beside the names of the servers at once', async ({ panel }) => {
  const page = new PanelPage(panel);
  await page.openScreen('Settings');
  await panel.getByLabel('Streaming').fill('18091');
  await panel.getByRole('region', { name: 'Ports of the servers' }).getByRole('button', { name: 'Save' }).click();
  await expect(panel.locator('.sideServers')).toContainText(/Streaming\s*· 18091/);
});

test('the windows of a run are in Korean and readable in the dark', async ({ panel }, info) => {
  const page = await finishedRun(panel);
  await panel.evaluate(async () => {
    const body = JSON.stringify({ language: 'ko', theme: 'dark' });
    await fetch('/rpc/settings.update', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  });
  for (const [button, title] of [
    ['보고서…', '보고서 쓰기'],
    ['메모…', '이 실행에 대한 메모'],
  ] as const) {
    await page.button(button).click();
    await expect(panel.getByRole('dialog', { name: title })).toBeVisible();
    await page.expectNoAxeViolations();
    await panel.screenshot({ path: info.outputPath(`${title}.png`) });
    await panel.keyboard.press('Escape');
    await expect(panel.getByRole('dialog')).toBeHidden();
  }
  await panel.getByText('게이트').click();
  await page.button('규칙으로 판정…').click();
  await panel.getByLabel('규칙 (JSON)').fill('{"version":1,"rules":[]}');
  await expect(panel.getByText(/^rules: .*[가-힣]/)).toBeVisible();
  await page.expectNoAxeViolations();
});
