import { expect, type Locator, type Page } from '@playwright/test';
import { SAMPLES } from '../fixtures.ts';

/** The queue as a person sees it, and runs made for it without the screens that are tested elsewhere. */
export class QueuePage {
  readonly page: Page;
  readonly waiting: Locator;
  readonly files: Locator;
  readonly lastChange: Locator;

  constructor(page: Page) {
    this.page = page;
    this.waiting = page.locator('section', { has: page.getByRole('heading', { name: 'Waiting', exact: true }) });
    this.files = page.getByRole('grid', { name: 'Queued files in the order of their start' });
    this.lastChange = page.getByRole('group', { name: 'Last change' }).getByRole('status');
  }

  async ask<T>(route: string, input: object): Promise<T> {
    const reply = await this.page.evaluate(
      async ([name, body]) => {
        const response = await fetch(`/rpc/${name}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        return (await response.json()) as { ok: boolean; data: unknown };
      },
      [route, input] as const,
    );
    expect(reply, route).toMatchObject({ ok: true });
    return reply.data as T;
  }

  /** A run over the samples that is queued as soon as its files were looked at; at the pace of real time it takes a minute a mode. */
  async addRun(name: string, options: object = {}): Promise<number> {
    const { id } = await this.ask<{ id: number }>('runs.create', {
      sources: [SAMPLES],
      name,
      options: { pacing: 'realTime', ...options },
      startWhenReady: true,
    });
    await expect.poll(async () => (await this.ask<{ status: string }>('runs.get', { runId: id })).status).toMatch(/queued|running/);
    return id;
  }

  async open(): Promise<void> {
    await this.page.getByRole('navigation').getByRole('link', { name: 'Queue' }).click();
    await expect(this.page.getByRole('heading', { name: 'Queue', level: 1 })).toBeVisible();
  }

  runLink(name: string): Locator {
    return this.page.locator('.queueRuns').getByRole('link', { name, exact: true });
  }

  async expectOrder(...names: string[]): Promise<void> {
    await expect(this.waiting.locator('a.queueName')).toHaveText(names);
  }

  /** Chooses from the menu of a waiting run. */
  async choose(run: string, entry: string): Promise<void> {
    await this.page.getByRole('button', { name: `What to do with ${run}` }).click();
    await this.page.getByRole('menuitem', { name: entry }).click();
  }

  file(index: number): Locator {
    return this.files.locator(`[aria-rowindex="${index + 2}"]`);
  }

  async expectFiles(...names: string[]): Promise<void> {
    for (const [index, name] of names.entries()) await expect(this.file(index)).toContainText(name);
  }
}
