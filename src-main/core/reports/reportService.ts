import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Gate, GateVerdict } from '#shared/contract/gate.ts';
import { TRANSCRIPT_FORMATS, type ReportFormat, type ReportModel, type RunNotes, type TranscriptFormat } from '#shared/contract/reports.ts';
import type { NormalizerName } from '#shared/domain/scores.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import type { MessageLocale } from '#shared/errors/messages.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { assertNever } from '#shared/util/assertNever.ts';
import type { Database } from '#main/core/persistence/database.ts';
import type { StoredReportItem } from '#main/core/persistence/operations/reports.ts';
import type { Clock, FileStore, PagePrinter } from '#main/core/ports.ts';
import { NOTHING_THERE, renderResults, type ResultsInput } from '#main/core/results/resultsDocument.ts';
import type { ReportFacts } from './reportBuilder.ts';
import type { ModelFormat, RowTexts, RowTextsWanted, TranscriptFile } from './reportMessages.ts';
import { createReportWorker, type ReportWorker } from './reportWorker.ts';
import { isScoredAsNow } from './storedNormalizer.ts';
import { itemsCsvHeader, wordsCsvHeader } from './writers/csv.ts';
import { fileStamp } from './writers/orchestrationJson.ts';

/** Rows copied from thread to thread at once: below 2 ms of the owner's time, measured with 20 words a row. */
const ITEMS_IN_PAGE = 50;
const SAMPLES_IN_PAGE = 500;
/** Files written at a time; each waits for the disk. */
const WRITES_AT_ONCE = 8;

export interface ReportServiceDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly files: FileStore;
  readonly printer: PagePrinter;
  /** Reports go to `<runsFolder>/<run id>/report` when nobody names a folder. */
  readonly runsFolder: string;
  /** @throws RUN_NOT_FOUND */
  getRun(runId: number): Promise<RunSummary>;
  /** @param normalizer null: the run's own figures. @throws RUN_NOT_FOUND; under a normaliser RUN_STATE_CONFLICT, NOTHING_TO_SCORE */
  readResults(runId: number, normalizer: NormalizerName | null): Promise<ResultsInput>;
  environment(): Promise<ReportFacts['environment']>;
}

export interface ExportRequest {
  readonly runId: number;
  readonly formats: readonly ReportFormat[];
  readonly folder: string | null;
  readonly language: MessageLocale;
  readonly force: boolean;
  readonly naming: string;
  readonly clusterBySpeaker: boolean;
  /** Rule of all figures; null: the run's own. */
  readonly normalizer: NormalizerName | null;
}

export interface ExportedReport {
  readonly folder: string;
  readonly files: { format: ReportFormat; path: string }[];
  readonly transcripts: number;
}

/** Reports of runs: what they say, judged or not, and their files. */
export interface ReportService {
  /** @throws RUN_NOT_FOUND */
  model(runId: number, clusterBySpeaker: boolean, normalizer: NormalizerName | null): Promise<ReportModel>;
  /** Keeps the verdict with the run. @throws RUN_NOT_FOUND */
  judge(runId: number, gate: Gate): Promise<GateVerdict>;
  /** @throws RUN_NOT_FOUND, OUTPUT_EXISTS, OUTPUT_UNWRITABLE, DISK_FULL, PDF_UNAVAILABLE, INPUT_INVALID */
  exportFiles(request: ExportRequest): Promise<ExportedReport>;
  notes(runId: number): Promise<RunNotes | null>;
  setNotes(runId: number, notes: RunNotes | null): Promise<void>;
}

/** Texts of the rows in pieces, page by page; of the JSON lists with their separators. */
type RowPieces = { readonly [K in keyof RowTexts]: readonly string[] };

interface BuiltReport {
  readonly model: ReportModel;
  readonly pieces: RowPieces;
}

const NO_PIECES: RowPieces = { itemsCsv: [], wordsCsv: [], itemsJson: [], samplesJson: [] };
const NOTHING_WANTED: RowTextsWanted = { itemsCsv: false, wordsCsv: false, itemsJson: false, samplesJson: false };

export function createReportService(deps: ReportServiceDeps): ReportService {
  const { database, clock, files } = deps;

  async function* itemPages(runId: number): AsyncGenerator<StoredReportItem[]> {
    for (let afterId = 0; ;) {
      const items = await database.read('reportItems', { runId, afterId, count: ITEMS_IN_PAGE });
      const last = items.at(-1);
      if (last === undefined) return;
      yield items;
      afterId = last.id;
    }
  }

  const build = async (
    worker: ReportWorker,
    runId: number,
    options: {
      readonly clusterBySpeaker: boolean;
      readonly normalizer: NormalizerName | null;
      readonly gate?: Gate;
      readonly wanted?: RowTextsWanted;
    },
  ): Promise<BuiltReport> => {
    const run = await deps.getRun(runId);
    const { normalizer } = options;
    const isOwn = run.options.calculateWer && normalizer === run.options.normalizer && isScoredAsNow(run);
    const facts: ReportFacts = {
      generatedAtMs: clock.nowMs(),
      environment: await deps.environment(),
      run,
      modelName: await database.read('runModelName', { runId }),
      notes: await database.read('runNotes', { runId }),
      verdict: await database.read('runVerdict', { runId }),
      clusterBySpeaker: options.clusterBySpeaker,
      rescoredWith: isOwn ? null : normalizer,
    };
    await worker.ask({ ask: 'begin', facts, wanted: options.wanted ?? NOTHING_WANTED });
    const pieces: Record<keyof RowTexts, string[]> = { itemsCsv: [], wordsCsv: [], itemsJson: [], samplesJson: [] };
    const keep = (made: RowTexts): void => {
      for (const key of ['itemsCsv', 'wordsCsv', 'itemsJson', 'samplesJson'] as const) {
        if (made[key] === '') continue;
        if (pieces[key].length > 0 && key.endsWith('Json')) pieces[key].push(',\n');
        pieces[key].push(made[key]);
      }
    };
    for await (const items of itemPages(runId)) keep(await worker.ask({ ask: 'addItems', items }));
    for (let afterMs = -1; ;) {
      const samples = await database.read('runReadings', { runId, afterMs, count: SAMPLES_IN_PAGE });
      const last = samples.at(-1);
      if (last === undefined) break;
      keep(await worker.ask({ ask: 'addSamples', samples: samples.map(({ json }) => json) }));
      afterMs = last.atMs;
    }
    const model = await worker.ask({ ask: 'finish', gate: options.gate ?? null });
    return { model, pieces };
  };

  async function* transcriptPages(
    worker: ReportWorker,
    runId: number,
    naming: string,
    formats: readonly TranscriptFormat[],
    hasTexts: boolean,
  ): AsyncGenerator<readonly TranscriptFile[]> {
    await worker.ask({ ask: 'beginTranscripts', wanted: { formats, naming, firstIndex: 1 }, runId, hasTexts });
    for await (const items of itemPages(runId)) yield await worker.ask({ ask: 'transcripts', items });
  }

  const exportFiles = async (request: ExportRequest): Promise<ExportedReport> => {
    const { runId, formats, language, force, naming, clusterBySpeaker, normalizer } = request;
    await deps.getRun(runId);
    const folder = request.folder ?? join(deps.runsFolder, String(runId), 'report');
    const wanted = new Set(formats);
    const transcriptFormats = TRANSCRIPT_FORMATS.filter((format) => wanted.has(format));
    const stamp = fileStamp(clock.nowMs());
    // The PDF comes last: where no browser is, everything else is there all the same.
    const ordered = [...new Set(formats)].toSorted((left, right) => Number(left === 'pdf') - Number(right === 'pdf'));
    const planned = ordered.flatMap((format) => fileNames(format, stamp).map((name) => ({ format, path: join(folder, name) })));
    await using worker = createReportWorker();

    // 1. Nothing is written over unasked: look before the first write, at every name there will be.
    const existing: string[] = [];
    const note = async (path: string): Promise<void> => {
      if (!force && (await files.stat(path)) !== null) existing.push(path);
    };
    for (const { path } of planned) await note(path);
    let transcripts = 0;
    if (transcriptFormats.length > 0) {
      for await (const page of transcriptPages(worker, runId, naming, transcriptFormats, false)) {
        transcripts += page.length;
        await inParallel(page, ({ path }) => note(join(folder, path)));
      }
    }
    const [first] = existing;
    if (first !== undefined) throw new NightshiftError('OUTPUT_EXISTS', { path: first, count: existing.length });

    // 2. The model, and the texts that have a line for each result.
    const hasReport = formats.some((format) => format !== 'results' && !isTranscript(format));
    const built = hasReport
      ? await build(worker, runId, {
          clusterBySpeaker,
          normalizer,
          wanted: {
            itemsCsv: wanted.has('csv'),
            wordsCsv: wanted.has('csv'),
            itemsJson: wanted.has('json'),
            samplesJson: wanted.has('resources'),
          },
        })
      : null;
    const results = wanted.has('results') ? await deps.readResults(runId, normalizer) : null;

    // 3. One file after the other, each whole or not at all. Texts are made in the thread and encoded piece by piece.
    await files.ensureFolder(folder);
    for (const { format, path } of planned) {
      if (format === 'pdf') await deps.printer.printPdf((await worker.ask({ ask: 'render', format: 'html', language })).before, path);
      else await files.writeTextAtomic(path, await textOf(format, path, built?.pieces ?? NO_PIECES));
    }
    if (transcriptFormats.length > 0) {
      const folders = new Set<string>();
      for await (const page of transcriptPages(worker, runId, naming, transcriptFormats, true)) {
        for (const { path } of page) {
          const parent = join(folder, path, '..');
          if (!folders.has(parent)) await files.ensureFolder(parent);
          folders.add(parent);
        }
        await inParallel(page, ({ path, text }) => files.writeTextAtomic(join(folder, path), text ?? ''));
      }
    }
    return { folder, files: planned, transcripts };

    async function textOf(format: ReportFormat, path: string, pieces: RowPieces): Promise<readonly string[]> {
      const rendered = async (name: ModelFormat, rows: readonly string[]): Promise<readonly string[]> => {
        const { before, after } = await worker.ask({ ask: 'render', format: name, language });
        return [before, ...rows, after];
      };
      switch (format) {
        case 'html':
        case 'brief':
        case 'md':
        case 'qc':
        case 'orchestration':
          return await rendered(format, []);
        case 'json':
          return await rendered(format, pieces.itemsJson);
        case 'resources':
          return await rendered(format, pieces.samplesJson);
        case 'csv':
          return path.endsWith('items.csv') ? [itemsCsvHeader(), ...pieces.itemsCsv] : [wordsCsvHeader(), ...pieces.wordsCsv];
        case 'results':
          if (results === null) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'the results were not read' });
          return await renderResults(results, NOTHING_THERE, nextTurn);
        case 'pdf':
        case 'txt':
        case 'srt':
        case 'vtt':
        case 'tsv':
        case 'transcript-json':
          throw new NightshiftError('INVARIANT_BROKEN', { detail: `${format} is no text of a run` });
        default:
          return assertNever(format);
      }
    }
  };

  return {
    async model(runId, clusterBySpeaker, normalizer) {
      await using worker = createReportWorker();
      return (await build(worker, runId, { clusterBySpeaker, normalizer })).model;
    },
    async judge(runId, gate) {
      await using worker = createReportWorker();
      const { gate: verdict } = (await build(worker, runId, { clusterBySpeaker: false, normalizer: null, gate })).model;
      if (verdict === null) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'a gate without a verdict' });
      await database.write('saveRunVerdict', { runId, verdict });
      return verdict;
    },
    exportFiles,
    async notes(runId) {
      await deps.getRun(runId);
      return await database.read('runNotes', { runId });
    },
    async setNotes(runId, notes) {
      await deps.getRun(runId);
      await database.write('saveRunNotes', { runId, notes, nowMs: clock.nowMs() });
    },
  };
}

function isTranscript(format: ReportFormat): format is TranscriptFormat {
  return (TRANSCRIPT_FORMATS as readonly ReportFormat[]).includes(format);
}

/** Files of one format below the folder; none for transcripts, which have names of their own. */
function fileNames(format: ReportFormat, stamp: string): string[] {
  switch (format) {
    case 'html':
    case 'pdf':
    case 'md':
    case 'json':
      return [`report.${format}`];
    case 'brief':
      return ['brief.html'];
    case 'csv':
      return ['items.csv', 'words.csv'];
    case 'results':
      return ['results.json'];
    case 'qc':
      return ['qc_report.json'];
    case 'orchestration':
      return [`orchestration_results_${stamp}.json`];
    case 'resources':
      return ['resource_usage_detailed.json'];
    default:
      return [];
  }
}

async function inParallel<T>(values: readonly T[], work: (value: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < values.length; start += WRITES_AT_ONCE) {
    await Promise.all(values.slice(start, start + WRITES_AT_ONCE).map(work));
  }
}
