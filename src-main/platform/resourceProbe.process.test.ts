import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { totalmem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { GpuSample } from '#shared/contract/resources.ts';
import { SampleSchema } from '#shared/contract/resources.ts';
import { scriptPath } from '../programs/programPath.ts';
import { FakeClock } from '../testing/fakeClock.ts';
import { createFileTree, type FileTree } from '../testing/fileTree.ts';
import { checkLeaks } from '../testing/leakCheck.ts';
import { silentLogger } from '../testing/silentLogger.ts';
import { createStandIn, type StandIn } from '../testing/standIn.ts';
import { createClock } from './clock.ts';
import { GPU_HUNG_AFTER_MS, GPU_RESTART_DELAYS_MS, GPU_STALE_AFTER_MS, NvidiaSmi } from './nvidiaSmi.ts';
import { createResourceProbe } from './resourceProbe.ts';

checkLeaks();

const LINE = '0, Card A, 37, 8123, 24564, 56, 213.45';
const NO_FIGURES = { utilizationPercent: null, memoryUsedBytes: null, memoryTotalBytes: null, temperatureC: null, powerW: null };

describe.skipIf(process.platform === 'win32')('NvidiaSmi', () => {
  let standIn: StandIn;
  let smi: NvidiaSmi;
  let clock: FakeClock;
  const starts = async (): Promise<number> =>
    (await readFile(join(standIn.folder, 'starts'), 'utf8').catch(() => '')).split('\n').length - 1;
  const start = async (script: string): Promise<void> => {
    standIn = await createStandIn('nvidia-smi', `echo "$@" >> "$HERE/starts"\n${script}`);
    clock = new FakeClock();
    smi = new NvidiaSmi({ clock, logger: silentLogger, env: standIn.env });
  };
  /** Reads until something is there; the clock stands still, so figures cannot grow old meanwhile. */
  const seen = async (): Promise<GpuSample[]> => {
    await expect.poll(() => smi.read().length).toBeGreaterThan(0);
    return smi.read();
  };
  afterEach(async () => {
    await smi.close();
    await standIn.remove();
  });

  it('reads all cards from one child, in order, also when lines arrive in pieces', async () => {
    await start(
      `printf '1, Card B, [N/A], 5, 10, 40, [N/A]\\n0, Card'; sleep 0.1; printf ' A, 37, 8123, 24564, 56, 213.45\\n'; exec sleep 600`,
    );
    expect(smi.read()).toEqual([]);
    await expect.poll(() => smi.read().length).toBe(2);
    expect(smi.read().map((gpu) => [gpu.index, gpu.name, gpu.utilizationPercent])).toEqual([
      [0, 'Card A', 37],
      [1, 'Card B', null],
    ]);
    expect(await readFile(join(standIn.folder, 'starts'), 'utf8')).toBe(
      '--query-gpu=index,name,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw --format=csv,noheader,nounits -lms 1000\n',
    );
  });

  it('shows nothing but names once figures are old, and figures again when they come', async () => {
    await start(`echo '${LINE}'; while [ ! -e "$HERE/go" ]; do sleep 0.05; done; echo '${LINE}'; exec sleep 600`);
    await seen();
    await clock.advance(GPU_STALE_AFTER_MS + 1);
    expect(smi.read()).toEqual([{ index: 0, name: 'Card A', ...NO_FIGURES }]);
    spawn('touch', [join(standIn.folder, 'go')]);
    await expect.poll(() => smi.read()[0]?.utilizationPercent).toBe(37);
  });

  it('restarts one that dies a few times with growing pauses, then leaves it alone and keeps no figures', async () => {
    await start(`echo '${LINE}'; exit 9`);
    await seen();
    for (const [index, delayMs] of GPU_RESTART_DELAYS_MS.entries()) {
      await expect.poll(() => clock.nextTimerInMs).toBe(delayMs);
      await clock.advance(delayMs);
      await expect.poll(starts).toBe(index + 2);
    }
    await expect.poll(() => clock.pendingTimers).toBe(0);
    await clock.advance(86_400_000);
    expect(await starts()).toBe(1 + GPU_RESTART_DELAYS_MS.length);
    expect(smi.read()).toEqual([{ index: 0, name: 'Card A', ...NO_FIGURES }]);
  });

  it('replaces one that hangs without a word, even if it ignores signals', async () => {
    await start(`trap '' TERM INT HUP; while :; do sleep 0.2; done`);
    smi.read();
    await expect.poll(starts).toBe(1);
    await clock.advance(GPU_HUNG_AFTER_MS + (GPU_RESTART_DELAYS_MS[0] ?? 0));
    await expect.poll(starts).toBe(2);
    expect(smi.read()).toEqual([]);
  });

  it('does not take a slow first answer for a hang', async () => {
    await start(`while [ ! -e "$HERE/go" ]; do sleep 0.05; done; echo '${LINE}'; exec sleep 600`);
    smi.read();
    await expect.poll(starts).toBe(1);
    await clock.advance(10_000);
    spawn('touch', [join(standIn.folder, 'go')]);
    expect((await seen())[0]?.utilizationPercent).toBe(37);
    expect(await starts()).toBe(1);
  });

  it('ends one that floods', async () => {
    await start(`yes '${LINE}'`);
    await seen();
    await expect.poll(() => clock.nextTimerInMs).toBe(GPU_RESTART_DELAYS_MS[0]);
  });

  it('makes no card of garbage', async () => {
    await start(`echo 'No devices were found'; head -c 100000 /dev/zero; echo; touch "$HERE/done"; exec sleep 600`);
    smi.read();
    await expect
      .poll(() =>
        readFile(join(standIn.folder, 'done')).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    await clock.whenIdle();
    expect(smi.read()).toEqual([]);
  });

  it('reports no cards and tries no more where there is no such program', async () => {
    standIn = await createStandIn('something-else', '');
    clock = new FakeClock();
    let infos = 0;
    smi = new NvidiaSmi({ clock, logger: { ...silentLogger, info: () => (infos += 1) }, env: { PATH: standIn.folder } });
    expect(smi.read()).toEqual([]);
    await expect.poll(() => infos).toBe(1);
    await clock.advance(600_000);
    expect(smi.read()).toEqual([]);
    expect([infos, clock.pendingTimers]).toEqual([1, 0]);
  });

  it('is not started after it was closed', async () => {
    await start(`echo '${LINE}'; exec sleep 600`);
    await smi.close();
    expect(smi.read()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
    expect(await starts()).toBe(0);
  });
});

describe('createResourceProbe', () => {
  it('gives a valid sample at once and CPU use from the second on, as null never as 0 where it is not known', async () => {
    const probe = createResourceProbe({ dataDir: tmpdir(), clock: createClock(), logger: silentLogger, env: { PATH: '' } });
    try {
      const first = SampleSchema.parse(await probe.sample());
      expect(first.cpuPercent).toBeNull();
      expect(first.gpus).toEqual([]);
      expect(first.ownRssBytes).toBeGreaterThan(10_000_000);
      expect(Math.abs((first.memoryTotalBytes ?? 0) - totalmem())).toBeLessThan(totalmem() * 0.01);
      expect(first.memoryUsedBytes).toBeGreaterThan(0);
      expect(first.diskTotalBytes).toBeGreaterThan(first.diskFreeBytes ?? Number.NaN);
      await expect.poll(async () => (await probe.sample()).cpuPercent).not.toBeNull();
      const percent = (await probe.sample()).cpuPercent;
      expect(percent !== null && percent >= 0 && percent <= 100).toBe(true);
    } finally {
      await probe.close();
    }
  });

  it('has no disk figures for a folder that is not there', async () => {
    const probe = createResourceProbe({ dataDir: '/nothing/here', clock: createClock(), logger: silentLogger, env: { PATH: '' } });
    expect(await probe.sample()).toMatchObject({ diskFreeBytes: null, diskTotalBytes: null });
    await probe.close();
  });

  it.skipIf(process.platform !== 'linux')('counts child processes and theirs, but no speech server', async () => {
    const probe = createResourceProbe({ dataDir: tmpdir(), clock: createClock(), logger: silentLogger, env: { PATH: '' } });
    const megabytes = 150;
    const eat = `globalThis.kept = Buffer.alloc(${megabytes} * 1048576, 1); console.log('full'); process.stdin.resume().on('end', () => process.exit());`;
    const begin = async (args: string[]): Promise<() => Promise<void>> => {
      const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      return async () => {
        child.stdin.end();
        await new Promise((resolve) => child.once('exit', resolve));
      };
    };
    const grownMb = async (sinceBytes: number): Promise<number> => ((await probe.sample()).ownRssBytes - sinceBytes) / 1_048_576;
    const before = (await probe.sample()).ownRssBytes;
    const endServer = await begin(['-e', eat, scriptPath('asrServer')]);
    expect(await grownMb(before)).toBeLessThan(megabytes / 2);
    const endGrandchild = await begin([
      '-e',
      `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(eat)}], { stdio: 'inherit' })`,
    ]);
    expect(await grownMb(before)).toBeGreaterThan(megabytes * 0.9);
    await endServer();
    await endGrandchild();
    await probe.close();
  });
});

describe.skipIf(process.platform !== 'linux' || totalmem() < 2 ** 31)('createResourceProbe on Linux', () => {
  let tree: FileTree;
  afterEach(() => tree.remove());

  it('shows the limits of a container as the machine, and cards of AMD behind those of NVIDIA', async () => {
    const smi = await createStandIn('nvidia-smi', `echo '${LINE}'; exec sleep 600`);
    tree = await createFileTree({
      self: '0::/',
      'cgroup/memory.max': String(2 ** 30),
      'cgroup/memory.current': String(2 ** 29),
      'cgroup/cpu.max': '50000 100000',
      'cgroup/cpu.stat': 'usage_usec 0',
      'drm/card1/device/vendor': '0x1002',
      'drm/card1/device/gpu_busy_percent': '12',
    });
    const clock = new FakeClock();
    const probe = createResourceProbe({
      ...{ dataDir: tmpdir(), clock, logger: silentLogger, env: smi.env, drmFolder: join(tree.folder, 'drm') },
      cgroup: { root: join(tree.folder, 'cgroup'), selfFile: join(tree.folder, 'self') },
    });
    try {
      await expect.poll(async () => (await probe.sample()).gpus.length).toBe(2);
      expect((await probe.sample()).gpus.map(({ index, utilizationPercent }) => [index, utilizationPercent])).toEqual([
        [0, 37],
        [1, 12],
      ]);
      await clock.advance(2_000);
      await probe.sample();
      await tree.write({ 'cgroup/cpu.stat': 'usage_usec 400000' });
      await clock.advance(2_000);
      expect(await probe.sample()).toMatchObject({ memoryTotalBytes: 2 ** 30, memoryUsedBytes: 2 ** 29, cpuPercent: 40 });
    } finally {
      await probe.close();
      await smi.remove();
    }
  });

  it('reads the tree of each server and does not count it as its own', async () => {
    tree = await createFileTree({});
    const probe = createResourceProbe({ dataDir: tmpdir(), clock: createClock(), logger: silentLogger, env: { PATH: '' } });
    const child = spawn(process.execPath, ['-e', `console.log('up'); for (;;);`], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      const servers = [
        { id: 'busy', pid: child.pid ?? 0 },
        { id: 'gone', pid: 2 ** 22 + 1 },
      ];
      const [busy, gone] = (await probe.sample(servers)).servers;
      expect(busy).toMatchObject({ id: 'busy', cpuPercent: null });
      expect(busy?.rssBytes).toBeGreaterThan(10_000_000);
      expect(gone).toEqual({ id: 'gone', rssBytes: null, cpuPercent: null });
      await expect.poll(async () => (await probe.sample(servers)).servers[0]?.cpuPercent ?? 0, { interval: 300 }).toBeGreaterThan(1);
    } finally {
      child.kill('SIGKILL');
      await probe.close();
    }
  });
});
