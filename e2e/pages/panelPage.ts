import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page } from '@playwright/test';

/** What a person does in the panel, by the names a screen reader would say. */
export class PanelPage {
  readonly page: Page;
  readonly status: Locator;

  constructor(page: Page) {
    this.page = page;
    this.status = page.locator('.runHeader .pill');
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  async openScreen(name: 'Runs' | 'New run' | 'Servers' | 'Settings'): Promise<void> {
    await this.page.getByRole('navigation').getByRole('link', { name }).click();
  }

  async runSample(): Promise<void> {
    await this.button('Run the sample batch').click();
  }

  async typePath(path: string): Promise<void> {
    await this.button('Choose a folder on the server…').click();
    await this.page.getByLabel('Path on the machine where Nightshift runs').fill(path);
    await this.button('Use this folder').click();
  }

  /** Drops files as a browser would hand them over; folders cannot be made by a script. */
  async dropFiles(files: readonly { name: string; base64: string }[]): Promise<void> {
    // As text: the code of the page has other globals than the code of the tests.
    const data = await this.page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of ${JSON.stringify(files)}) {
        transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name));
      }
      return transfer;
    })()`);
    await this.page.locator('.dropZone').dispatchEvent('drop', { dataTransfer: data });
  }

  async expectStatus(status: string, timeoutMs = 120_000): Promise<void> {
    await expect(this.status).toHaveAttribute('data-status', status, { timeout: timeoutMs });
  }

  async expectNoAxeViolations(): Promise<void> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    expect(violations.map(({ id, nodes }) => ({ id, html: nodes.map((node) => node.html) }))).toEqual([]);
  }
}
