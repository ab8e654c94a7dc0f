import type { RunOptions } from '#shared/contract/runs.ts';
import { NORMALIZER_VERSIONS } from '#shared/domain/scores.ts';
import type { Connection } from '../core/persistence/connection.ts';
import type { StoredReportItem } from '../core/persistence/operations/reports.ts';
import { REPORT_AT_MS } from './reportRows.ts';

/** Writes a finished run with its rows as the scheduler would have left them, in one transaction. @returns its number */
export function plantRun(connection: Connection, items: readonly StoredReportItem[], options: RunOptions): number {
  return connection.transaction(() => {
    const run = connection
      .prepare(
        `INSERT INTO runs (name, status, sources, options, model_name, results_path, created_at_ms, started_at_ms, ended_at_ms)
         VALUES ('planted', 'finished', '["/data"]', ?, 'tiny-en', '/out/results.json', ?, ?, ?)`,
      )
      .run(JSON.stringify(options), REPORT_AT_MS - 2_000, REPORT_AT_MS - 1_000, REPORT_AT_MS);
    const runId = Number(run.lastInsertRowid);
    const insertMode = connection.prepare(`INSERT INTO run_modes (run_id, mode, position, status) VALUES (?, ?, ?, 'done')`);
    for (const [position, mode] of options.modes.entries()) insertMode.run(runId, mode, position);
    const insertItem = connection.prepare(
      `INSERT INTO items (run_id, file_id, path, size_bytes, modified_ms, reference, inspected, sha256, announced_sec) VALUES (?, ?, ?, 1, 1, ?, 1, ?, ?)`,
    );
    const insertTask = connection.prepare(
      `INSERT INTO tasks (run_id, item_id, type, mode, priority, max_retries, status, result_key, done_earlier, error_code, error_data, audio_sec,
         processing_sec, first_token_latency_ms, substitutions, deletions, insertions, hits, reference_words, normalizer_version)
       VALUES (?, ?, 'transcribe', ?, 6, 3, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const insertAttempt = connection.prepare(
      `INSERT INTO attempts (task_id, number, boot_id, lease_token, started_at_ms, ended_at_ms, outcome) VALUES (?, ?, 'boot', ?, 0, ?, ?)`,
    );
    const insertResult = connection.prepare(
      `INSERT INTO results (result_key, attempt_id, sha256, mode, model, hypothesis, segments, language, decoded_sec, announced_sec, processing_sec, decode_sec,
         first_token_latency_ms, warning_code, created_at_ms) VALUES (?, ?, ?, ?, 'tiny-en', ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`,
    );
    const link = connection.prepare('UPDATE tasks SET result_id = ? WHERE id = ?');
    for (const { fileId, path, reference, sha256, announcedSec, results } of items) {
      const itemId = insertItem.run(runId, fileId, path, reference, sha256, announcedSec).lastInsertRowid;
      for (const result of results) {
        const { mode, counts, answer } = result;
        const key = `${sha256 ?? ''}:${mode}`;
        const errorData = result.errorCode === null ? null : JSON.stringify(result.errorData);
        const taskId = insertTask.run(
          runId,
          itemId,
          mode,
          result.status,
          key,
          Number(result.doneEarlier),
          result.errorCode,
          errorData,
          answer?.decodedSec ?? null,
          result.processingSec,
          result.firstTokenLatencyMs,
          counts?.substitutions ?? null,
          counts?.deletions ?? null,
          counts?.insertions ?? null,
          counts?.hits ?? null,
          counts?.referenceWords ?? null,
          counts === null ? null : NORMALIZER_VERSIONS[options.normalizer],
        ).lastInsertRowid;
        let attemptId: number | bigint | null = null;
        for (let number = 1; number <= result.attempts; number++) {
          const outcome = number <= result.failedAttempts ? 'failed' : 'done';
          attemptId = insertAttempt.run(
            taskId,
            number,
            `lease-${number}`,
            Math.round((result.endToEndSec ?? 0) * 1_000),
            outcome,
          ).lastInsertRowid;
        }
        if (answer === null) continue;
        const resultId = insertResult.run(
          key,
          attemptId,
          sha256 ?? '',
          mode,
          answer.hypothesis,
          answer.segmentsJson,
          answer.language,
          answer.decodedSec,
          answer.announcedSec,
          result.processingSec,
          answer.decodeSec,
          result.firstTokenLatencyMs,
          answer.warningCode,
        ).lastInsertRowid;
        link.run(resultId, taskId);
      }
    }
    return runId;
  })();
}
