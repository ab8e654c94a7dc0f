import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ERROR_CODES } from '#shared/errors/errorCodes.ts';
import { troubleshootingPage } from './troubleshootingPage.ts';

it('docs/troubleshooting.md says what the code says (vitest --update writes it anew)', async () => {
  await expect(troubleshootingPage()).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/troubleshooting.md'));
});

it('the page has every code once', () => {
  const titles = troubleshootingPage()
    .split('\n')
    .flatMap((line) => /^### (.+)$/.exec(line)?.[1] ?? []);
  expect(titles.toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted());
});
