import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createChromiumPrinter, locateChromium } from './chromiumPrinter.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-printer-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const browser = locateChromium();

test.skipIf(browser === null)('prints a page with an installed browser and leaves nothing behind', async () => {
  const path = join(folder, 'page.pdf');
  const before = (await readdir(tmpdir())).filter((name) => name.startsWith('nightshift-print-'));
  await createChromiumPrinter().printPdf('<!doctype html><title>t</title><h1>안녕 &amp; hello</h1>', path);
  const pdf = await readFile(path);
  expect(pdf.subarray(0, 5).toString('latin1')).toBe('%PDF-');
  expect(pdf.subarray(-8).toString('latin1')).toContain('%%EOF');
  expect((await readdir(tmpdir())).filter((name) => name.startsWith('nightshift-print-'))).toEqual(before);
});

test('without a browser there is a code', async () => {
  const path = join(folder, 'page.pdf');
  await expect(createChromiumPrinter(() => null).printPdf('', path)).rejects.toMatchObject({ code: 'PDF_UNAVAILABLE' });
  expect(await readdir(folder)).toEqual([]);
});

test.skipIf(process.platform === 'win32').each([
  ['fails', '#!/bin/sh\necho "cannot open display" >&2\nexit 7\n', 'ended with 7. cannot open display'],
  ['prints nothing', '#!/bin/sh\nexit 0\n', 'printed nothing'],
  ['cannot be started', '#!/does/not/exist\n', 'ENOENT'],
])('a browser that %s leaves no file', async (_, script, detail) => {
  const program = join(folder, 'chromium');
  await writeFile(program, script);
  await chmod(program, 0o755);
  const path = join(folder, 'page.pdf');
  await expect(createChromiumPrinter(() => program).printPdf('', path)).rejects.toMatchObject({
    code: 'PDF_UNAVAILABLE',
    data: { detail: expect.stringContaining(detail) as string },
  });
  expect(await readdir(folder)).toEqual(['chromium']);
});

test.skipIf(process.platform === 'win32')('the first browser on the path is taken, and only a program', async () => {
  await writeFile(join(folder, 'google-chrome'), 'not a program');
  expect(locateChromium(folder, [])).toBeNull();
  expect(locateChromium('', [join(folder, 'missing')])).toBeNull();
  const program = join(folder, 'chromium');
  await writeFile(program, '#!/bin/sh\n');
  await chmod(program, 0o755);
  expect(locateChromium(`/nowhere:${folder}`, [])).toBe(program);
  expect(locateChromium('', [program])).toBe(program);
});
