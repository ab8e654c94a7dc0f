import type { ModeComparison, ReportModel } from '#shared/contract/reports.ts';
import { DASH, type ReportFormat } from '../reportFormat.ts';
import type { ReportTexts } from '../reportTexts.ts';

/** What the comparison of two modes says, effect first. */
export function verdictSentence({ a, b, difference, interval, verdict }: ModeComparison, texts: ReportTexts, format: ReportFormat): string {
  if (verdict === 'notEnoughData' || difference === null || interval === null) return texts.verdicts.notEnoughData(a, b);
  if (verdict === 'notDistinguishable') return texts.verdicts.notDistinguishable(a, b);
  const ends = interval.map((end) => Math.abs(end)).toSorted((left, right) => left - right);
  const [low = 0, high = 0] = ends;
  const [better, worse] = verdict === 'aBetter' ? [a, b] : [b, a];
  return texts.verdicts.better(better, worse, format.points(difference), format.points(low), format.points(high));
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

/** `modes streaming, chunked; limit –; …`, in the order of the contract. */
export function optionsText(options: ReportModel['run']['options']): string {
  const shown = (value: unknown): string => {
    if (value === null) return DASH;
    if (Array.isArray(value)) return value.map(shown).join(', ');
    if (typeof value === 'object' && value !== null) {
      return Object.entries(value)
        .map(([key, entry]) => `${key} ${shown(entry)}`)
        .join(', ');
    }
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  return Object.entries(options)
    .map(([key, value]) => `${key} ${shown(value)}`)
    .join('; ');
}

/** Tables of a page end here; the CSV files have the rest. */
export const SHOWN_ROWS = 200;
