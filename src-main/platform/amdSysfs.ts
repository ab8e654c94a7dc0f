import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GpuSample } from '#shared/contract/resources.ts';

/** PCI id of Advanced Micro Devices. */
const AMD_VENDOR = '0x1002';
/** Cards are looked for again this often: one may be put in, or its driver be loaded late. */
const LOOK_AGAIN_MS = 60_000;

interface Card {
  /** Folder of the PCI device. */
  readonly device: string;
  readonly name: string;
}

/** What is known of a card, without the index it is shown under. */
export type AmdReading = Omit<GpuSample, 'index'>;

/**
 * Reads AMD cards from the files of the amdgpu driver (kernel documentation "AMDGPU driver: GPU power/thermal controls and monitoring"), which
 * need no rights. A card that sleeps is not read, which would wake it; a card that does not answer keeps only its name.
 */
export class AmdSysfs {
  readonly #base: string;
  #cards: readonly Card[] = [];
  #lookedMs: number | null = null;
  #latest: readonly AmdReading[] = [];
  #pending: Promise<void> | null = null;
  #answeredMs = -Infinity;

  /** @param base where the kernel lists its graphics cards */
  constructor(base = '/sys/class/drm') {
    this.#base = base;
  }

  /**
   * The cards in the order of their numbers. At most one question is under way: a driver that hangs costs one thread of Node's pool.
   * @param staleAfterMs figures older than this are not shown
   */
  async read(nowMs: number, staleAfterMs: number, patience: Promise<unknown>): Promise<AmdReading[]> {
    this.#pending ??= this.#readAll(nowMs).finally(() => {
      this.#pending = null;
    });
    await Promise.race([this.#pending, patience]);
    if (nowMs - this.#answeredMs <= staleAfterMs) return [...this.#latest];
    return this.#latest.map(({ name }) => ({ ...NO_FIGURES, name }));
  }

  async #readAll(nowMs: number): Promise<void> {
    if (this.#lookedMs === null || nowMs - this.#lookedMs >= LOOK_AGAIN_MS) {
      this.#lookedMs = nowMs;
      this.#cards = await this.#findCards();
    }
    this.#latest = await Promise.all(this.#cards.map(readCard));
    this.#answeredMs = nowMs;
  }

  async #findCards(): Promise<Card[]> {
    const names = (await readdir(this.#base).catch(() => [])).filter((name) => /^card\d+$/.test(name));
    const cards: Card[] = [];
    for (const name of names.toSorted((left, right) => Number(left.slice(4)) - Number(right.slice(4)))) {
      const device = join(this.#base, name, 'device');
      if ((await textOf(join(device, 'vendor'))) !== AMD_VENDOR) continue;
      cards.push({ device, name: await nameOf(device) });
    }
    return cards;
  }
}

const NO_FIGURES: AmdReading = {
  name: '',
  utilizationPercent: null,
  memoryUsedBytes: null,
  memoryTotalBytes: null,
  temperatureC: null,
  powerW: null,
};

/** Only professional cards say their name; others are told apart by their PCI id. */
async function nameOf(device: string): Promise<string> {
  const product = await textOf(join(device, 'product_name'));
  if (product !== '') return product;
  const id = /^PCI_ID=(.+)$/m.exec(await textOf(join(device, 'uevent')))?.[1];
  return id === undefined ? 'AMD GPU' : `AMD GPU ${id}`;
}

async function readCard({ device, name }: Card): Promise<AmdReading> {
  if ((await textOf(join(device, 'power', 'runtime_status'))) === 'suspended') return { ...NO_FIGURES, name };
  const sensors = await sensorFolder(device);
  const sensor = async (file: string): Promise<number | null> => (sensors === null ? null : await numberIn(join(sensors, file)));
  const [utilizationPercent, memoryUsedBytes, memoryTotalBytes, milliC, averageMicroW, nowMicroW] = await Promise.all([
    numberIn(join(device, 'gpu_busy_percent')),
    numberIn(join(device, 'mem_info_vram_used')),
    numberIn(join(device, 'mem_info_vram_total')),
    sensor('temp1_input'),
    sensor('power1_average'),
    sensor('power1_input'),
  ]);
  const microW = averageMicroW ?? nowMicroW;
  return {
    name,
    utilizationPercent: utilizationPercent === null || utilizationPercent > 100 ? null : utilizationPercent,
    memoryUsedBytes,
    memoryTotalBytes,
    temperatureC: milliC === null ? null : milliC / 1_000,
    powerW: microW === null ? null : microW / 1_000_000,
  };
}

async function sensorFolder(device: string): Promise<string | null> {
  const [first] = (await readdir(join(device, 'hwmon')).catch(() => [])).toSorted();
  return first === undefined ? null : join(device, 'hwmon', first);
}

/** null where the file is not there, cannot be read now (the driver says EBUSY while a card starts) or holds no number. */
async function numberIn(path: string): Promise<number | null> {
  const text = await textOf(path);
  return /^-?\d+$/.test(text) ? Number(text) : null;
}

async function textOf(path: string): Promise<string> {
  return (await readFile(path, 'latin1').catch(() => '')).trim();
}
