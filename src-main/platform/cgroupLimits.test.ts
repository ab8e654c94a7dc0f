import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createFileTree, type FileTree } from '../testing/fileTree.ts';
import { CgroupLimits } from './cgroupLimits.ts';

let tree: FileTree;
afterEach(() => tree.remove());

const limitsOf = async (self: string, files: Readonly<Record<string, string>>): Promise<CgroupLimits> => {
  tree = await createFileTree({ self, ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`cgroup/${path}`, text])) });
  return new CgroupLimits({ root: join(tree.folder, 'cgroup'), selfFile: join(tree.folder, 'self') });
};

test('inside a container the root is its group', async () => {
  const limits = await limitsOf('0::/', {
    'memory.max': '4294967296',
    'memory.current': '3000000000',
    'memory.stat': 'anon 1000000000\nfile 2000000000\ninactive_file 1500000000\nactive_file 500000000',
    'cpu.max': '150000 100000',
    'cpu.stat': 'usage_usec 12500000\nuser_usec 10000000',
  });
  expect(limits.memory()).toEqual({ limitBytes: 4_294_967_296, usedBytes: 1_500_000_000 });
  expect(limits.cpu()).toEqual({ cores: 1.5, usedSec: 12.5 });
});

test('of the groups above one another the tightest counts', async () => {
  const limits = await limitsOf('12:memory:/x\n0::/system.slice/nightshift.service', {
    'system.slice/memory.max': '1000',
    'system.slice/memory.current': '900',
    'system.slice/cpu.max': '200000 100000',
    'system.slice/cpu.stat': 'usage_usec 7000000',
    'system.slice/nightshift.service/memory.max': '500',
    'system.slice/nightshift.service/memory.current': '100',
    'system.slice/nightshift.service/cpu.max': 'max 100000',
    'system.slice/nightshift.service/cpu.stat': 'usage_usec 1000000',
  });
  expect(limits.memory()).toEqual({ limitBytes: 1_000, usedBytes: 900 });
  expect(limits.cpu()).toEqual({ cores: 2, usedSec: 7 });
});

test.each(['0::/', '4:memory:/docker/abc', '0::/../..', ''])('without limits (%s) there is nothing to say', async (self) => {
  const limits = await limitsOf(self, { 'memory.max': 'max', 'memory.current': '5', 'cpu.max': 'max 100000' });
  expect([limits.memory(), limits.cpu()]).toEqual([null, null]);
});
