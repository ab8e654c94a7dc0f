import type { Alert, AlertRules } from '#shared/contract/alerts.ts';
import type { Sample } from '#shared/contract/resources.ts';
import { DISK_FILLING_HOURS, REMIND_AFTER_MS } from '#shared/domain/alert.ts';
import type { EventBus } from '../events.ts';
import type { Database } from '../persistence/database.ts';
import type { Clock, Logger } from '../ports.ts';
import { DiskTrend } from './diskTrend.ts';
import { EpisodeGauge, verdictOf } from './episodeGauge.ts';
import { type DiskReading, machineReadings, type Reading } from './machineReadings.ts';
import { quietTime } from './progressCheck.ts';

/** How often the files under way are compared with what is usual. */
const PACE_INTERVAL_MS = 10_000;

export interface AlertServiceDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventBus;
  rules(): AlertRules;
  /** The run that is going on, and since when; null while none is or it pauses. */
  goingRun(): { readonly runId: number; readonly sinceMs: number } | null;
  /** Disks that the run writes to. */
  disks(sample: Sample): readonly DiskReading[];
}

interface Watched {
  readonly gauge: EpisodeGauge;
  /** While it is raised. */
  alert: Alert | null;
  remindAtMs: number;
}

/**
 * Watches readings against their thresholds: one entry in the log and one announcement when an episode begins, one when it ends, and a reminder every
 * hour in between. An episode belongs to the life of this owner.
 */
export class AlertService {
  readonly #deps: AlertServiceDeps;
  readonly #watched = new Map<string, Watched>();
  readonly #trends = new Map<string, DiskTrend>();
  #progress: Reading | null = null;
  #nextPaceMs = 0;
  #pacing: Promise<void> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(deps: AlertServiceDeps) {
    this.#deps = deps;
  }

  /** The oldest first. */
  get active(): Alert[] {
    return [...this.#watched.values()]
      .flatMap(({ alert }) => (alert === null ? [] : [alert]))
      .toSorted((left, right) => left.raisedAtMs - right.raisedAtMs);
  }

  /** @returns episodes that are over, or whose owner is gone, the newest first */
  async recent(count: number): Promise<Alert[]> {
    await this.#writing;
    const active = new Set(this.active.map(episodeKey));
    const episodes = await this.#deps.database.read('alertEpisodes', { count: count + active.size });
    return episodes.filter((episode) => !active.has(episodeKey(episode))).slice(0, count);
  }

  takeSample(sample: Sample): void {
    if (this.#isClosed) return;
    const rules = this.#deps.rules();
    const disks = this.#deps.disks(sample);
    const readings = [...machineReadings(sample, disks, rules), ...this.#filling(disks, rules)];
    if (rules.noProgress.isOn) {
      this.#lookAtPace();
      if (this.#progress !== null) readings.push(this.#progress);
    }
    let isChanged = this.#dropUnwatched(disks, rules);
    for (const reading of readings) isChanged = this.#take(reading) || isChanged;
    if (isChanged) this.#announce();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pacing;
    await this.#writing;
  }

  /** @returns whether an alert came or went */
  #take(reading: Reading): boolean {
    const { clock } = this.#deps;
    const key = `${reading.kind} ${reading.subject ?? ''}`;
    const watched = this.#watched.get(key) ?? { gauge: new EpisodeGauge(), alert: null, remindAtMs: 0 };
    this.#watched.set(key, watched);
    const edge = watched.gauge.take(reading.verdict, clock.monotonicMs());
    if (edge === 'raised') {
      const { kind, subject, value, limit, freeBytes } = reading;
      const runId = this.#deps.goingRun()?.runId ?? null;
      watched.alert = { kind, subject, raisedAtMs: clock.nowMs(), clearedAtMs: null, runId, value, limit, freeBytes };
      watched.remindAtMs = clock.monotonicMs() + REMIND_AFTER_MS;
      this.#log('alertRaised', watched.alert);
      return true;
    }
    if (watched.alert === null) return false;
    if (edge === 'cleared') {
      this.#end(watched);
      return true;
    }
    if (clock.monotonicMs() < watched.remindAtMs) return false;
    watched.remindAtMs = clock.monotonicMs() + REMIND_AFTER_MS;
    this.#log('alertReminded', watched.alert);
    return true;
  }

  #end(watched: Watched): void {
    if (watched.alert !== null) this.#log('alertCleared', { ...watched.alert, clearedAtMs: this.#deps.clock.nowMs() });
    watched.alert = null;
  }

  /** What is switched off, and the disk of the results once no run writes there: nothing would ever say that it is over. */
  #dropUnwatched(disks: readonly DiskReading[], rules: AlertRules): boolean {
    const hasOutput = disks.some(({ subject }) => subject === 'output');
    // The next run may write to another disk.
    if (!hasOutput) this.#trends.delete('output');
    const isOutputLeft = !hasOutput && this.#deps.goingRun() === null;
    let isChanged = false;
    for (const [key, watched] of this.#watched) {
      const { alert } = watched;
      if (alert === null || (rules[alert.kind].isOn && !(isOutputLeft && alert.subject === 'output'))) continue;
      this.#end(watched);
      this.#watched.delete(key);
      isChanged = true;
    }
    return isChanged;
  }

  #filling(disks: readonly DiskReading[], rules: AlertRules): Reading[] {
    return disks.flatMap(({ subject, freeBytes }) => {
      const trend = this.#trends.get(subject) ?? new DiskTrend();
      this.#trends.set(subject, trend);
      trend.take(freeBytes, this.#deps.clock.monotonicMs());
      const hours = trend.hoursLeft();
      if (!rules.diskFilling.isOn) return [];
      const verdict = hours === null ? null : verdictOf(-hours, -DISK_FILLING_HOURS.raise, -DISK_FILLING_HOURS.clear);
      return [{ kind: 'diskFilling' as const, subject, verdict, value: hours ?? 0, limit: DISK_FILLING_HOURS.raise, freeBytes }];
    });
  }

  #lookAtPace(): void {
    const { clock, database, logger } = this.#deps;
    if (clock.monotonicMs() < this.#nextPaceMs) return;
    this.#nextPaceMs = clock.monotonicMs() + PACE_INTERVAL_MS;
    const reading = (verdict: Reading['verdict'], quietMs: number, limitMs: number): Reading => ({
      kind: 'noProgress',
      subject: null,
      verdict,
      value: quietMs / 1_000,
      limit: limitMs / 1_000,
      freeBytes: null,
    });
    const going = this.#deps.goingRun();
    if (going === null) {
      this.#progress = reading('within', 0, 0);
      return;
    }
    this.#pacing = database
      .read('runPace', { runId: going.runId })
      .then((pace) => {
        const quiet = quietTime(pace, going.sinceMs, clock.nowMs());
        if (quiet === null) this.#progress = pace.underWay.length === 0 ? reading('within', 0, 0) : reading(null, 0, 0);
        else this.#progress = reading(quiet.quietMs >= quiet.limitMs ? 'beyond' : 'within', quiet.quietMs, quiet.limitMs);
      })
      .catch((error: unknown) => logger.warn('the pace of a run could not be read', { runId: going.runId, error }));
  }

  #log(code: 'alertRaised' | 'alertReminded' | 'alertCleared', alert: Alert): void {
    const { database, clock, logger } = this.#deps;
    const { runId, ...facts } = alert;
    const entry = { atMs: clock.nowMs(), code, runId, data: facts };
    this.#writing = this.#writing
      .then(() => database.write('addLogEntries', { entries: [entry] }))
      .catch((error: unknown) => logger.warn('an alert was not logged', { code, error }));
  }

  #announce(): void {
    this.#deps.events.emit('alerts.changed', { active: this.active });
  }
}

function episodeKey({ kind, subject, raisedAtMs }: Alert): string {
  return `${kind} ${subject ?? ''} ${raisedAtMs}`;
}
