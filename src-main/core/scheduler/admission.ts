import type { Sample } from '#shared/contract/resources.ts';
import type { RunSummary } from '#shared/contract/runs.ts';

export interface AdmissionLimits {
  readonly cpuLimitPercent: number;
  readonly memoryLimitMb: number;
}

export interface Admission {
  readonly allowed: number;
  readonly reason: RunSummary['workersReason'];
}

const BYTES_PER_MB = 1024 * 1024;

/**
 * How many tasks may run until the next sample: one fewer while a limit is exceeded, one more per sample otherwise, never above
 * the capacity and never under one, so that a batch goes on. Fewer means that less is started, never that something is
 * ended (S1.12, S1.13).
 */
export function nextAdmission(allowed: number, capacity: number, sample: Sample, limits: AdmissionLimits): Admission {
  const overMemory = sample.ownRssBytes > limits.memoryLimitMb * BYTES_PER_MB;
  const overCpu = sample.cpuPercent !== null && sample.cpuPercent > limits.cpuLimitPercent;
  if (overMemory || overCpu) {
    return { allowed: Math.max(1, Math.min(allowed, capacity) - 1), reason: overMemory ? 'memoryLimit' : 'cpuLimit' };
  }
  const next = Math.max(1, Math.min(capacity, allowed + 1));
  return { allowed: next, reason: null };
}
