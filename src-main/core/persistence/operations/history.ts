import { isHistoryParameter, type HistoryFigures, type HistoryGroup, type NamedHistoryParameter } from '#shared/contract/history.ts';
import { compareHistoryValues } from '#shared/domain/historyOrder.ts';
import { addCounts, NO_WORDS, werRatio, type WordCounts } from '#shared/domain/scores.ts';
import { type Connection, sql } from '../connection.ts';

export interface HistoryQuestion {
  readonly by: readonly string[];
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  readonly count: number;
}

export interface History {
  readonly groups: readonly HistoryGroup[];
  readonly groupCount: number;
  readonly total: HistoryFigures;
}

/** Values that are the same for a whole run are found once a run, the others once a task. */
interface KeySource {
  readonly from: 'run' | 'task';
  readonly expression: string;
}

const outcomeTime = (format: string): KeySource => ({
  from: 'task',
  expression: `strftime('${format}', t.ended_at_ms / 1000, 'unixepoch', 'localtime')`,
});
const option = (name: string): KeySource => ({ from: 'run', expression: `json_extract(r.options, '$.${name}')` });

const KEYS: Readonly<Record<NamedHistoryParameter, KeySource>> = {
  day: outcomeTime('%Y-%m-%d'),
  week: outcomeTime('%G-W%V'),
  month: outcomeTime('%Y-%m'),
  run: { from: 'run', expression: `r.id || ' ' || r.name` },
  name: { from: 'run', expression: 'r.name' },
  status: { from: 'run', expression: 'r.status' },
  mode: { from: 'task', expression: 't.mode' },
  model: { from: 'run', expression: 'r.model_name' },
  // With the version that counted; what is not scored has none.
  normalizer: { from: 'task', expression: `c.normalizer || coalesce(' ' || t.normalizer_version, '')` },
  language: {
    from: 'task',
    expression: 'coalesce(c.language, (SELECT a.language FROM results a WHERE a.id = t.result_id))',
  },
  dataSet: { from: 'run', expression: `(SELECT group_concat(value, ' + ') FROM json_each(r.sources))` },
  folder: {
    from: 'task',
    expression: `(SELECT CASE instr(i.file_id, '/') WHEN 0 THEN '.' ELSE substr(i.file_id, 1, instr(i.file_id, '/') - 1) END
       FROM items i WHERE i.id = t.item_id)`,
  },
  pacing: option('pacing'),
  servers: option('servers'),
  host: {
    from: 'task',
    expression: `(SELECT b.host FROM attempts a JOIN boots b ON b.boot_id = a.boot_id WHERE a.task_id = t.id ORDER BY a.id DESC LIMIT 1)`,
  },
  taskType: { from: 'task', expression: 't.type' },
  outcome: { from: 'task', expression: 't.status' },
  errorCode: { from: 'task', expression: 't.error_code' },
  container: { from: 'task', expression: '(SELECT i.container FROM items i WHERE i.id = t.item_id)' },
  sampleRate: { from: 'task', expression: '(SELECT i.sample_rate_hz FROM items i WHERE i.id = t.item_id)' },
};

/** What a caller names never becomes part of the statement: a path into JSON is bound like any other value. */
function keySource(parameter: string, place: number): { readonly source: KeySource; readonly path: string } {
  if (Object.hasOwn(KEYS, parameter)) return { source: KEYS[parameter as NamedHistoryParameter], path: '' };
  if (!isHistoryParameter(parameter)) throw new TypeError(`no parameter ${parameter}`);
  const isOption = parameter.startsWith('option.');
  return {
    source: isOption
      ? { from: 'run', expression: `json_extract(r.options, :path${place})` }
      : { from: 'task', expression: `json_extract(t.data, :path${place})` },
    path: `$${parameter.slice(parameter.indexOf('.'))}`,
  };
}

/** The figures of one group in one run: within a run pacing and normaliser are the same, but for its version where the run went on under another one. */
interface PartRow {
  key0: string | null;
  key1: string | null;
  run_id: number;
  normalizer: string | null;
  oldest_version: number | null;
  newest_version: number | null;
  pacing: string | null;
  done: number;
  failed: number;
  cancelled: number;
  reused: number;
  audio_sec: number;
  timed: number;
  timed_audio_sec: number;
  processing_sec: number;
  scored: number;
  substitutions: number;
  deletions: number;
  insertions: number;
  hits: number;
  reference_words: number;
}

export const historyReads = {
  /**
   * Outcomes of every run, added up by one or two parameters. Only runs that can have an outcome in the period are looked into, so that the time it takes follows the
   * period and not the size of the history.
   */
  history(connection: Connection, { by, sinceMs, untilMs, count }: HistoryQuestion): History {
    const keys = [0, 1].map((place) => {
      const parameter = by[place];
      return parameter === undefined ? null : keySource(parameter, place);
    });
    const inRun = keys.map((key, place) => (key?.source.from === 'run' ? `CAST(${key.source.expression} AS TEXT) AS key${place}, ` : ''));
    const inTask = keys.map((key, place) =>
      key === null
        ? `NULL AS key${place}`
        : key.source.from === 'run'
          ? `c.key${place}`
          : `CAST(${key.source.expression} AS TEXT) AS key${place}`,
    );
    const rows = sql<PartRow>(
      connection,
      `WITH c AS MATERIALIZED (
         SELECT ${inRun.join('')}r.id, json_extract(r.options, '$.normalizer') AS normalizer, json_extract(r.options, '$.pacing') AS pacing,
           json_extract(r.options, '$.language') AS language
         FROM runs r WHERE r.created_at_ms < :untilMs AND (r.ended_at_ms IS NULL OR r.ended_at_ms >= :sinceMs))
       SELECT ${inTask.join(', ')}, t.run_id, c.normalizer, c.pacing,
         sum(t.status = 'done') AS done, sum(t.status = 'failed') AS failed, sum(t.status = 'cancelled') AS cancelled,
         min(iif(t.status IN ('done', 'failed', 'skipped'), t.normalizer_version, NULL)) AS oldest_version,
         max(iif(t.status IN ('done', 'failed', 'skipped'), t.normalizer_version, NULL)) AS newest_version,
         sum(t.status = 'skipped') AS reused,
         total(iif(t.status = 'done', t.audio_sec, 0)) AS audio_sec,
         sum(t.status = 'done' AND t.processing_sec IS NOT NULL) AS timed,
         total(iif(t.status = 'done' AND t.processing_sec IS NOT NULL, t.audio_sec, 0)) AS timed_audio_sec,
         total(iif(t.status = 'done', t.processing_sec, 0)) AS processing_sec,
         sum(t.reference_words IS NOT NULL AND t.status IN ('done', 'failed', 'skipped')) AS scored,
         sum(iif(t.status IN ('done', 'failed', 'skipped'), coalesce(t.substitutions, 0), 0)) AS substitutions,
         sum(iif(t.status IN ('done', 'failed', 'skipped'), coalesce(t.deletions, 0), 0)) AS deletions,
         sum(iif(t.status IN ('done', 'failed', 'skipped'), coalesce(t.insertions, 0), 0)) AS insertions,
         sum(iif(t.status IN ('done', 'failed', 'skipped'), coalesce(t.hits, 0), 0)) AS hits,
         sum(iif(t.status IN ('done', 'failed', 'skipped'), coalesce(t.reference_words, 0), 0)) AS reference_words
       FROM c CROSS JOIN tasks t ON t.run_id = c.id
       WHERE t.superseded = 0 AND t.ended_at_ms >= :sinceMs AND t.ended_at_ms < :untilMs AND (t.status <> 'skipped' OR t.done_earlier = 1)
       GROUP BY 1, 2, t.run_id`,
    ).all({
      sinceMs: sinceMs ?? 0,
      untilMs: untilMs ?? Number.MAX_SAFE_INTEGER,
      ...(keys[0]?.path ? { path0: keys[0].path } : {}),
      ...(keys[1]?.path ? { path1: keys[1].path } : {}),
    });
    const total = new Sum();
    const groups = new Map<string, { readonly key: (string | null)[]; readonly sum: Sum }>();
    for (const row of rows) {
      const key = [row.key0, row.key1].slice(0, by.length);
      const name = JSON.stringify(key);
      const group = groups.get(name) ?? { key, sum: new Sum() };
      groups.set(name, group);
      group.sum.add(row);
      total.add(row);
    }
    return {
      groups: [...groups.values()]
        .toSorted((left, right) => compareKeys(by, left.key, right.key))
        .slice(0, count)
        .map(({ key, sum }) => ({ key, ...sum.figures() })),
      groupCount: groups.size,
      total: total.figures(),
    };
  },
};

function compareKeys(by: readonly string[], left: readonly (string | null)[], right: readonly (string | null)[]): number {
  for (const [place, parameter] of by.entries()) {
    const order = compareHistoryValues(parameter, left[place] ?? null, right[place] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

class Sum {
  readonly #runs = new Set<number>();
  readonly #normalizers = new Set<string>();
  readonly #pacings = new Set<string>();
  #done = 0;
  #failed = 0;
  #cancelled = 0;
  #reused = 0;
  #audioSec = 0;
  #timed = 0;
  #timedAudioSec = 0;
  #processingSec = 0;
  #scored = 0;
  #counts: WordCounts = NO_WORDS;

  add(row: PartRow): void {
    this.#runs.add(row.run_id);
    this.#done += row.done;
    this.#failed += row.failed;
    this.#cancelled += row.cancelled;
    this.#reused += row.reused;
    this.#audioSec += row.audio_sec;
    this.#timed += row.timed;
    this.#timedAudioSec += row.timed_audio_sec;
    this.#processingSec += row.processing_sec;
    this.#scored += row.scored;
    const { substitutions, deletions, insertions, hits, reference_words: referenceWords } = row;
    this.#counts = addCounts(this.#counts, { substitutions, deletions, insertions, hits, referenceWords });
    for (const version of [row.oldest_version, row.newest_version]) {
      if (version !== null) this.#normalizers.add(`${row.normalizer ?? ''} ${version}`);
    }
    if (row.timed > 0 && row.pacing !== null) this.#pacings.add(row.pacing);
  }

  figures(): HistoryFigures {
    const answered = this.#done + this.#reused;
    const outcomes = answered + this.#failed;
    const isOnePace = this.#pacings.size <= 1 && this.#timed > 0;
    return {
      runs: this.#runs.size,
      done: this.#done,
      failed: this.#failed,
      cancelled: this.#cancelled,
      reused: this.#reused,
      successRatio: outcomes === 0 ? null : answered / outcomes,
      audioSec: this.#audioSec,
      scored: this.#scored,
      counts: this.#scored === 0 ? null : this.#counts,
      werRatio: this.#normalizers.size > 1 ? null : werRatio(this.#counts),
      normalizers: [...this.#normalizers].toSorted(),
      processingSec: this.#processingSec,
      rtf: isOnePace && this.#timedAudioSec > 0 ? this.#processingSec / this.#timedAudioSec : null,
      meanProcessingSec: isOnePace ? this.#processingSec / this.#timed : null,
      pacings: [...this.#pacings].toSorted(),
    };
  }
}
