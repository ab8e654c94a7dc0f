import { afterEach, expect, test } from 'vitest';
import { createFileTree, type FileTree } from '../testing/fileTree.ts';
import { AmdSysfs } from './amdSysfs.ts';

/** What the amdgpu driver of Linux 6 shows of a Radeon RX 7900 XTX (values as its documentation gives them). */
const RADEON = {
  'device/vendor': '0x1002',
  'device/uevent': 'DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:744C\nPCI_SLOT_NAME=0000:03:00.0',
  'device/power/runtime_status': 'active',
  'device/gpu_busy_percent': '93',
  'device/mem_info_vram_used': '8123456512',
  'device/mem_info_vram_total': '25753026560',
  'device/hwmon/hwmon4/temp1_input': '61000',
  'device/hwmon/hwmon4/power1_average': '287000000',
};
/** An Instinct: it has a name, and its power under another file. */
const INSTINCT = {
  'device/vendor': '0x1002',
  'device/product_name': 'AMD Instinct MI210',
  'device/gpu_busy_percent': '0',
  'device/mem_info_vram_used': '10977280',
  'device/mem_info_vram_total': '68702699520',
  'device/hwmon/hwmon7/temp1_input': '34000',
  'device/hwmon/hwmon7/power1_input': '41500000',
};
const NO_FIGURES = { utilizationPercent: null, memoryUsedBytes: null, memoryTotalBytes: null, temperatureC: null, powerW: null };
const NEVER = new Promise<void>(() => undefined);

let tree: FileTree;
afterEach(() => tree.remove());

const under = (card: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${card}/${path}`, text]));

test('every AMD card is read, in the order of its number, and nothing else that lies there', async () => {
  tree = await createFileTree({
    ...under('card10', INSTINCT),
    ...under('card2', RADEON),
    ...under('card0', { 'device/vendor': '0x10de' }),
    'card2-DP-1/status': 'connected',
    'renderD128/device/vendor': '0x1002',
    version: 'drm 1.1.0 20060810',
  });
  expect(await new AmdSysfs(tree.folder).read(0, 5_000, NEVER)).toEqual([
    {
      name: 'AMD GPU 1002:744C',
      utilizationPercent: 93,
      memoryUsedBytes: 8_123_456_512,
      memoryTotalBytes: 25_753_026_560,
      temperatureC: 61,
      powerW: 287,
    },
    {
      name: 'AMD Instinct MI210',
      utilizationPercent: 0,
      memoryUsedBytes: 10_977_280,
      memoryTotalBytes: 68_702_699_520,
      temperatureC: 34,
      powerW: 41.5,
    },
  ]);
});

test('what a card does not say is null, and one that sleeps is not woken', async () => {
  tree = await createFileTree({
    ...under('card0', { 'device/vendor': '0x1002', 'device/gpu_busy_percent': 'busy', 'device/mem_info_vram_used': '' }),
    ...under('card1', { ...RADEON, 'device/power/runtime_status': 'suspended' }),
  });
  expect(await new AmdSysfs(tree.folder).read(0, 5_000, NEVER)).toEqual([
    { name: 'AMD GPU', ...NO_FIGURES },
    { name: 'AMD GPU 1002:744C', ...NO_FIGURES },
  ]);
});

test('a card that comes later is found, and one whose files went away keeps its name only', async () => {
  tree = await createFileTree({ version: 'drm' });
  const amd = new AmdSysfs(tree.folder);
  expect(await amd.read(0, 5_000, NEVER)).toEqual([]);
  await tree.write(under('card0', RADEON));
  expect(await amd.read(1_000, 5_000, NEVER)).toEqual([]);
  expect(await amd.read(60_000, 5_000, NEVER)).toMatchObject([{ utilizationPercent: 93 }]);
  await tree.remove('card0');
  expect(await amd.read(61_000, 5_000, NEVER)).toEqual([{ name: 'AMD GPU 1002:744C', ...NO_FIGURES }]);
});

test('an answer that is late is the one before, and nothing once that is old', async () => {
  tree = await createFileTree(under('card0', RADEON));
  const amd = new AmdSysfs(tree.folder);
  await amd.read(0, 5_000, NEVER);
  expect(await amd.read(1_000, 5_000, Promise.resolve())).toMatchObject([{ utilizationPercent: 93 }]);
  expect(await amd.read(7_000, 5_000, Promise.resolve())).toEqual([{ name: 'AMD GPU 1002:744C', ...NO_FIGURES }]);
});

test('without the folder there are no cards', async () => {
  tree = await createFileTree({});
  expect(await new AmdSysfs(`${tree.folder}/none`).read(0, 5_000, NEVER)).toEqual([]);
});
