import { HEAT_C, LOW_DISK } from '#shared/domain/alert.ts';
import type { Sample } from '#shared/contract/resources.ts';
import { EpisodeGauge, type Verdict, verdictOf } from '../alerts/episodeGauge.ts';
import type { DiskReading } from '../alerts/machineReadings.ts';

/** Readings of the parts of one condition by name (a disk, a GPU); null: not available. */
export type PartVerdicts = ReadonlyMap<string, Verdict | null>;

/** A state of the machine that passes, and is there while any of its parts is beyond its limit. */
export class PassingCondition {
  readonly #gauges = new Map<string, EpisodeGauge>();
  /** An owner before us paused for it: it is there until every part was seen within its limit. */
  #isInherited: boolean;

  constructor(isInherited: boolean) {
    this.#isInherited = isInherited;
  }

  get isThere(): boolean {
    return [...this.#gauges.values()].some(({ isRaised }) => isRaised) || (this.#isInherited && this.#gauges.size === 0);
  }

  take(verdicts: PartVerdicts, monotonicMs: number): void {
    for (const part of verdicts.keys()) if (!this.#gauges.has(part)) this.#gauges.set(part, new EpisodeGauge(this.#isInherited));
    for (const [part, gauge] of this.#gauges) gauge.take(verdicts.get(part) ?? null, monotonicMs);
    if (!this.isThere) this.#isInherited = false;
  }

  /** A part that nobody needs any more. */
  forget(part: string): void {
    this.#gauges.delete(part);
  }
}

export function lowDiskVerdicts(disks: readonly DiskReading[]): PartVerdicts {
  return new Map(
    disks.map(({ subject, freeBytes, totalBytes }) => {
      const floor = Math.min(LOW_DISK.floorBytes, totalBytes * LOW_DISK.floorRatio);
      return [subject, verdictOf(-freeBytes, -floor, -floor * LOW_DISK.goOnFactor)];
    }),
  );
}

export function heatVerdicts({ gpus }: Pick<Sample, 'gpus'>): PartVerdicts {
  return new Map(
    gpus.map(({ index, temperatureC }) => [
      String(index),
      temperatureC === null ? null : verdictOf(temperatureC, HEAT_C.pause, HEAT_C.goOn),
    ]),
  );
}
