import type { QcReport, ReportModel } from '#shared/contract/reports.ts';
import { errorText } from '#shared/errors/messages.ts';

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

/** The QC report (S2.9), as `docs/qc-report.schema.json` describes it. */
export function toQcReport(model: ReportModel): QcReport {
  const { run, outcome, gate } = model;
  const gpuMeans = model.resources.gpus.flatMap(({ utilizationPercent }) => utilizationPercent?.mean ?? []);
  return {
    schema_version: '1.0',
    generator: `nightshift ${model.environment.nightshiftVersion}`,
    generated_at: iso(model.generatedAtMs),
    run: {
      id: run.id,
      name: run.name,
      status: run.status,
      started_at: isoOrNull(run.startedAtMs),
      ended_at: isoOrNull(run.endedAtMs),
      sources: run.sources,
      model: run.modelName,
      normalizer: run.normalizer,
      pacing: run.options.pacing,
    },
    verdict: gate === null ? 'not_judged' : gate.valid ? 'passed' : 'failed',
    gate: gate === null ? null : { name: gate.name, valid: gate.valid, warnings: gate.warnings },
    indicators: {
      total: outcome.total,
      done: outcome.done,
      failed: outcome.failed,
      success_rate: outcome.successRatio,
      failure_rate: outcome.failureRatio,
      mean_end_to_end_seconds: outcome.meanEndToEndSec,
      recovered_by_retry: outcome.recovered,
      gpu_utilization_mean_percent: gpuMeans.length === 0 ? null : gpuMeans.reduce((sum, value) => sum + value, 0) / gpuMeans.length,
    },
    modes: model.modes.map((mode) => ({
      mode: mode.mode,
      files: mode.files,
      done: mode.done,
      failed: mode.failed,
      wer: mode.werRatio,
      wer_interval_95: mode.werInterval,
      cer: mode.cerRatio,
      accuracy: mode.averageAccuracy,
      quality_score: mode.quality?.score ?? null,
      processing_seconds_mean: mode.processingSecs?.mean ?? null,
      rtf_p50: mode.rtfs?.p50 ?? null,
      rtf_p95: mode.rtfs?.p95 ?? null,
    })),
    quality_warnings: model.warnings.map(({ kind, results, files, examples }) => ({
      kind,
      results,
      files,
      examples: examples.map(({ fileId, modes, detail }) => `${fileId} [${modes.join(', ')}]: ${detail}`),
    })),
    failures: model.failures.map(({ code, results, examples }) => ({
      code,
      results,
      sentence: errorText({ code, data: {} }, 'en').what,
      examples: examples.map(({ fileId }) => fileId),
    })),
    notes: model.notes,
  };
}
