import type { AlertRules } from '#shared/contract/alerts.ts';
import type { Sample } from '#shared/contract/resources.ts';
import { type AlertKind, DISK_FREE } from '#shared/domain/alert.ts';
import { type Verdict, verdictOf } from './episodeGauge.ts';

/** A disk that matters: that of the data folder, and that of the results where it is another one. */
export interface DiskReading {
  readonly subject: 'data' | 'output';
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** One figure against its thresholds. */
export interface Reading {
  readonly kind: AlertKind;
  readonly subject: string | null;
  /** null: not available now. */
  readonly verdict: Verdict | null;
  readonly value: number;
  readonly limit: number;
  readonly freeBytes: number | null;
}

/** What a sample says about every alert with thresholds that is switched on. */
export function machineReadings(sample: Sample, disks: readonly DiskReading[], rules: AlertRules): Reading[] {
  const pair = (kind: 'cpu' | 'memory' | 'vram' | 'gpuTemperature', subject: string | null, value: number | null): Reading[] => {
    const { isOn, raise, clear } = rules[kind];
    if (!isOn) return [];
    return [
      { kind, subject, verdict: value === null ? null : verdictOf(value, raise, clear), value: value ?? 0, limit: raise, freeBytes: null },
    ];
  };
  return [
    ...pair('cpu', null, sample.cpuPercent),
    ...pair('memory', null, percent(sample.memoryUsedBytes, sample.memoryTotalBytes)),
    ...sample.gpus.flatMap(({ index, memoryUsedBytes, memoryTotalBytes, temperatureC }) => [
      ...pair('vram', String(index), percent(memoryUsedBytes, memoryTotalBytes)),
      ...pair('gpuTemperature', String(index), temperatureC),
    ]),
    ...(rules.disk.isOn ? disks.map((disk) => diskReading(disk, rules)) : []),
  ];
}

/** Beyond when either the share or the free space is; within when both are. */
function diskReading({ subject, freeBytes, totalBytes }: DiskReading, { disk }: AlertRules): Reading {
  const value = 100 * (1 - freeBytes / totalBytes);
  const byShare = verdictOf(value, disk.raise, disk.clear);
  // A disk that never had so much is judged by its share alone.
  const bySpace = totalBytes <= 2 * DISK_FREE.clearBytes ? 'within' : verdictOf(-freeBytes, -DISK_FREE.raiseBytes, -DISK_FREE.clearBytes);
  const verdict = [byShare, bySpace].includes('beyond') ? 'beyond' : byShare === 'within' && bySpace === 'within' ? 'within' : 'between';
  return { kind: 'disk', subject, verdict, value, limit: disk.raise, freeBytes };
}

function percent(used: number | null, total: number | null): number | null {
  return used === null || total === null || total <= 0 ? null : (100 * used) / total;
}
