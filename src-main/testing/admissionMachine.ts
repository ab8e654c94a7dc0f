import type { Sample } from '#shared/contract/resources.ts';
import { createFakeRandom } from './fakeRandom.ts';
import { Admission } from '#main/core/scheduler/admission.ts';
import { LearnedPeaks } from '#main/core/scheduler/learnedPeaks.ts';

/**
 * A machine on which jobs run, in steps of 0.25 s: 32 GB and 16 cores, 5 GB of them in use. A job needs a peak of memory (log-normal, median 2 GB, at most
 * 7), reached after 10–30 s, and works for 60–180 s on 1.0–1.8 cores. Another program takes 7 GB for a quarter of an hour, and 6 cores for another. Above
 * 97 % of the memory everything crawls; above 100 % the largest job is killed (runtime.md, "Simulator of section 4").
 */
const STEP_SEC = 0.25;
const NIGHT_SEC = 7_200;
const TOTAL_GB = 32;
const BASE_GB = 5;
const CORES = 16;
const MB_PER_GB = 1_024;
const BYTES_PER_GB = 1024 ** 3;
const LIMIT_RATIO = 0.85;
const CPU_LIMIT_PERCENT = 95;
/** What the jobs of this machine are known to use. */
const CORE_SHARE_PERCENT = (1.4 / CORES) * 100;
const START_PEAK_MB = 3 * MB_PER_GB;
/** As many as there are cores but one. */
const MOST_JOBS = CORES - 1;

interface JobPolicy {
  mayStart(running: number): boolean;
  started(id: number): void;
  ended(id: number): void;
  /** Once a second. */
  takeSample(sample: Sample): void;
}

interface SimulatedNight {
  readonly done: number;
  readonly overLimitSec: number;
  readonly kills: number;
  readonly meanRunning: number;
  /** Jobs done in the 10 minutes before the other program takes cores, and from 60 s after it gives them back. */
  readonly doneBefore: number;
  readonly doneAfter: number;
}

interface Job {
  readonly id: number;
  readonly peakGb: number;
  readonly rampSec: number;
  readonly cores: number;
  leftSec: number;
  ageSec: number;
}

/** So many at once, whatever happens. */
export function fixedPolicy(count: number): JobPolicy {
  return { mayStart: (running) => running < count, started: nothing, ended: nothing, takeSample: nothing };
}

/** The admission of a run, as it is. */
export function admissionPolicy(): JobPolicy {
  const start = { transcribe: START_PEAK_MB };
  const peaks = { own: new LearnedPeaks('own', start), machine: new LearnedPeaks('machine', start) };
  const admission = new Admission({ cpuLimitPercent: CPU_LIMIT_PERCENT, memoryLimitMb: 1_000 * MB_PER_GB }, peaks, CORE_SHARE_PERCENT);
  // The first reading comes before the first job, as it does in a run whose servers have to get ready.
  let isJoined = false;
  return {
    mayStart: () => admission.mayStart('streaming'),
    started: (id) => admission.started(id, 'streaming'),
    ended: (id) => admission.ended(id),
    takeSample: (sample) => {
      admission.takeSample(sample);
      if (!isJoined) admission.join('streaming', MOST_JOBS);
      isJoined = true;
    },
  };
}

/** One night of two hours; the same seed gives the same jobs. */
export function simulateNight(policy: JobPolicy, seed: number): SimulatedNight {
  const random = createFakeRandom(seed).ratio;
  const uniform = (from: number, to: number): number => from + random() * (to - from);
  const jobs: Job[] = [];
  let nextId = 1;
  let done = 0;
  let overSteps = 0;
  let kills = 0;
  let runningSteps = 0;
  let doneBefore = 0;
  let doneAfter = 0;
  const draw = (): Job => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const peakGb = Math.min(7, 2 * Math.exp(0.35 * normal));
    const rampSec = uniform(10, 30);
    const leftSec = uniform(60, 180);
    return { id: nextId++, peakGb, rampSec, leftSec, cores: uniform(1, 1.8), ageSec: 0 };
  };
  const leave = (job: Job): void => {
    jobs.splice(jobs.indexOf(job), 1);
    policy.ended(job.id);
  };
  for (let step = 0; step < NIGHT_SEC / STEP_SEC; step += 1) {
    const nowSec = step * STEP_SEC;
    const externalGb = nowSec >= 1_800 && nowSec < 2_700 ? 7 : 0;
    const externalCores = nowSec >= 4_000 && nowSec < 4_900 ? 6 : 0;
    const jobsGb = (): number => jobs.reduce((sum, job) => sum + heldGb(job), 0);
    while (BASE_GB + externalGb + jobsGb() > TOTAL_GB && jobs.length > 0) {
      leave(jobs.reduce((largest, job) => (heldGb(job) > heldGb(largest) ? job : largest)));
      kills += 1;
    }
    const usedGb = BASE_GB + externalGb + jobsGb();
    const demand = externalCores + jobs.reduce((sum, job) => sum + job.cores, 0);
    if (nowSec % 1 === 0) {
      policy.takeSample(reading(nowSec, { usedGb, jobsGb: jobsGb(), cpuPercent: Math.min(100, (demand / CORES) * 100) }));
    }
    while (policy.mayStart(jobs.length)) {
      const job = draw();
      jobs.push(job);
      policy.started(job.id);
    }
    if (usedGb > TOTAL_GB * LIMIT_RATIO) overSteps += 1;
    runningSteps += jobs.length;
    const crawl = usedGb > TOTAL_GB * 0.97 ? 0.25 : 1;
    const pace = (STEP_SEC * crawl) / Math.max(1, demand / CORES);
    for (const job of jobs.slice()) {
      job.ageSec += STEP_SEC;
      job.leftSec -= pace;
      if (job.leftSec > 0) continue;
      leave(job);
      done += 1;
      if (nowSec >= 3_400 && nowSec < 4_000) doneBefore += 1;
      if (nowSec >= 4_960 && nowSec < 5_560) doneAfter += 1;
    }
  }
  return { done, overLimitSec: overSteps * STEP_SEC, kills, meanRunning: runningSteps / (NIGHT_SEC / STEP_SEC), doneBefore, doneAfter };
}

/** Mean of as many nights. */
export function meanNight(policy: () => JobPolicy, seeds: number): SimulatedNight {
  const nights = Array.from({ length: seeds }, (_, seed) => simulateNight(policy(), seed + 1));
  const mean = (pick: (night: SimulatedNight) => number): number => nights.reduce((sum, night) => sum + pick(night), 0) / seeds;
  return {
    done: mean((night) => night.done),
    overLimitSec: mean((night) => night.overLimitSec),
    kills: mean((night) => night.kills),
    meanRunning: mean((night) => night.meanRunning),
    doneBefore: mean((night) => night.doneBefore),
    doneAfter: mean((night) => night.doneAfter),
  };
}

function heldGb({ peakGb, rampSec, ageSec }: Job): number {
  return Math.min(1, 0.25 + (0.75 * ageSec) / rampSec) * peakGb;
}

function reading(nowSec: number, { usedGb, jobsGb, cpuPercent }: { usedGb: number; jobsGb: number; cpuPercent: number }): Sample {
  return {
    atMs: nowSec * 1_000,
    cpuPercent,
    memoryUsedBytes: usedGb * BYTES_PER_GB,
    memoryTotalBytes: TOTAL_GB * BYTES_PER_GB,
    ownRssBytes: jobsGb * BYTES_PER_GB,
    diskFreeBytes: null,
    diskTotalBytes: null,
    gpus: [],
    servers: [],
  };
}

function nothing(): void {}
