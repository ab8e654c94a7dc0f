import { expect, it } from 'vitest';
import { folderProblem } from './folderProblem.ts';

const failed = (code: string): Error => Object.assign(new Error(`${code}: no`), { code });

it('names the usual reasons and tells the others as the system did', () => {
  expect([failed('EEXIST'), failed('ENOTDIR')].map(folderProblem)).toEqual([{ reason: 'notFolder' }, { reason: 'notFolder' }]);
  for (const code of ['EACCES', 'EPERM', 'EROFS']) {
    expect(folderProblem(failed(code))).toEqual({ reason: 'notWritable', detail: `${code}: no` });
  }
  expect(folderProblem(failed('EIO'))).toEqual({ detail: 'EIO: no' });
  expect(folderProblem('odd')).toEqual({ detail: 'odd' });
});
