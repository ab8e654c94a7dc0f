import type { ModeComparison, ReportModel } from '#shared/contract/reports.ts';
import { DASH, type ReportFormat } from '../reportFormat.ts';
import type { ReportTexts } from '../reportTexts.ts';

/** What the comparison of two modes says, effect first. */
export function verdictSentence({ a, b, difference, interval, verdict }: ModeComparison, texts: ReportTexts, format: ReportFormat): string {
  if (verdict === 'notEnoughData' || difference === null || interval === null)
    return texts.verdicts.notEnoughData(texts.modes[a], texts.modes[b]);
  if (verdict === 'notDistinguishable') return texts.verdicts.notDistinguishable(texts.modes[a], texts.modes[b]);
  const ends = interval.map((end) => Math.abs(end)).toSorted((left, right) => left - right);
  const [low = 0, high = 0] = ends;
  const [better, worse] = verdict === 'aBetter' ? [a, b] : [b, a];
  return texts.verdicts.better(texts.modes[better], texts.modes[worse], format.points(difference), format.points(low), format.points(high));
}

/** The evidence behind it; null where there was no test. */
export function evidenceText(
  { z, pHolm }: ModeComparison,
  { comparisons }: ReportModel,
  texts: ReportTexts,
  format: ReportFormat,
): string | null {
  return pHolm === null
    ? null
    : texts.verdicts.p(z?.toFixed(1) ?? null, pHolm < 0.0001 ? format.pValue(pHolm) : `= ${format.pValue(pHolm)}`, comparisons.length);
}

/** Lines of the notes that have something in them, by heading. */
export function notesLines(model: ReportModel, texts: ReportTexts): { readonly heading: string; readonly lines: readonly string[] }[] {
  const { notes } = model;
  if (notes === null) return [];
  const one = (text: string | undefined): readonly string[] => (text === undefined || text.trim() === '' ? [] : [text]);
  const all = [
    { heading: texts.notes.date, lines: one(notes.date) },
    { heading: texts.notes.author, lines: one(notes.author) },
    { heading: texts.notes.role, lines: one(notes.role) },
    { heading: texts.notes.phase, lines: one(notes.phase) },
    { heading: texts.notes.agenda, lines: notes.agenda ?? [] },
    { heading: texts.notes.background, lines: one(notes.background) },
    { heading: texts.notes.decisions, lines: notes.decisions ?? [] },
    {
      heading: texts.notes.risks,
      lines: (notes.risks ?? []).map(({ risk, mitigation }) =>
        mitigation === '' ? risk : `${risk} (${texts.notes.mitigation}: ${mitigation})`,
      ),
    },
    { heading: texts.notes.deliverables, lines: notes.deliverables ?? [] },
    { heading: texts.notes.nextActions, lines: notes.nextActions ?? [] },
    { heading: texts.notes.links, lines: (notes.links ?? []).map(({ title, url }) => (title === '' ? url : `${title}: ${url}`)) },
  ];
  return all.filter(({ lines }) => lines.length > 0);
}

/** `modes streaming, chunked; limit –; …`, in the order of the contract; in English with the names of the contract. */
export function optionsText(options: ReportModel['run']['options'], texts: ReportTexts): string {
  const word = (value: string): string => texts.optionValues[value] ?? value;
  const shown = (value: unknown): string => {
    if (value === null) return DASH;
    if (Array.isArray(value)) return value.map(shown).join(', ');
    if (typeof value === 'object' && value !== null) {
      // Rules and server profiles are long; their name tells which they were.
      if ('name' in value && typeof value.name === 'string') return value.name === '' ? DASH : value.name;
      return Object.entries(value)
        .map(([key, entry]) => `${word(key)} ${shown(entry)}`)
        .join(', ');
    }
    return word(typeof value === 'string' ? value : JSON.stringify(value));
  };
  const names: Readonly<Record<string, string | undefined>> = texts.options;
  return Object.entries(options)
    .map(([key, value]) => `${names[key] ?? key} ${shown(value)}`)
    .join('; ');
}

/** Which text tells how the quality score came about; null where there is none. */
export function formulaOf({ modes }: ReportModel): 'withAccuracy' | 'withoutAccuracy' | null {
  const quality = modes.find((mode) => mode.quality !== null)?.quality ?? null;
  return quality === null ? null : quality.accuracy === null ? 'withoutAccuracy' : 'withAccuracy';
}

/** A row of the table of stages; null: not measured. */
export interface StageRow {
  readonly name: string;
  readonly total: number;
  readonly failed: number;
  readonly successRatio: number | null;
  readonly meanSec: number | null;
  readonly parts: readonly (number | null)[];
}

/** Success and mean time of each stage and of the whole, and where the time of a result goes. */
export function stageRows(model: ReportModel, texts: ReportTexts): StageRow[] {
  const { run, outcome, modes } = model;
  const noParts = [null, null, null];
  const usable = run.itemCount - run.unusableCount;
  return [
    {
      name: texts.stages.inspect,
      total: run.itemCount,
      failed: run.unusableCount,
      successRatio: run.itemCount === 0 ? null : usable / run.itemCount,
      meanSec: null,
      parts: noParts,
    },
    ...modes.map(({ mode, done, failed, successRatio, endToEndSecs, stageSecs }) => ({
      name: texts.stages.transcribe(texts.modes[mode]),
      total: done + failed,
      failed,
      successRatio,
      meanSec: endToEndSecs?.mean ?? null,
      parts: stageSecs === null ? noParts : [stageSecs.fileAndStorage, stageSecs.sendingAndWaiting, stageSecs.serverDecoding],
    })),
    {
      name: texts.stages.overall,
      total: outcome.done + outcome.failed,
      failed: outcome.failed,
      successRatio: outcome.successRatio,
      meanSec: outcome.meanEndToEndSec,
      parts: noParts,
    },
  ];
}

/** One sentence a mode: the part that takes most of the time of a result. */
export function bottlenecks({ modes }: ReportModel, texts: ReportTexts, format: ReportFormat): string[] {
  return modes.flatMap(({ mode, stageSecs }) => {
    if (stageSecs === null) return [];
    const parts = (['serverDecoding', 'sendingAndWaiting', 'fileAndStorage'] as const).map((name) => ({ name, sec: stageSecs[name] }));
    const total = parts.reduce((sum, { sec }) => sum + sec, 0);
    const [most] = parts.toSorted((left, right) => right.sec - left.sec);
    if (most === undefined || total === 0) return [];
    return [texts.stages.bottleneck(texts.modes[mode], texts.stages[most.name], format.percent(most.sec / total, 0))];
  });
}

/** Tables of a page end here; the CSV files have the rest. */
export const SHOWN_ROWS = 200;
