import { openWriter } from '../core/persistence/connection.ts';

/** A finished run of the past, by how many texts it has alone and how many, the same for all, it found done earlier unless it is the first. */
export interface PlantedTexts {
  readonly own: number;
  readonly shared: number;
}

/** Writes finished runs in streaming mode whose tasks point at texts. @returns their numbers */
export function plantTexts(databasePath: string, runs: readonly PlantedTexts[]): number[] {
  const connection = openWriter(databasePath);
  const insertRun = connection.prepare(
    `INSERT INTO runs (name, status, sources, options, results_path, created_at_ms, ended_at_ms)
     VALUES ('planted', 'finished', '["/speech"]', '{}', '/out/results.json', :atMs, :atMs)`,
  );
  const nameRun = connection.prepare(`UPDATE runs SET name = 'planted ' || id WHERE id = ?`);
  const insertItem = connection.prepare(
    `INSERT INTO items (run_id, file_id, path, size_bytes, modified_ms, inspected) VALUES (?, ?, ?, 1, 1, 1)`,
  );
  const insertTask = connection.prepare(
    `INSERT INTO tasks (run_id, item_id, type, mode, priority, max_retries, status, result_key, result_id)
     VALUES (?, ?, 'transcribe', 'streaming', 6, 3, 'done', ?, ?)`,
  );
  const insertAttempt = connection.prepare(
    `INSERT INTO attempts (task_id, number, boot_id, lease_token, started_at_ms, outcome) VALUES (?, 1, 'boot', 'lease', 0, 'done')`,
  );
  const insertResult = connection.prepare(
    `INSERT INTO results (result_key, attempt_id, sha256, mode, model, hypothesis, segments, decoded_sec, processing_sec, created_at_ms)
     VALUES (:key, :attemptId, :key, 'streaming', 'tiny-en', :text, '[]', 1, 1, 1)`,
  );
  const link = connection.prepare('UPDATE tasks SET result_id = ? WHERE id = ?');
  const text = 'a sentence of the length that people speak in one breath, more or less '.repeat(4);
  const sharedResults: (number | bigint)[] = [];
  const plantRun = (texts: PlantedTexts, atMs: number): number => {
    const runId = Number(insertRun.run({ atMs }).lastInsertRowid);
    nameRun.run(runId);
    for (let index = 0; index < texts.own + texts.shared; index++) {
      const isShared = index < texts.shared;
      const key = isShared ? `shared-${index}` : `${runId}-${index}`;
      const itemId = insertItem.run(runId, `${index}.wav`, `/speech/${index}.wav`).lastInsertRowid;
      const earlier = isShared ? (sharedResults[index] ?? null) : null;
      const taskId = insertTask.run(runId, itemId, key, earlier).lastInsertRowid;
      if (earlier !== null) continue;
      const attemptId = insertAttempt.run(taskId).lastInsertRowid;
      const resultId = insertResult.run({ key, attemptId, text }).lastInsertRowid;
      link.run(resultId, taskId);
      if (isShared) sharedResults[index] = resultId;
    }
    return runId;
  };
  try {
    return connection.transaction(() => runs.map((texts, index) => plantRun(texts, index + 1)))();
  } finally {
    connection.close();
  }
}
