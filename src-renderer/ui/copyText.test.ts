import { afterEach, describe, expect, it, vi } from 'vitest';
import { copyText } from './copyText.ts';

/** A browser without the new clipboard, as a page over plain HTTP has it. */
function oldBrowser(execCommand: () => boolean): { remove: ReturnType<typeof vi.fn> } {
  const area = { value: '', select: () => undefined, remove: vi.fn() };
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('document', { createElement: () => area, body: { append: () => undefined }, execCommand });
  return area;
}
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('copying', () => {
  it('uses the clipboard of the browser', async () => {
    const writeText = vi.fn(async () => undefined);
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    expect(await copyText('a')).toBe(true);
    expect(writeText).toHaveBeenCalledWith('a');
  });
  it('says whether the old way worked, and leaves nothing in the page', async () => {
    const area = oldBrowser(() => true);
    expect(await copyText('a')).toBe(true);
    expect(area.remove).toHaveBeenCalled();
    oldBrowser(() => false);
    expect(await copyText('a')).toBe(false);
    oldBrowser(() => {
      throw new Error('not allowed');
    });
    expect(await copyText('a')).toBe(false);
  });
});
