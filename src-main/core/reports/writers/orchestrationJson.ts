import type { Distribution, ReportModel } from '#shared/contract/reports.ts';

const MB_PER_GB = 1024;

interface Summary {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly median: number;
  readonly p95: number;
  readonly count: number;
}

function summaryOf(distribution: Distribution | null): Summary | null {
  if (distribution === null) return null;
  const { mean, min, max, p50, p95, count } = distribution;
  return { mean, min, max, median: p50, p95, count };
}

/** Figures of the modes as one distribution over modes, so that each metric has the `mean` that scripts look for (S4.22). */
function overModes(values: readonly (number | null)[]): Summary | null {
  const known = values.filter((value) => value !== null).toSorted((left, right) => left - right);
  if (known.length === 0) return null;
  const at = (share: number): number => {
    const position = share * (known.length - 1);
    const below = known[Math.floor(position)] ?? 0;
    return below + ((known[Math.ceil(position)] ?? below) - below) * (position - Math.floor(position));
  };
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return { mean, min: at(0), max: at(1), median: at(0.5), p95: at(0.95), count: known.length };
}

/** Local time as file names of S4.22 have it: `20261121_010203`. */
export function fileStamp(ms: number): string {
  const at = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}_${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
}

/** Utilisation of what was busiest on average, the GPU or the CPU, 0–1 (ours): what is idle overnight was not used. null: neither was measured. */
export function efficiencyScore({ resources }: ReportModel): number | null {
  const means = [resources.cpuPercent?.mean, ...resources.gpus.map(({ utilizationPercent }) => utilizationPercent?.mean)].filter(
    (mean) => mean !== undefined,
  );
  return means.length === 0 ? null : Math.max(...means) / 100;
}

/** `orchestration_results_<date>_<time>.json` with the field names of S4.22; jobs are files in modes, rates are fractions, times seconds. */
export function toOrchestrationResults(model: ReportModel): unknown {
  const { outcome, run, modes, resources } = model;
  const performance: Record<string, Summary | null> = {
    word_error_rate: overModes(modes.map(({ werRatio }) => werRatio)),
    character_error_rate: overModes(modes.map(({ cerRatio }) => cerRatio)),
    accuracy: overModes(modes.map(({ averageAccuracy }) => averageAccuracy)),
    quality_score: overModes(modes.map(({ quality }) => quality?.score ?? null)),
    real_time_factor: overModes(modes.map(({ rtf }) => rtf)),
  };
  for (const { mode, processingSecs, rtfs, firstTokenMs, finalLatencyMs } of modes) {
    performance[`processing_time_${mode}`] = summaryOf(processingSecs);
    performance[`real_time_factor_${mode}`] = summaryOf(rtfs);
    performance[`first_token_latency_ms_${mode}`] = summaryOf(firstTokenMs);
    performance[`final_latency_ms_${mode}`] = summaryOf(finalLatencyMs);
  }
  return {
    generator: `nightshift ${model.environment.nightshiftVersion}`,
    timestamp: new Date(model.generatedAtMs).toISOString(),
    run: { id: run.id, name: run.name, status: run.status, model: run.modelName, normalizer: run.normalizer, pacing: run.options.pacing },
    configuration: run.options,
    environment: model.environment,
    execution_results: {
      total_time_seconds: outcome.elapsedSec,
      job_statistics: {
        total_jobs: outcome.total,
        completed_jobs: outcome.done,
        failed_jobs: outcome.failed,
        cancelled_jobs: outcome.cancelled,
        pending_jobs: outcome.notReached,
        completed_earlier: outcome.doneEarlier,
        recovered_by_retry: outcome.recovered,
        success_rate: outcome.successRatio,
      },
      // A metric that was not measured is left out: a mean of null would be read as a number.
      performance_summary: Object.fromEntries(Object.entries(performance).filter(([, summary]) => summary !== null)),
    },
    analysis_results: {
      mode_comparisons: model.comparisons.map(({ a, b, pairs, difference, interval, p, pHolm, verdict }) => ({
        a,
        b,
        pairs,
        wer_difference: difference,
        interval_95: interval,
        p_value: p,
        p_value_holm: pHolm,
        verdict,
      })),
      resource_efficiency: {
        efficiency_score: efficiencyScore(model),
        formula: 'mean utilisation of the busiest of CPU and GPUs, 0 to 1',
        cpu_mean_percent: resources.cpuPercent?.mean ?? null,
        gpu_mean_percent: resources.gpus.map(({ utilizationPercent }) => utilizationPercent?.mean ?? null),
        memory_max_gb: resources.memoryUsedMb === null ? null : resources.memoryUsedMb.max / MB_PER_GB,
        nightshift_memory_peak_mb: outcome.memoryPeakMb,
      },
      failure_patterns: model.failures.map(({ code, results, byMode }) => ({ code, count: results, by_mode: byMode })),
      quality_warnings: model.warnings.map(({ kind, results, files }) => ({ kind, results, files })),
      validation: model.gate === null ? null : { valid: model.gate.valid, warnings: model.gate.warnings },
    },
  };
}
