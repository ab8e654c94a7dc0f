import type { Gate } from '#shared/contract/gate.ts';
import type { ReportModel, TranscriptFormat } from '#shared/contract/reports.ts';
import type { MessageLocale } from '#shared/errors/messages.ts';
import type { WireError } from '#shared/errors/nightshiftError.ts';
import type { StoredReportItem } from '#main/core/persistence/operations/reports.ts';
import type { ReportFacts } from './reportBuilder.ts';

/** Texts that grow with the number of rows, made while the model is. */
export interface RowTextsWanted {
  readonly itemsCsv: boolean;
  readonly wordsCsv: boolean;
  readonly itemsJson: boolean;
  readonly samplesJson: boolean;
}

export interface RowTexts {
  readonly itemsCsv: string;
  readonly wordsCsv: string;
  /** Objects with `,\n` between them. */
  readonly itemsJson: string;
  readonly samplesJson: string;
}

/** Files of a run that are made from its model. */
export type ModelFormat = 'html' | 'brief' | 'md' | 'json' | 'qc' | 'orchestration' | 'resources';

/** A file; what has a line for each row goes between its two parts. */
export interface RenderedFile {
  readonly before: string;
  readonly after: string;
}

export interface TranscriptsWanted {
  readonly formats: readonly TranscriptFormat[];
  readonly naming: string;
  /** Of the first item of the run, from 1. */
  readonly firstIndex: number;
}

export interface TranscriptFile {
  readonly format: TranscriptFormat;
  /** Below the folder, with forward slashes. */
  readonly path: string;
  /** null in a list of paths. */
  readonly text: string | null;
}

/** From the owner to the report thread, one at a time; each is answered. */
export type ReportQuestion =
  | { readonly ask: 'begin'; readonly facts: ReportFacts; readonly wanted: RowTextsWanted }
  | { readonly ask: 'addItems'; readonly items: readonly StoredReportItem[] }
  | { readonly ask: 'addSamples'; readonly samples: readonly string[] }
  | { readonly ask: 'finish'; readonly gate: Gate | null }
  /** After `finish`. */
  | { readonly ask: 'render'; readonly format: ModelFormat; readonly language: MessageLocale }
  /** Names are given anew: the same items in the same order get the same paths. */
  | { readonly ask: 'beginTranscripts'; readonly wanted: TranscriptsWanted; readonly runId: number; readonly hasTexts: boolean }
  | { readonly ask: 'transcripts'; readonly items: readonly StoredReportItem[] };

export interface ReportAnswers {
  begin: null;
  addItems: RowTexts;
  addSamples: RowTexts;
  finish: ReportModel;
  render: RenderedFile;
  beginTranscripts: null;
  transcripts: readonly TranscriptFile[];
}

export type ReportReply =
  | { readonly ok: true; readonly value: ReportAnswers[keyof ReportAnswers] }
  | { readonly ok: false; readonly error: WireError };
