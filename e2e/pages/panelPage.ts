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

  async openScreen(name: 'Runs' | 'Queue' | 'New run' | 'Compare' | 'Servers' | 'Log' | 'Settings'): Promise<void> {
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

  /**
   * Drops files as a browser would hand them over; folders cannot be made by a script.
   * @returns whether the page took the drop; otherwise the browser would have left the panel for the file
   */
  async dropFiles(files: readonly { name: string; base64: string }[], onto = '.dropZone'): Promise<boolean> {
    // As text: the code of the page has other globals than the code of the tests.
    await this.page.locator(onto).waitFor();
    return this.page.evaluate<boolean>(`(() => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of ${JSON.stringify(files)}) {
        transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name));
      }
      const event = new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true });
      return !document.querySelector(${JSON.stringify(onto)}).dispatchEvent(event);
    })()`);
  }

  async expectStatus(status: string, timeoutMs = 120_000): Promise<void> {
    await expect(this.status).toHaveAttribute('data-status', status, { timeout: timeoutMs });
  }

  async expectNoAxeViolations(): Promise<void> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    expect(violations.map(({ id, nodes }) => ({ id, html: nodes.map((node) => node.html) }))).toEqual([]);
  }
}
