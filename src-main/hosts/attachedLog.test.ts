import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openAttachedLog } from './attachedLog.ts';

test('an attached process writes a log of its own, and only the newest ten are kept', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'nightshift-attached-'));
  try {
    const logs = join(dataDir, 'logs');
    await mkdir(logs);
    await writeFile(join(logs, 'nightshift.log'), '');
    for (let number = 1; number <= 12; number++) {
      const path = join(logs, `attached-90000${number}.log`);
      await writeFile(path, '');
      await utimes(path, number, number);
    }
    const log = await openAttachedLog(dataDir, 'info');
    log.info('attached to the owner', { token: 'hidden-word' });
    await log.close();
    const names = await readdir(logs);
    const own = `attached-${process.pid}.log`;
    const kept = [4, 5, 6, 7, 8, 9, 10, 11, 12].map((number) => `attached-90000${number}.log`);
    expect(names.toSorted()).toEqual(['nightshift.log', own, ...kept].toSorted());
    const text = await readFile(join(logs, own), 'utf8');
    expect(text).toContain('attached to the owner');
    expect(text).not.toContain('hidden-word');
  } finally {
    await rm(dataDir, { recursive: true });
  }
});
