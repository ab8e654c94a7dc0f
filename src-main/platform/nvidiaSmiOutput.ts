import type { GpuSample } from '#shared/contract/resources.ts';

/** Columns asked of nvidia-smi, in the order `parseGpuLine` reads them. */
export const GPU_QUERY = 'index,name,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw';
const FIGURES = 5;
/** Longest line kept; nvidia-smi's are about 80 characters. */
const MAX_LINE_CHARS = 4_096;

/**
 * One line of `--query-gpu=GPU_QUERY --format=csv,noheader,nounits`; null for any other line (warnings, half lines). What the card does not
 * tell (`[N/A]`, `[Not Supported]`, `[Unknown Error]`; utilisation while MIG is on) is null, never 0.
 */
export function parseGpuLine(line: string): GpuSample | null {
  const cells = line.split(',').map((cell) => cell.trim());
  const [index] = cells;
  if (cells.length < 2 + FIGURES || index === undefined || !/^\d{1,4}$/.test(index)) return null;
  const figures = cells.slice(-FIGURES);
  // A name may hold the separator; figures with units never do.
  const name = cells.slice(1, -FIGURES).join(', ');
  if (name === '' || !figures.every(isFigure)) return null;
  const [utilization, memoryUsed, memoryTotal, temperature, power] = figures.map(toNumber);
  return {
    index: Number(index),
    name,
    utilizationPercent: within(utilization, 0, 100),
    memoryUsedBytes: toBytes(memoryUsed),
    memoryTotalBytes: toBytes(memoryTotal),
    temperatureC: within(temperature, -50, 300),
    powerW: within(power, 0, 100_000),
  };
}

/** Turns chunks of any size into whole lines; a line without an end is dropped once it is longer than any nvidia-smi writes. */
export function createLineSplitter(onLine: (line: string) => void): (chunk: string) => void {
  let rest = '';
  let isDropping = false;
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!isDropping && line.length <= MAX_LINE_CHARS) onLine(line.trimEnd());
      isDropping = false;
    }
    if (rest.length > MAX_LINE_CHARS) {
      rest = '';
      isDropping = true;
    }
  };
}

function isFigure(cell: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(cell) || /^(\[.*\]|N\/A)$/i.test(cell);
}

function toNumber(cell: string): number | null {
  const value = Number(cell);
  return cell !== '' && Number.isFinite(value) ? value : null;
}

function within(value: number | null | undefined, least: number, most: number): number | null {
  return value === null || value === undefined || value < least || value > most ? null : value;
}

/** nvidia-smi counts memory in MiB. */
function toBytes(mebibytes: number | null | undefined): number | null {
  return mebibytes === null || mebibytes === undefined || mebibytes < 0 ? null : mebibytes * 1_048_576;
}
