import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkLeaks } from '../testing/leakCheck.ts';
import { createNodePorts, logPath } from './nodePorts.ts';

checkLeaks();

it('composes ports that work on this machine and leave nothing but a log', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'nightshift-ports-'));
  try {
    const ports = createNodePorts({ dataDir });
    ports.logger.info('hello', { token: ports.random.hex(16) });
    ports.logger.debug('below the default level');
    expect((await ports.resources.sample()).memoryTotalBytes).toBeGreaterThan(0);
    expect(await ports.spawner.processStartId(process.pid)).not.toBeNull();
    await writeFile(join(dataDir, 'a.wav'), 'x');
    expect((await ports.scanner.scan([dataDir])).files.map((file) => file.fileId)).toEqual(['a.wav']);
    await ports.clock.sleep(1);
    await ports.resources.close();
    await ports.logger.close();
    expect((await readdir(dataDir)).toSorted()).toEqual(['a.wav', 'logs']);
    const lines = (await readFile(logPath(dataDir), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toContain('hello');
    expect(lines.join('')).not.toContain('below the default level');
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

it('refuses a data folder in which no log folder can be made', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'nightshift-ports-'));
  await writeFile(join(dataDir, 'logs'), '');
  expect(() => createNodePorts({ dataDir })).toThrow(expect.objectContaining({ code: 'OUTPUT_UNWRITABLE' }));
  await rm(dataDir, { recursive: true });
});
