import type { ReportModel } from '#shared/contract/reports.ts';
import { normalizerLabel, werRatio, type NormalizerName } from '#shared/domain/scores.ts';
import type { MessageLocale } from '#shared/errors/messages.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { CheckedSegment } from '#main/core/quality/checkResult.ts';
import type { Reading } from '#main/core/resources/readings.ts';
import type { StoredReportItem } from '#main/core/persistence/operations/reports.ts';
import { outcomeOf, ReportBuilder, type MeasuredResult } from './reportBuilder.ts';
import type {
  ModelFormat,
  RenderedFile,
  ReportAnswers,
  ReportQuestion,
  RowTexts,
  RowTextsWanted,
  TranscriptFile,
} from './reportMessages.ts';
import { storedNormalizerOf } from './storedNormalizer.ts';
import { createTranscriptNaming } from './transcriptNaming.ts';
import { itemsCsvLine, wordsCsvLines } from './writers/csv.ts';
import { resourceSampleJson, toResourceUsage } from './writers/resourceUsageJson.ts';
import { transcriptText } from './writers/transcript.ts';
import { briefHtml, reportHtml } from './writers/html.ts';
import { jsonDocument, jsonDocumentWithList } from './writers/jsonDocument.ts';
import { reportMarkdown } from './writers/markdown.ts';
import { toOrchestrationResults } from './writers/orchestrationJson.ts';
import { toQcReport } from './writers/qcJson.ts';

const NO_TEXTS: RowTexts = { itemsCsv: '', wordsCsv: '', itemsJson: '', samplesJson: '' };

interface Open {
  readonly builder: ReportBuilder;
  readonly wanted: RowTextsWanted;
  readonly normalizer: NormalizerName;
  /** Of the rule behind the counts. */
  readonly label: string;
}

interface OpenTranscripts {
  readonly name: ReturnType<typeof createTranscriptNaming>;
  readonly question: Extract<ReportQuestion, { ask: 'beginTranscripts' }>;
  nextIndex: number;
}

/** Answers the questions of `reportMessages.ts` in order; the whole work of a report behind one door, in whatever thread it is called. */
export function createReportDesk(): (question: ReportQuestion) => ReportAnswers[ReportQuestion['ask']] {
  let open: Open | null = null;
  let model: ReportModel | null = null;
  let transcripts: OpenTranscripts | null = null;

  const report = (): Open => {
    if (open === null) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'the report was not begun' });
    return open;
  };

  return (question) => {
    switch (question.ask) {
      case 'begin':
        open = {
          builder: new ReportBuilder(question.facts),
          wanted: question.wanted,
          normalizer: question.facts.rescoredWith ?? question.facts.run.options.normalizer,
          label:
            question.facts.rescoredWith === null ? storedNormalizerOf(question.facts.run) : normalizerLabel(question.facts.rescoredWith),
        };
        return null;
      case 'addItems': {
        const { builder, wanted, normalizer, label } = report();
        let itemsCsv = '';
        let wordsCsv = '';
        const itemsJson: string[] = [];
        for (const item of question.items) {
          const measured = builder.addItem(item);
          if (wanted.itemsCsv) itemsCsv += measured.map((result) => itemsCsvLine(result, label)).join('');
          if (wanted.wordsCsv) wordsCsv += measured.map((result) => wordsCsvLines(result, normalizer)).join('');
          if (wanted.itemsJson) itemsJson.push(...measured.map(itemJson));
        }
        return { ...NO_TEXTS, itemsCsv, wordsCsv, itemsJson: itemsJson.join(',\n') };
      }
      case 'addSamples': {
        const { builder, wanted } = report();
        const lines: string[] = [];
        for (const json of question.samples) {
          const reading = JSON.parse(json) as Reading;
          builder.addReading(reading);
          if (wanted.samplesJson) lines.push(`    ${resourceSampleJson(reading)}`);
        }
        return { ...NO_TEXTS, samplesJson: lines.join(',\n') };
      }
      case 'finish':
        model = report().builder.finish(question.gate);
        return model;
      case 'render':
        if (model === null) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'the report is not finished' });
        return render(model, question.format, question.language);
      case 'beginTranscripts':
        transcripts = { name: createTranscriptNaming(question.wanted.naming), question, nextIndex: question.wanted.firstIndex };
        return null;
      case 'transcripts': {
        if (transcripts === null) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'the transcripts were not begun' });
        const current = transcripts;
        return question.items.flatMap((item) => transcriptsOf(item, current, current.nextIndex++));
      }
    }
  };
}

function render(model: ReportModel, format: ModelFormat, language: MessageLocale): RenderedFile {
  switch (format) {
    case 'html':
      return { before: reportHtml(model, language), after: '' };
    case 'brief':
      return { before: briefHtml(model, language), after: '' };
    case 'md':
      return { before: reportMarkdown(model, language), after: '' };
    case 'json':
      return jsonDocumentWithList(model, 'items');
    case 'qc':
      return jsonDocument(toQcReport(model));
    case 'orchestration':
      return jsonDocument(toOrchestrationResults(model));
    case 'resources':
      return jsonDocumentWithList(toResourceUsage(model), 'samples');
  }
}

function transcriptsOf(item: StoredReportItem, { name, question }: OpenTranscripts, index: number): TranscriptFile[] {
  const { wanted, runId, hasTexts } = question;
  return item.results.flatMap((result) => {
    const { answer, mode } = result;
    if (outcomeOf(result) !== 'done' || answer === null) return [];
    const segments = hasTexts ? (JSON.parse(answer.segmentsJson) as CheckedSegment[]) : [];
    const source = { fileId: item.fileId, mode, text: answer.hypothesis, segments, language: answer.language, audioSec: answer.decodedSec };
    return wanted.formats.map((format) => ({
      format,
      path: name({ fileId: item.fileId, mode, format, index, runId }),
      text: hasTexts ? transcriptText(source, format) : null,
    }));
  });
}

/** One result as the JSON report has it: names as in the contract, ratios as fractions, times in the unit of the name. */
function itemJson({ item, result, counts, metrics, warnings }: MeasuredResult): string {
  const { answer } = result;
  const characters = metrics?.characters;
  return `    ${JSON.stringify({
    fileId: item.fileId,
    mode: result.mode,
    status: outcomeOf(result) === 'open' ? 'pending' : outcomeOf(result),
    doneEarlier: result.doneEarlier,
    errorCode: result.errorCode,
    attempts: result.attempts,
    counts,
    werRatio: counts === null ? null : werRatio(counts),
    cerRatio: characters === undefined || characters.referenceLength === 0 ? null : characters.edits / characters.referenceLength,
    audioSec: answer?.decodedSec ?? item.announcedSec,
    processingSec: result.processingSec,
    firstTokenLatencyMs: result.firstTokenLatencyMs,
    endToEndSec: result.endToEndSec,
    warnings,
    language: answer?.language ?? null,
    reference: item.reference,
    hypothesis: outcomeOf(result) === 'done' ? (answer?.hypothesis ?? null) : null,
  })}`;
}
